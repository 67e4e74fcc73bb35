/**
 * A way around Node's HTTP server for the requests that come most: small, whole, and answered in one piece. Everything
 * else on the same listener is Node's, as if this were not there; a connection that has had one request which is not for
 * here stays with Node. See docs/decisions for what it saves.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { Logger } from '../../lib/logger.ts'
import { answerText, type FastAnswer, isApart, isBodyless } from './answer-text.ts'
import { parseHead, type RequestHead } from './request-head.ts'

/** What those who read requests look at in Node's `IncomingMessage`, and the body. */
export class FastRequest implements Omit<RequestHead, 'contentLength' | 'closes'> {
  readonly method: string
  readonly httpVersion = '1.1'
  readonly url: string
  readonly headers: RequestHead['headers']
  readonly rawHeaders: string[]
  readonly body: Buffer
  readonly socket: Socket
  #gone: AbortController | undefined

  constructor({ method, url, headers, rawHeaders }: RequestHead, body: Buffer, socket: Socket) {
    this.method = method
    this.url = url
    this.headers = headers
    this.rawHeaders = rawHeaders
    this.body = body
    this.socket = socket
  }

  /** Aborted when the client goes away before it has its answer. */
  get signal(): AbortSignal {
    this.#gone ??= new AbortController()
    if (this.socket.destroyed) this.#gone.abort()
    return this.#gone.signal
  }

  clientLeft(): void {
    this.#gone?.abort()
  }
}

/** Takes a request, or leaves it to Node's server by answering undefined at once. The promise must not reject. */
export type TakeRequest = (request: FastRequest) => Promise<FastAnswer> | undefined

/** Puts the fast path in front of a server that does not listen yet. */
export function withFastPath(server: Server, take: TakeRequest, log: Logger): Server {
  const [ofNode, ...more] = server.listeners('connection')
  if (!ofNode || more.length > 0) throw new Error('a server of which Node has another idea of connections')
  server.removeAllListeners('connection')
  const connections = new Set<FastConnection>()
  server.on('connection', (socket: Socket) => {
    const connection = new FastConnection(socket, take, {
      idleMs: server.keepAliveTimeout,
      toNode() {
        connections.delete(connection)
        ofNode.call(server, socket)
      },
      isClosing: () => !server.listening,
      defect: (err) => log.error({ err }, 'an answer could not be sent'),
    })
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
  })
  const closeIdleOfNode = server.closeIdleConnections.bind(server)
  // `close` calls it, too.
  server.closeIdleConnections = () => {
    for (const connection of connections) connection.closeIfIdle()
    closeIdleOfNode()
  }
  return server
}

interface Surroundings {
  idleMs: number
  toNode(): void
  isClosing(): boolean
  /** An answer that cannot be written. */
  defect(error: unknown): void
}

const nothing = Buffer.alloc(0)

/** One request at a time. */
class FastConnection {
  readonly #socket: Socket
  readonly #take: TakeRequest
  readonly #around: Surroundings
  /** What has come and was not looked at: the beginning of a request, or what a client sent ahead. */
  #rest: Buffer = nothing
  /** How much of `#rest` makes a whole request. */
  #neededBytes = 0
  #request: FastRequest | undefined
  /** The client wants the connection to end with the answer. */
  #closes = false

  constructor(socket: Socket, take: TakeRequest, around: Surroundings) {
    this.#socket = socket
    this.#take = take
    this.#around = around
    socket.setTimeout(around.idleMs)
    socket.on('data', this.#onData)
    socket.on('timeout', this.#onTimeout)
    socket.on('error', ignore)
    socket.on('end', this.#onEnd)
    socket.on('close', this.#onClose)
  }

  closeIfIdle(): void {
    if (!this.#request) this.#socket.destroySoon()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    // Who sends ahead waits: one request at a time, and no more than one chunk is kept.
    if (this.#request) this.#socket.pause()
    else this.#next()
  }

  /** Begins with the next request, if it is whole. */
  #next(): void {
    const bytes = this.#rest
    if (bytes.length < this.#neededBytes) return
    const parsed = parseHead(bytes)
    if (parsed === 'other') {
      this.#leave()
      return
    }
    const { head, end } = parsed
    const bodyEnd = end + head.contentLength
    if (bodyEnd > bytes.length) {
      this.#neededBytes = bodyEnd
      return
    }
    const request = new FastRequest(head, bytes.subarray(end, bodyEnd), this.#socket)
    const taken = this.#take(request)
    if (!taken) {
      this.#leave()
      return
    }
    this.#neededBytes = 0
    this.#rest = bodyEnd === bytes.length ? nothing : bytes.subarray(bodyEnd)
    this.#request = request
    this.#closes = head.closes
    void taken.then(this.#answer)
  }

  readonly #answer = (answer: FastAnswer): void => {
    const { body, status } = answer
    const socket = this.#socket
    if (socket.destroyed) {
      if (body instanceof Readable) body.destroy()
      this.#request = undefined
      return
    }
    const { idleMs, isClosing, defect } = this.#around
    const isLast = this.#closes || isClosing()
    let text: string
    try {
      text = answerText(answer, { isLast, idleMs })
    } catch (error) {
      defect(error)
      if (body instanceof Readable) body.destroy()
      socket.destroy()
      return
    }
    if (body instanceof Readable && !isBodyless(status)) {
      this.#stream(text, body, answer.length === undefined, isLast)
      return
    }
    if (body instanceof Readable) body.destroy()
    if (!(body instanceof Readable) && isApart(answer)) {
      socket.cork()
      socket.write(text, 'latin1')
      socket.write(body)
      socket.uncork()
    } else socket.write(text, 'latin1')
    this.#answered(isLast)
  }

  /** As it comes, and no faster than the client reads. */
  #stream(head: string, body: Readable, inChunks: boolean, isLast: boolean): void {
    const socket = this.#socket
    const onDrain = (): void => void body.resume()
    // A client must see a body that breaks off, never one that seems whole.
    const breakOff = (): void => {
      socket.off('drain', onDrain).off('close', onGone)
      if (!body.readableEnded) socket.destroy()
    }
    const onGone = (): void => void body.destroy()
    socket.on('drain', onDrain).once('close', onGone)
    // Events come when they come; only a body that has begun to arrive takes its head along.
    socket.cork()
    process.nextTick(() => socket.uncork())
    socket.write(head, 'latin1')
    body.on('error', () => {})
    body.once('close', breakOff)
    body.once('end', () => {
      breakOff()
      if (inChunks) socket.write('0\r\n\r\n', 'latin1')
      this.#answered(isLast)
    })
    body.on('data', (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      if (bytes.length === 0) return
      if (inChunks) {
        socket.cork()
        socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
        socket.write(bytes)
        socket.write('\r\n', 'latin1')
        socket.uncork()
      } else socket.write(bytes)
      if (socket.writableNeedDrain) body.pause()
    })
    if (body.destroyed) breakOff()
  }

  #answered(isLast: boolean): void {
    const socket = this.#socket
    this.#request = undefined
    if (isLast) {
      socket.destroySoon()
      return
    }
    if (socket.isPaused()) socket.resume()
    if (this.#rest.length > 0) this.#next()
  }

  /** To Node's server, with all that it has not seen. */
  #leave(): void {
    const socket = this.#socket
    socket
      .off('data', this.#onData)
      .off('timeout', this.#onTimeout)
      .off('error', ignore)
      .off('end', this.#onEnd)
    socket.setTimeout(0)
    socket.pause()
    if (this.#rest.length > 0) socket.unshift(this.#rest)
    this.#rest = nothing
    this.#around.toNode()
    socket.resume()
  }

  readonly #onTimeout = (): void => {
    // A function may take its time; who else is silent for so long is gone.
    if (!this.#request) this.#socket.destroy()
  }

  /** As Node's server: who ends the connection does not wait for an answer any more. */
  readonly #onEnd = (): void => this.#socket.destroySoon()

  readonly #onClose = (): void => this.#request?.clientLeft()
}

/** A connection that breaks is told by its close. */
const ignore = (): void => {}
