import { type TraceContext, tracedBy } from '../../../lib/trace-context.ts'
import { type AsyncHeaders, asyncHeadersOf, refuseDelay } from '../async-headers.ts'
import {
  aliasNotFound,
  asyncTaskAlreadyExists,
  entityTooLarge,
  functionInvocationDisabled,
  functionNotFound,
  internalServerError,
  invalidArgument,
  resourceExhausted,
  versionNotFound,
} from '../errors.ts'
import { invocationReply } from '../invocation-reply.ts'
import { AsyncNoRoom, AsyncQueueFull, AsyncTargetGone, DuplicateAsyncTask } from '../needs.ts'
import { qualifierOf } from '../qualifiers.ts'
import { bytes, type FunctionsContext, operation, type Reply } from '../vocabulary.ts'

/** "sync payload 32 MB; async payload 128 KB" */
const SYNC_BYTES_MAX = 32 * 1024 * 1024
const ASYNC_BYTES_MAX = 128 * 1024

export const invokeFunction = operation({
  name: 'InvokeFunction',
  dataPlane: true,
  route: 'POST /2023-03-30/functions/{functionName}/invocations',
  body: bytes(SYNC_BYTES_MAX),

  async handle({ path: { functionName }, query, headers, body: event }, context) {
    const { accountId, directory, invoker, requestId, signal } = context
    const qualifier = qualifierOf(query)
    const type = oneOf('x-fc-invocation-type', headers['x-fc-invocation-type'], ['Sync', 'Async'])
    const logType = oneOf('x-fc-log-type', headers['x-fc-log-type'], ['None', 'Tail'])
    if (type === 'Sync') refuseDelay(headers)

    const resolution =
      directory.resolveCached(accountId, functionName, qualifier) ??
      (await directory.resolve(accountId, functionName, qualifier))
    if (resolution.outcome === 'functionNotFound') throw functionNotFound(functionName)
    if (resolution.outcome === 'versionNotFound') throw versionNotFound(functionName, qualifier)
    if (resolution.outcome === 'aliasNotFound') throw aliasNotFound(functionName, qualifier)
    const { revision, disabledBecause } = resolution
    if (disabledBecause !== undefined) throw functionInvocationDisabled(functionName, disabledBecause)

    if (type === 'Async') {
      return acceptForLater(
        {
          functionName,
          qualifier,
          event,
          ...asyncHeadersOf(headers),
          ...tracedBy(headers),
        },
        context,
      )
    }
    const outcome = await invoker.invoke({
      revision,
      qualifier,
      requestId,
      event,
      wantLogTail: logType === 'Tail',
      signal,
      ...tracedBy(headers),
    })
    return invocationReply(outcome, revision)
  },
})

/** 202 is a promise: the invocation is kept durably before it is given. */
async function acceptForLater(
  invocation: AsyncHeaders & {
    functionName: string
    qualifier: string
    event: Uint8Array
    trace?: TraceContext
  },
  { accountId, asyncInvocations, clock, requestId }: FunctionsContext,
): Promise<Reply> {
  if (invocation.event.length > ASYNC_BYTES_MAX) throw entityTooLarge(ASYNC_BYTES_MAX)
  const { functionName, taskId = requestId } = invocation
  await asyncInvocations
    .accept({ ...invocation, accountId, requestId, taskId, acceptedAtMs: clock.now() })
    .catch((error: unknown) => {
      if (error instanceof DuplicateAsyncTask) throw asyncTaskAlreadyExists(taskId)
      if (error instanceof AsyncQueueFull) throw resourceExhausted(error.message)
      if (error instanceof AsyncNoRoom) throw internalServerError(error.message)
      // Of what belongs to a function it is the last that goes.
      if (error instanceof AsyncTargetGone) throw functionNotFound(functionName)
      throw error
    })
  return { status: 202, headers: { 'X-Fc-Async-Task-Id': taskId } }
}

function oneOf<const Value extends string>(
  header: string,
  given: string | undefined,
  values: readonly [Value, ...Value[]],
): Value {
  if (!given) return values[0]
  const found = values.find((value) => value.toLowerCase() === given.toLowerCase())
  if (!found) {
    throw invalidArgument(
      `${header} is set to an invalid value (allowed: ${values.join(', ')}; actual: '${given}')`,
    )
  }
  return found
}
