/**
 * HTTP with the server of a custom runtime, for what comes most: a request that is whole, and a response that comes whole,
 * in one piece. Any other response is given to Node's client by a connection that says it again from its beginning, so
 * that nothing is read here that is not usual. Connections are kept as Node's agent keeps them.
 */
import { connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { fieldValue, isFieldName, readFields } from '../lib/http-syntax.ts'

export interface WholeRequest {
  method: string
  target: string
  /** Names and values, alternating; neither Connection nor Transfer-Encoding. */
  rawHeaders: readonly string[]
  body?: Uint8Array | undefined
  signal?: AbortSignal | undefined
}

export interface WholeResponse {
  status: number
  statusMessage: string
  rawHeaders: string[]
  body: Buffer
}

/** The connection, which begins with the response; what is written to it goes nowhere: the request was sent. */
export type OtherResponse = Duplex

/** There was no response: the connection broke, or the caller left. */
export class ConnectionLost extends Error {
  /** It had served others before: the server may have closed it before it saw the request. */
  readonly isReused: boolean

  constructor(isReused: boolean, options: ErrorOptions & { message: string }) {
    super(options.message, options)
    this.name = 'ConnectionLost'
    this.isReused = isReused
  }
}

export interface WholeExchange {
  /** Rejects with `ConnectionLost`. */
  exchange(request: WholeRequest): Promise<WholeResponse | OtherResponse>
  close(): void
}

interface Kept {
  socket: Socket
  /** The server closes it some time after this. Monotonic. */
  untilMs: number
}

const keptMax = 256

export function wholeExchange({
  address,
  monotonicMs,
}: {
  address: { host?: string; port: number } | { path: string }
  monotonicMs(): number
}): WholeExchange {
  const kept: Kept[] = []
  let isClosed = false

  /** The one that was used last; such as are about to be closed by the server are closed. */
  function takeKept(): Socket | undefined {
    for (;;) {
      const last = kept.pop()
      if (!last) return undefined
      last.socket.off('close', forgetIt)
      for (const event of idleEvents) last.socket.off(event, destroyIt)
      if (!last.socket.destroyed && last.untilMs > monotonicMs()) return last.socket
      last.socket.destroy()
    }
  }

  function forgetIt(this: Socket): void {
    const index = kept.findIndex(({ socket }) => socket === this)
    if (index >= 0) kept.splice(index, 1)
  }

  function keep(socket: Socket, keptForMs: number): void {
    if (isClosed || kept.length >= keptMax || socket.destroyed) {
      socket.destroy()
      return
    }
    // Whatever the server says of its own accord ends the connection, and so does the end of it.
    for (const event of idleEvents) socket.once(event, destroyIt)
    socket.once('close', forgetIt)
    kept.push({ socket, untilMs: monotonicMs() + keptForMs })
  }

  return {
    exchange(request) {
      const reused = takeKept()
      const socket = reused ?? connect({ ...address, noDelay: true, keepAlive: true })
      const isReused = reused !== undefined
      const { signal } = request
      return new Promise((resolve, reject) => {
        let failure: Error | undefined
        const settle = () => {
          socket.off('data', onData).off('error', onError).off('close', onClose).off('end', onEnd)
          signal?.removeEventListener('abort', onAbort)
        }
        const onData = (chunk: Buffer): void => {
          settle()
          const whole = parseWhole(chunk)
          if (whole) {
            if (whole.keptForMs > 0) keep(socket, whole.keptForMs)
            else socket.destroy()
            resolve(whole)
          } else resolve(new Replay(socket, chunk))
        }
        const onError = (error: Error): void => {
          failure = error
        }
        const onEnd = (): void => void socket.destroy()
        const onClose = (): void => {
          settle()
          const message = failure?.message ?? 'socket hang up'
          reject(new ConnectionLost(isReused, { message, cause: failure }))
        }
        const onAbort = (): void => {
          failure = new Error('This operation was aborted')
          socket.destroy()
        }
        socket.on('data', onData).on('error', onError).on('close', onClose).on('end', onEnd)
        if (signal?.aborted) onAbort()
        else signal?.addEventListener('abort', onAbort, { once: true })
        write(socket, request)
      })
    },

    close() {
      isClosed = true
      for (const { socket } of kept.splice(0)) socket.destroy()
    },
  }
}

const idleEvents = ['data', 'end', 'error'] as const

function destroyIt(this: Socket): void {
  this.destroy()
}

function write(socket: Socket, { method, target, rawHeaders, body }: WholeRequest): void {
  let head = `${method} ${target} HTTP/1.1\r\n`
  for (let index = 0; index < rawHeaders.length; index += 2)
    head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`
  head += 'Connection: keep-alive\r\n\r\n'
  if (body && body.length > 0) {
    socket.cork()
    socket.write(head, 'latin1')
    socket.write(body)
    socket.uncork()
  } else socket.write(head, 'latin1')
}

/** Whether Node's client would send it as well; it says better what is wrong with it otherwise. */
export const canBeSent = ({ method, target, rawHeaders }: WholeRequest): boolean =>
  method !== 'HEAD' &&
  method !== 'CONNECT' &&
  /^[\x21-\xff]+$/.test(target) &&
  rawHeaders.every((text, index) => (index % 2 === 0 ? isFieldName(text) : fieldValue.test(text)))

class Replay extends Duplex {
  readonly #socket: Socket

  constructor(socket: Socket, beginning: Buffer) {
    super()
    this.#socket = socket
    socket.pause()
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause()
    })
    socket.once('end', () => this.push(null))
    socket.once('error', (error) => this.destroy(error))
    socket.once('close', () => {
      if (!socket.readableEnded) this.destroy()
    })
    this.push(beginning)
  }

  /** As of a socket: who watches whether anything moves reads both. */
  get bytesRead(): number {
    return this.#socket.bytesRead
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}

const statusLine = /^HTTP\/1\.1 ([2-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/
/** What Node's servers, and ours, close idle connections after; they are not used in their last second. */
const keptForMsDefault = 5000
const marginMs = 1000

/** Undefined for whatever is not a whole, usual response and nothing else. */
export function parseWhole(bytes: Buffer): (WholeResponse & { keptForMs: number }) | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const text = bytes.toString('latin1', 0, headEnd + 2)
  const lineEnd = text.indexOf('\r\n')
  const line = statusLine.exec(text.slice(0, lineEnd))
  const rawHeaders = line && readFields(text, lineEnd, headEnd)
  if (!rawHeaders) return undefined

  let length: string | undefined
  let encoding: string | undefined
  let keptForMs = keptForMsDefault
  let closes = false
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const value = rawHeaders[index + 1]!
    switch (rawHeaders[index]!.toLowerCase()) {
      case 'content-length':
        if (length !== undefined) return undefined
        length = value
        break
      case 'transfer-encoding':
        if (encoding !== undefined) return undefined
        encoding = value
        break
      case 'connection':
        if (value.toLowerCase() === 'close') closes = true
        else if (value.toLowerCase() !== 'keep-alive') return undefined
        break
      case 'keep-alive': {
        const seconds = /(?:^|[,\s])timeout=(\d{1,6})(?:$|[,\s])/.exec(value)?.[1]
        if (seconds !== undefined) keptForMs = Number(seconds) * 1000
        break
      }
      case 'upgrade':
      case 'trailer':
        return undefined
    }
  }
  const rest = bytes.subarray(headEnd + 4)
  const status = Number(line[1])
  const body = bodyOf(rest, status, length, encoding)
  if (!body) return undefined
  return {
    status,
    statusMessage: line[2] ?? '',
    rawHeaders,
    body,
    keptForMs: closes ? 0 : Math.max(0, keptForMs - marginMs),
  }
}

/** Undefined unless the bytes are the body and nothing else. */
function bodyOf(
  rest: Buffer,
  status: number,
  length: string | undefined,
  encoding: string | undefined,
): Buffer | undefined {
  if (status === 204 || status === 304) {
    return rest.length === 0 && length === undefined && encoding === undefined ? rest : undefined
  }
  if (encoding !== undefined) {
    return length === undefined && encoding.toLowerCase() === 'chunked' ? unchunked(rest) : undefined
  }
  if (length === undefined || !/^(?:0|[1-9]\d{0,5})$/.test(length)) return undefined
  return rest.length === Number(length) ? rest : undefined
}

/** Undefined unless all chunks are there, up to the last, without extensions and trailers. */
function unchunked(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0 || lineEnd - at > 6) return undefined
    const size = bytes.toString('latin1', at, lineEnd)
    if (!/^[0-9a-f]+$/i.test(size)) return undefined
    const begin = lineEnd + 2
    const end = begin + Number.parseInt(size, 16)
    if (end + 2 > bytes.length || bytes[end] !== CR || bytes[end + 1] !== LF) return undefined
    if (end === begin) return end + 2 === bytes.length ? Buffer.concat(chunks) : undefined
    chunks.push(bytes.subarray(begin, end))
    at = end + 2
  }
}

const CR = 0x0d
const LF = 0x0a
