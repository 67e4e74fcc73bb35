import type { IncomingMessage, ServerResponse } from 'node:http'
import { tracedBy } from '../../lib/trace-context.ts'
import type { Invoker } from '../../ports/invocation.ts'
import type { Admitted } from './admission.ts'
import { send } from './answer.ts'
import { admittedBody, syncBodyBytesMax } from './bodies.ts'
import { clientIpOf, connectionSignal } from './connections.ts'
import { originHeaders } from './cors.ts'
import { badResponse } from './errors.ts'
import { addFunctionHeaders, wantsLogTail } from './invoke-event.ts'
import {
  addReportHeaders,
  addRevisionHeaders,
  commonHeaders,
  failureAnswer,
  refusalError,
} from './outcomes.ts'
import { handlerReplyOf } from './reply.ts'
import { handlerHeaders } from './request-headers.ts'
import { parseTarget } from './request-target.ts'
import { asAttachment } from './response-headers.ts'

/**
 * A function of a service in a built-in runtime: its handler takes requests, `(req, resp, context)` for Node.js and WSGI for
 * Python, as in FC 2.0. Throws `ApiError`.
 */
export async function invokeHandler(
  { invoker }: { invoker: Invoker },
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  admitted: Admitted,
): Promise<void> {
  const { address, trigger, revision, seen } = admitted
  const { target } = seen
  const event = await admittedBody(request, syncBodyBytesMax, admitted)
  const questionMark = target.indexOf('?')
  const outcome = await invoker.invoke({
    revision,
    qualifier: trigger.qualifier,
    requestId,
    wantLogTail: wantsLogTail(request),
    signal: connectionSignal(request.socket),
    ...tracedBy(request.headers),
    event,
    http: {
      method: request.method ?? 'GET',
      url: (address.basePath ?? '') + target,
      path: parseTarget(target).path,
      query: questionMark < 0 ? '' : target.slice(questionMark + 1),
      headers: handlerHeaders(seen.rawHeaders, request.headers.connection),
      clientIp: clientIpOf(request),
    },
  })
  const headers = commonHeaders(requestId, trigger.cors?.exposeHeaders)
  const { origin } = request.headers
  switch (outcome.outcome) {
    case 'succeeded': {
      const reply = handlerReplyOf(outcome.body)
      if (reply.is === 'bad') throw badResponse(reply.message)
      addRevisionHeaders(headers, revision, outcome.report.instanceId)
      addReportHeaders(headers, outcome.report)
      addFunctionHeaders(headers, reply.headers, trigger, origin)
      if (address.basePath !== undefined) asAttachment(headers)
      send(request, response, { status: reply.status, headers, body: reply.body })
      return
    }
    case 'handledError':
    case 'unhandledError':
    case 'initializationError':
      if (origin !== undefined) headers.push(...originHeaders(trigger.cors, origin))
      send(request, response, failureAnswer(outcome, revision, headers))
      return
    default:
      throw refusalError(outcome, revision)
  }
}
