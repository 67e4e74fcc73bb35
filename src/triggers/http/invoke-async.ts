import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../lib/clock.ts'
import { tracedBy } from '../../lib/trace-context.ts'
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
  const taskId = request.headers['x-fc-async-task-id']
  if (typeof taskId === 'string' && !taskIdForm.test(taskId))
    throw invalidArgument("the task id is not one of at most 128 letters, digits, '_' and '-'")
  const call = {
    accountId: needs.accountId,
    functionName: trigger.functionName,
    qualifier: trigger.qualifier,
    requestId,
    ...(typeof taskId === 'string' ? { taskId } : {}),
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
  if (request.headers.origin !== undefined)
    headers.push(...originHeaders(trigger.cors, request.headers.origin))
  send(request, response, { status: 202, headers, body: '' })
}
