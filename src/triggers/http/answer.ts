import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { joinedBytesMax, latin1Of } from '../../wire/bodies-out.ts'
import { linger } from '../../wire/product-server.ts'
import { isUnread } from './connections.ts'
import type { Answer } from './outcomes.ts'

/** Writes a whole answer. Throws before anything is written when Node finds a header it cannot write. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, statusMessage = '', headers, body }: Answer,
): void {
  if (response.destroyed) return
  const bodyless = status === 204 || status === 304
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  if (!bodyless) headers.push('Content-Length', String(length))
  const unread = isUnread(request)
  if (unread) headers.push('Connection', 'close')
  if (statusMessage === '') response.writeHead(status, headers)
  else response.writeHead(status, statusMessage, headers)
  if (unread) {
    if (bodyless || length === 0) response.flushHeaders()
    else response.write(body)
    void linger(request).then(() => response.end())
  } else if (bodyless || length === 0) response.end()
  else if (length > joinedBytesMax) response.end(typeof body === 'string' ? Buffer.from(body) : body)
  // As latin1, one character is one byte: Node then sends head and body in one piece, and both byte for byte.
  else response.end(latin1Of(body), 'latin1')
}

/** The same on a bare connection, whose HTTP is ours alone since the upgrade; it ends with the answer. */
export function sendOnSocket(socket: Duplex, { status, headers, body }: Answer): void {
  if (socket.destroyed) return
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`
  for (let index = 0; index < headers.length; index += 2)
    head += `${headers[index]}: ${headers[index + 1]}\r\n`
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  head += `Content-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`
  socket.end(Buffer.concat([Buffer.from(head, 'latin1'), bytes]), () => socket.destroy())
}
