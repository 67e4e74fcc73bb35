import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { tracedBy } from '../../lib/trace-context.ts'
import type { HttpRequestHead, Invoker } from '../../ports/invocation.ts'
import { pipeBody } from '../../wire/bodies-out.ts'
import type { Admitted } from './admission.ts'
import { send } from './answer.ts'
import { admittedBody, shelteredBody, syncBodyBytesMax } from './bodies.ts'
import { clientIpOf, connectionSignal, hasBody, isChunked, isUnread } from './connections.ts'
import { originHeaders } from './cors.ts'
import { addFunctionHeaders, type EventRequest, one, wantsLogTail } from './invoke-event.ts'
import { addRevisionHeaders, commonHeaders, failureAnswer, refusalError } from './outcomes.ts'
import { forwardedHeaders } from './request-headers.ts'
import { asAttachment, isTaken } from './response-headers.ts'

/** What the instance answers: whole, or as it comes. */
export interface ForwardedAnswer {
  status: number
  /** '': the usual one. */
  statusMessage: string
  /** Alternating names and values. */
  headers: string[]
  body: string | Uint8Array | Readable
  /** That a stream is framed by; undefined: by chunks. */
  length?: string | undefined
}

/** A custom runtime: the request goes to it as it is, and its response comes back as it is, as it comes. Throws `ApiError`. */
export async function passThrough(
  needs: { invoker: Invoker },
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  admitted: Admitted,
): Promise<void> {
  const body = await bodyOf(request, admitted)
  const answer = await forwardedAnswer(needs, request, requestId, admitted, body)
  const { body: answered } = answer
  if (!(answered instanceof Readable)) send(request, response, { ...answer, body: answered })
  else {
    try {
      stream(request, response, { ...answer, body: answered })
    } catch (refused) {
      answered.destroy()
      throw refused
    }
  }
}

/** Throws `ApiError`. */
export async function forwardedAnswer(
  { invoker }: { invoker: Invoker },
  request: EventRequest,
  requestId: string,
  admitted: Admitted,
  body: Readable | Uint8Array,
): Promise<ForwardedAnswer> {
  const { trigger, revision } = admitted
  const outcome = await invoker.forward({
    revision,
    qualifier: trigger.qualifier,
    requestId,
    wantLogTail: wantsLogTail(request),
    signal: connectionSignal(request.socket),
    ...tracedBy(request.headers),
    request: headOfForwarded(request, admitted),
    body,
  })
  const headers = commonHeaders(requestId, trigger.cors?.exposeHeaders)
  const origin = one(request.headers['origin'])
  switch (outcome.outcome) {
    case 'responded': {
      const { status, statusMessage, rawHeaders, body } = outcome
      try {
        addRevisionHeaders(headers, revision, outcome.instanceId)
        addFunctionHeaders(headers, takenHeaders(rawHeaders), trigger, origin)
        if (admitted.address.basePath !== undefined) asAttachment(headers)
      } catch (refused) {
        if (body instanceof Readable) body.destroy()
        throw refused
      }
      return { status, statusMessage, headers, body, length: lengthOf(rawHeaders) }
    }
    case 'handledError':
    case 'unhandledError':
    case 'initializationError':
      if (origin !== undefined) headers.push(...originHeaders(trigger.cors, origin))
      return { ...failureAnswer(outcome, revision, headers), statusMessage: '' }
    default:
      throw refusalError(outcome, revision)
  }
}

/** A function of a service sees the whole path, and is told how much of it is not its own. */
export const headOfForwarded = (
  request: EventRequest,
  { address: { basePath }, seen }: Pick<Admitted, 'address' | 'seen'>,
): HttpRequestHead => ({
  method: request.method ?? 'GET',
  ...(basePath === undefined ? { target: seen.target } : { target: basePath + seen.target, basePath }),
  rawHeaders: forwardedHeaders(
    seen.rawHeaders,
    one(request.headers['connection']),
    // A body that was read for a token, and not rewritten, is still framed as it came.
    isChunked(request) && (seen.body === undefined || chunkedIn(seen.rawHeaders)),
  ),
  clientIp: clientIpOf(request),
})

/** A signed body is looked at before the function sees any of it; every other one streams. */
async function bodyOf(request: IncomingMessage, admitted: Admitted): Promise<Readable> {
  if (admitted.verifyBody || admitted.seen.body)
    return Readable.from([await admittedBody(request, syncBodyBytesMax, admitted)])
  return hasBody(request) ? shelteredBody(request) : request
}

const chunkedIn = (rawHeaders: readonly string[]): boolean =>
  rawHeaders.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'transfer-encoding')

function takenHeaders(rawHeaders: readonly string[]): string[] {
  const taken: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (isTaken(name)) taken.push(name, rawHeaders[index + 1]!)
  }
  return taken
}

/** The length that the instance gave, when it is how the body is framed. */
function lengthOf(rawHeaders: readonly string[]): string | undefined {
  let length: string | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    if (name === 'transfer-encoding') return undefined
    if (name === 'content-length') length = rawHeaders[index + 1]
  }
  return length
}

function stream(
  request: IncomingMessage,
  response: ServerResponse,
  { status, statusMessage, headers, body, length }: ForwardedAnswer & { body: Readable },
): void {
  if (response.destroyed) {
    body.destroy()
    return
  }
  if (length !== undefined) headers.push('Content-Length', length)
  if (statusMessage === '') response.writeHead(status, headers)
  else response.writeHead(status, statusMessage, headers)
  // Events come when they come; only a body that has begun to arrive takes its head along.
  if (length === undefined || body.readableLength === 0) response.flushHeaders()
  pipeBody(body, response, () => {
    if (!isUnread(request)) return
    // The function answered without reading all; the rest is thrown away to get to the next request.
    request.unpipe()
    request.resume()
  })
}
