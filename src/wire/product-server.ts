/**
 * Every request walks the same six steps, in this order:
 * authenticate → find the operation → authorize → read its body → handle → answer.
 */
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Logger } from '../lib/logger.ts'
import { ApiError, unexpectedError } from './api-error.ts'
import { collect } from './body.ts'
import type { CallObserver } from './call-observer.ts'
import type { FastAnswer } from './fast-path/answer-text.ts'
import type { FastRequest, TakeRequest } from './fast-path/fast-path.ts'
import type { Call, Operation, Reply } from './operation.ts'
import { isWellFormed, routerOf } from './routes.ts'
import type { Principal } from './signatures/secret-lookup.ts'

/** A wire-compatible API, as the dispatcher sees it. */
export interface Product<Context> {
  name: string
  operations: readonly Operation<Context>[]
  newRequestId(request: RequestHead): string
  /** Who calls. Throws `ApiError`. Sees the head only: the body is read afterwards. */
  authenticate(request: RequestHead): Promise<Caller> | Caller
  /** May this caller do it? Throws `ApiError`. Asked before the body is read. Absent: whoever is let in may do everything. */
  authorize?(request: AuthorizedRequest): void
  contextFor(call: Call, caller: Caller): Context
  renderError(error: ApiError, requestId: string, request: RequestHead): Reply
  /** Words what the wire layer found wrong (`MalformedBody`, `BodyTooLarge`, `BodyCutOff`, `MalformedPath`, `NoSuchRoute`), or undefined. */
  wordFailure(failure: unknown, request: RequestHead): ApiError | undefined
  /** Headers of every answer. */
  commonHeaders(requestId: string): Record<string, string>
}

export interface RequestHead {
  method: string
  /** Path and query exactly as received. */
  target: string
  rawPath: string
  rawQuery: string
  headers: IncomingMessage['headers']
  message: IncomingMessage
}

export interface Caller {
  accountId: string
  /** Set when the place is not simply the request's path: a bucket taken from the Host header. Percent-encoded. */
  rawPath?: string
  /** Set when operations read another query than the request's: one whose names are in one case. */
  rawQuery?: string
  /** Who signed; undefined where nobody did. */
  principal?: Principal
  /** Compares the body with the digest that was signed. Throws `ApiError`. */
  verifyBody?(body: Buffer): void
  /** Whatever else the product's authentication found out; only the product reads it. */
  facts?: unknown
}

/** What is known of a request before its body is read. */
export interface AuthorizedRequest {
  caller: Caller
  operation: Pick<Operation<unknown>, 'name' | 'route'>
  /** Decoded. */
  path: Readonly<Record<string, string>>
  query: URLSearchParams
  head: RequestHead
}

/** No operation has this method and path. */
export class NoSuchRoute extends Error {
  readonly allowedMethods: readonly string[]

  constructor(allowedMethods: readonly string[]) {
    super('no operation has this method and path')
    this.name = 'NoSuchRoute'
    this.allowedMethods = allowedMethods
  }
}

export function headOf(message: IncomingMessage): RequestHead {
  const target = originForm(message.url ?? '/')
  return {
    method: message.method ?? 'GET',
    target,
    ...splitTarget(target),
    headers: message.headers,
    message,
  }
}

export function splitTarget(target: string): { rawPath: string; rawQuery: string } {
  const questionMark = target.indexOf('?')
  return questionMark < 0
    ? { rawPath: target, rawQuery: '' }
    : { rawPath: target.slice(0, questionMark), rawQuery: target.slice(questionMark + 1) }
}

/** Where the connection cannot be handed over, nobody was asked for it: an operation that needs it refuses then. */
const withoutUpgrade = (head: RequestHead): RequestHead =>
  head.headers.upgrade === undefined ? head : { ...head, headers: { ...head.headers, upgrade: undefined } }

/** Clients that were told of a proxy name the host in the target: `http://host/path`. Servers have to take that. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const place = /^https?:\/\/[^/?]*(.*)$/i.exec(target)?.[1]
  if (place === undefined) return target
  return place.startsWith('/') ? place : `/${place}`
}

const NOTHING = Buffer.alloc(0)

/** What is known of a request by the time it is answered. */
interface Seen {
  operation?: string
  dataPlane?: boolean
  principal?: Principal
  path?: Readonly<Record<string, string>>
}

/** What has been found out of a request on its way here. */
interface Given<Context> {
  query: URLSearchParams
  found: { target: Operation<Context>; path: Record<string, string> }
  body: Buffer
}

export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  /** Gives the connection to a reply that takes it over. Absent: no upgrade was asked for. */
  take?: (upgrade: NonNullable<Reply['upgrade']>) => void,
) => Promise<void>

/** For requests that ask for a WebSocket: the same steps, and a refusal is answered as any other, on a connection that then ends. */
export const upgradeHandler =
  (handle: RequestHandler) =>
  (message: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // A connection that breaks is told by its close.
    socket.on('error', () => {})
    const response = new ServerResponse(message)
    response.shouldKeepAlive = false
    response.assignSocket(socket as Socket)
    response.once('finish', () => socket.end(() => socket.destroy()))
    void handle(message, response, (upgrade) => {
      response.detachSocket(socket as Socket)
      upgrade(message, socket, head)
    })
  }

export interface ProductServer {
  handle: RequestHandler
  /** For `withFastPath`: operations that are called by the thousand. */
  take: TakeRequest
}

export const requestHandler = <Context>(
  product: Product<Context>,
  log: Logger,
  observe?: CallObserver,
): RequestHandler => productServer(product, log, observe).handle

export function productServer<Context>(
  product: Product<Context>,
  log: Logger,
  observe?: CallObserver,
): ProductServer {
  const router = routerOf(
    product.operations.map((operation) => ({ route: operation.route, target: operation })),
  )
  const productLog = log.child({ product: product.name })

  const handle: RequestHandler = async (message, response, take) => {
    const head = take ? headOf(message) : withoutUpgrade(headOf(message))
    const requestId = product.newRequestId(head)
    const gone = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) gone.abort()
    })
    const seen: Seen = {}
    const reply = await replyTo(head, requestId, gone.signal, seen)
    const { upgrade } = reply
    if (upgrade && take) {
      take(upgrade)
      return
    }
    await send(message, response, reply, product.commonHeaders(requestId)).catch((error: unknown) => {
      // An answer that could not be begun or finished: nobody may wait for the rest of it, nor its stream for a reader.
      response.destroy()
      if (reply.body instanceof Readable) reply.body.destroy()
      const facts = { err: error, requestId, operation: seen.operation }
      if (gone.signal.aborted) productLog.debug(facts, 'the client went away before the answer was sent')
      else productLog.error(facts, 'an answer could not be sent')
    })
  }

  const take: TakeRequest = (request) => {
    const { rawPath, rawQuery } = splitTarget(request.url)
    if (!isWellFormed(rawPath)) return undefined
    const query = new URLSearchParams(rawQuery)
    const found = router.find(request.method, rawPath, query)
    if (!found?.target.dataPlane || request.body.length > (found.target.body.collectBytesMax ?? -1))
      return undefined
    return takeWhole(request, { query, found, body: request.body })
  }

  async function takeWhole(request: FastRequest, given: Given<Context>): Promise<FastAnswer> {
    const head = headOf(messageOf(request))
    const requestId = product.newRequestId(head)
    const reply = await replyTo(head, requestId, request.signal, {}, given)
    return fastAnswerOf(reply, product.commonHeaders(requestId))
  }

  async function replyTo(
    head: RequestHead,
    requestId: string,
    signal: AbortSignal,
    seen: Seen,
    given?: Given<Context>,
  ): Promise<Reply> {
    let reply: Reply
    let errorCode: string | undefined
    try {
      reply = await answer(head, requestId, signal, seen, given)
    } catch (thrown) {
      const error = asApiError(thrown, head, requestId)
      errorCode = error.code
      reply = product.renderError(error, requestId, head)
    }
    const facts = { operation: seen.operation, requestId, method: head.method, status: reply.status }
    if (seen.dataPlane) productLog.debug(facts, 'answered')
    else productLog.info(facts, 'answered')
    const { operation, principal, path = {} } = seen
    if (observe && operation !== undefined && principal && !seen.dataPlane) {
      observe({
        product: product.name,
        operation,
        requestId,
        principal,
        message: head.message,
        status: reply.status,
        ...(errorCode === undefined ? {} : { errorCode }),
        named: Object.entries(path),
      })
    }
    return reply
  }

  async function answer(
    head: RequestHead,
    requestId: string,
    signal: AbortSignal,
    seen: Seen,
    given: Given<Context> | undefined,
  ): Promise<Reply> {
    const caller = await product.authenticate(head)
    const isElsewhere = caller.rawPath !== undefined || caller.rawQuery !== undefined
    const rawPath = caller.rawPath ?? head.rawPath
    const query = given && !isElsewhere ? given.query : new URLSearchParams(caller.rawQuery ?? head.rawQuery)
    const found = given && !isElsewhere ? given.found : router.find(head.method, rawPath, query)
    if (!found) throw new NoSuchRoute(router.methodsOf(rawPath, query))
    const { target: operation, path } = found
    seen.operation = operation.name
    seen.path = path
    if (caller.principal) seen.principal = caller.principal
    if (operation.dataPlane) seen.dataPlane = true
    product.authorize?.({ caller, operation, path, query, head })
    let collected: Buffer = NOTHING
    if (operation.body.collectBytesMax !== undefined) {
      collected = given?.body ?? (await collect(head.message, operation.body.collectBytesMax))
      caller.verifyBody?.(collected)
    }
    const body = operation.body.decode(collected, head.message)
    const call = { requestId, accountId: caller.accountId, log: productLog, signal }
    return operation.handle(
      { path, query, headers: head.headers as Record<string, string | undefined>, body },
      product.contextFor(call, caller),
    )
  }

  function asApiError(thrown: unknown, head: RequestHead, requestId: string): ApiError {
    if (thrown instanceof ApiError) return thrown
    const worded = product.wordFailure(thrown, head)
    if (worded) return worded
    productLog.error({ err: thrown, requestId, method: head.method }, 'a request failed by a defect of ours')
    return unexpectedError(thrown)
  }

  return { handle, take }
}

/** For those who look at more of a request than its head: all of it is there, and its body was taken. */
function messageOf(head: FastRequest): IncomingMessage {
  const message = new IncomingMessage(head.socket)
  message.method = head.method
  message.url = head.url
  message.httpVersion = head.httpVersion
  message.headers = head.headers
  message.rawHeaders = head.rawHeaders
  message.complete = true
  return message
}

function fastAnswerOf(
  { status, headers = {}, body = '' }: Reply,
  common: Record<string, string>,
): FastAnswer {
  const all: string[] = []
  let length: string | undefined
  const add = (name: string, value: string | readonly string[]) => {
    if (name === 'content-length') length = String(value)
    else if (typeof value === 'string') all.push(name, value)
    else for (const each of value) all.push(name, each)
  }
  for (const name in common) if (headers[name] === undefined) add(name, common[name]!)
  for (const name in headers) add(name, headers[name]!)
  return { status, headers: all, body, length }
}

/** Writes a reply; a stream in it is closed also when the client goes away. */
export async function send(
  message: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Reply,
  commonHeaders: Record<string, string> = {},
): Promise<void> {
  const bodyless = message.method === 'HEAD' || status === 204 || status === 304
  const all: Record<string, string | readonly string[]> = { ...commonHeaders, ...headers }
  // What was not read of a refused body would be taken for the next request on this connection.
  const isUnread = !message.complete && !message.destroyed
  if (!message.complete) all['connection'] = 'close'
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    if (!bodyless || (message.method === 'HEAD' && all['content-length'] === undefined)) {
      all['content-length'] = String(bytes?.length ?? 0)
    }
    response.writeHead(status, all as Record<string, string>)
    const written = bodyless || !bytes?.length ? undefined : bytes
    if (isUnread) {
      if (written) response.write(written)
      else response.flushHeaders()
      await linger(message)
      response.end()
    } else {
      response.end(written)
    }
    return
  }
  response.writeHead(status, all as Record<string, string>)
  if (bodyless) {
    body.destroy()
    response.end()
    return
  }
  await pipeline(body instanceof Readable ? body : Readable.from(body), response)
}

/** How much more of a refused body is read, and how long a pause in it may be, before its connection is closed. */
const LINGER_BYTES_MAX = 256 * 1024 * 1024
const LINGER_IDLE_MS = 5000

/**
 * Reads on after the answer was written. A client that is still sending when its connection is closed gets a reset, and
 * most then report that instead of the refusal that is on its way to them.
 */
export function linger(message: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let leftBytes = LINGER_BYTES_MAX
    message.on('data', (chunk: Buffer) => {
      leftBytes -= chunk.length
      if (leftBytes < 0) resolve()
    })
    message.once('end', resolve)
    message.once('close', resolve)
    message.setTimeout(LINGER_IDLE_MS, resolve)
    message.resume()
  })
}
