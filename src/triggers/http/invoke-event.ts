import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../lib/clock.ts'
import { tracedBy } from '../../lib/trace-context.ts'
import type { Invoker } from '../../ports/invocation.ts'
import type { Admitted } from './admission.ts'
import { send } from './answer.ts'
import { admittedBody, syncBodyBytesMax } from './bodies.ts'
import { clientIpOf, connectionSignal } from './connections.ts'
import { originHeaders } from './cors.ts'
import { badResponse, invalidArgument } from './errors.ts'
import { eventOf } from './event.ts'
import type { HttpTrigger } from './needs.ts'
import {
  type Answer,
  addReportHeaders,
  addRevisionHeaders,
  commonHeaders,
  failureAnswer,
  refusalError,
} from './outcomes.ts'
import { replyOf } from './reply.ts'
import { eventHeaders } from './request-headers.ts'
import { hasHeader, isCorsHeader, responseHeaderBytesMax } from './response-headers.ts'

/** A body of 32 MB in base64 and the rest of its event fit; text of which every character must be escaped may not. */
const eventBytesMax = 48 * 1024 * 1024

export interface EventNeeds {
  invoker: Invoker
  clock: Clock
  accountId: string
}

/** What an event is made of, whoever has read the request. */
export type EventRequest = Pick<IncomingMessage, 'method' | 'httpVersion' | 'rawHeaders' | 'socket'> & {
  headers: Readonly<Partial<Record<string, string | string[]>>>
}

/** A built-in runtime: the request becomes an event, and what the function returns an answer. Throws `ApiError`. */
export async function invokeWithEvent(
  needs: EventNeeds,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  admitted: Admitted,
): Promise<void> {
  const body = await admittedBody(request, syncBodyBytesMax, admitted)
  send(request, response, await answerOfEvent(needs, request, requestId, admitted, body))
}

/** Throws `ApiError`. */
export async function answerOfEvent(
  needs: EventNeeds,
  request: EventRequest,
  requestId: string,
  admitted: Admitted,
  body: Buffer,
): Promise<Answer> {
  const { trigger, revision } = admitted
  const origin = one(request.headers['origin'])
  const outcome = await needs.invoker.invoke({
    revision,
    qualifier: trigger.qualifier,
    requestId,
    wantLogTail: wantsLogTail(request),
    signal: connectionSignal(request.socket),
    ...tracedBy(request.headers),
    event: eventOfRequest(needs, request, requestId, admitted, body),
  })
  const headers = commonHeaders(requestId, trigger.cors?.exposeHeaders)
  switch (outcome.outcome) {
    case 'succeeded': {
      const reply = replyOf(outcome.body)
      if (reply.is === 'bad') throw badResponse(reply.message)
      addRevisionHeaders(headers, revision, outcome.report.instanceId)
      addReportHeaders(headers, outcome.report)
      addFunctionHeaders(headers, reply.headers, trigger, origin)
      return { status: reply.status, headers, body: reply.body }
    }
    case 'handledError':
    case 'unhandledError':
    case 'initializationError':
      if (origin !== undefined) headers.push(...originHeaders(trigger.cors, origin))
      return failureAnswer(outcome, revision, headers)
    default:
      throw refusalError(outcome, revision)
  }
}

/** A header that is there once. */
export const one = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

export function eventOfRequest(
  { clock, accountId }: { clock: Clock; accountId: string },
  request: EventRequest,
  requestId: string,
  { address, trigger, seen }: Admitted,
  body: Buffer,
): Buffer {
  const event = eventOf({
    method: request.method ?? 'GET',
    target: seen.target,
    httpVersion: request.httpVersion,
    headers: eventHeaders(seen.rawHeaders, one(request.headers['connection'])),
    body,
    clientIp: clientIpOf(request),
    accountId,
    triggerId: trigger.triggerId,
    domainName: address.domainName,
    requestId,
    nowMs: clock.now(),
  })
  if (event.length > eventBytesMax)
    throw invalidArgument(`the request becomes an event of more than ${eventBytesMax} bytes`)
  return event
}

export const wantsLogTail = ({ headers }: Pick<EventRequest, 'headers'>): boolean =>
  String(headers['x-fc-log-type'] ?? '').toLowerCase() === 'tail'

/** What the function said, and what the platform says about other origins. Throws `ApiError`. */
export function addFunctionHeaders(
  headers: string[],
  ofFunction: readonly string[],
  trigger: HttpTrigger,
  origin: string | undefined,
): void {
  let bytes = 0
  for (let index = 0; index < ofFunction.length; index++) bytes += ofFunction[index]!.length
  if (bytes > responseHeaderBytesMax)
    throw badResponse(`the headers of the function's response exceed ${responseHeaderBytesMax} bytes`)

  const ours = trigger.cors !== undefined
  for (let index = 0; index < ofFunction.length; index += 2) {
    if (ours && isCorsHeader(ofFunction[index]!)) continue
    headers.push(ofFunction[index]!, ofFunction[index + 1]!)
  }
  if (ours) headers.push('Vary', 'Origin')
  if (origin !== undefined && (ours || !hasHeader(ofFunction, 'access-control-allow-origin')))
    headers.push(...originHeaders(trigger.cors, origin))
}
