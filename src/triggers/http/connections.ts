import { setMaxListeners } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** One signal for all requests of a connection: it is aborted when the client has gone away. */
const signals = new WeakMap<Duplex, AbortSignal>()

export function connectionSignal(socket: Duplex): AbortSignal {
  const known = signals.get(socket)
  if (known) return known
  const gone = new AbortController()
  // A client may pipeline any number of requests; each listens while it runs.
  setMaxListeners(0, gone.signal)
  signals.set(socket, gone.signal)
  if (socket.destroyed) gone.abort()
  else socket.once('close', () => gone.abort())
  return gone.signal
}

/** The peer's address. `X-Forwarded-For` is whatever the client says, so it is only passed on. */
export function clientIpOf(request: Pick<IncomingMessage, 'socket'>): string {
  const address = request.socket.remoteAddress ?? ''
  return address.startsWith('::ffff:') ? address.slice(7) : address
}

export const isChunked = ({
  headers,
}: {
  headers: Readonly<Partial<Record<string, string | string[]>>>
}): boolean => headers['transfer-encoding'] !== undefined

/** Whether a body was announced, be it empty. */
export const hasBody = (request: IncomingMessage): boolean =>
  request.headers['content-length'] !== undefined || isChunked(request)

/** Bytes of the body that have not come yet, or have not been read, would be taken for the next request. */
export const isUnread = (request: IncomingMessage): boolean =>
  !request.complete && (isChunked(request) || Number(request.headers['content-length'] ?? 0) > 0)
