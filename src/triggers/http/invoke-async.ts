import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../lib/clock.ts'
import { tracedBy } from '../../lib/trace-context.ts'
import type { FunctionRevision } from '../../ports/invocation.ts'
import { asyncDelayMs, asyncDelayRule } from '../../wire/async-delay.ts'
import type { Admitted } from './admission.ts'
import { send } from './answer.ts'
import { admittedBody, asyncBodyBytesMax } from './bodies.ts'
import { originHeaders } from './cors.ts'
import { handlerNotCalledLater, invalidArgument } from './errors.ts'
import { eventOfRequest } from './invoke-event.ts'
import type { AsyncAcceptance } from './needs.ts'
import { commonHeaders } from './outcomes.ts'
import { headOfForwarded } from './pass-through.ts'

export interface AsyncNeeds {
  asyncInvocations: AsyncAcceptance
  clock: Clock
  accountId: string
}

/** As the API takes it; it becomes a part of a key. */
const taskIdForm = /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/

/** Answers as soon as the call is safely queued. Throws `ApiError`. */
export async function acceptAsync(
  needs: AsyncNeeds,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  admitted: Admitted,
): Promise<void> {
  const { trigger, revision } = admitted
  const body = await admittedBody(request, asyncBodyBytesMax, admitted)
  const asked = askedOf(request, revision)
  const call = {
    accountId: needs.accountId,
    functionName: trigger.functionName,
    qualifier: trigger.qualifier,
    requestId,
    ...asked,
    ...tracedBy(request.headers),
  }
  const isCustom = revision.runtime.startsWith('custom')
  if (revision.service && !isCustom) throw handlerNotCalledLater()
  if (isCustom) {
    const head = headOfForwarded(request, admitted)
    await needs.asyncInvocations.accept({ ...call, is: 'http', request: head, body })
  } else {
    const event = eventOfRequest(needs, request, requestId, admitted, body)
    await needs.asyncInvocations.accept({ ...call, is: 'event', event })
  }
  const headers = commonHeaders(requestId, trigger.cors?.exposeHeaders)
  const { taskId = requestId } = asked
  headers.push('X-Fc-Async-Task-Id', taskId)
  if (revision.service) headers.push('X-Fc-Stateful-Async-Invocation-Id', taskId)
  if (request.headers.origin !== undefined)
    headers.push(...originHeaders(trigger.cors, request.headers.origin))
  send(request, response, { status: 202, headers, body: '' })
}

/** What the headers say of the call. Functions of services have older names for two of them. Throws `ApiError`. */
function askedOf(
  { headers }: IncomingMessage,
  { service }: FunctionRevision,
): { taskId?: string; stateful?: true; delayMs?: number } {
  const header = (name: string) => headers[name]?.toString()
  const taskId = (service && header('x-fc-stateful-async-invocation-id')) || header('x-fc-async-task-id')
  if (taskId && !taskIdForm.test(taskId))
    throw invalidArgument("the task id is not one of at most 128 letters, digits, '_' and '-'")
  const stateful = header('x-fc-stateful-async-invocation-enable')?.toLowerCase() === 'true'
  const delayMs = asyncDelayMs(header('x-fc-async-delay'))
  if (delayMs === undefined) throw invalidArgument(asyncDelayRule)
  return {
    ...(taskId ? { taskId } : {}),
    ...(stateful ? { stateful } : {}),
    ...(delayMs > 0 ? { delayMs } : {}),
  }
}
