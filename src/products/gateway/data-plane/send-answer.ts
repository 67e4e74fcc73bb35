import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeBody } from '../../../wire/bodies-out.ts'
import { linger } from '../../../wire/product-server.ts'
import type { Answer } from './answer.ts'

/** Writes a backend's answer. Who reads slowly slows the backend; who leaves ends its answer. */
export async function sendAnswer(
  message: IncomingMessage,
  response: ServerResponse,
  { status, headers, body, lengthBytes }: Answer,
  requestId: string,
): Promise<void> {
  if (response.destroyed) {
    if (!Buffer.isBuffer(body)) body.destroy()
    return
  }
  const all = [...headers, 'X-Ca-Request-Id', requestId]
  // What was not read of a body would be taken for the next request on this connection.
  if (!message.complete) all.push('Connection', 'close')
  const isBodyless = message.method === 'HEAD' || status === 204 || status === 304
  if (Buffer.isBuffer(body)) {
    if (!isBodyless || message.method === 'HEAD') all.push('Content-Length', String(body.length))
    response.writeHead(status, all)
    if (!message.complete) await linger(message)
    response.end(isBodyless ? undefined : body)
    return
  }
  if (lengthBytes !== undefined && status !== 204) all.push('Content-Length', String(lengthBytes))
  response.writeHead(status, all)
  if (isBodyless) {
    body.destroy()
    response.end()
    return
  }
  // What comes slowly (server-sent events) has its head sent at once.
  response.flushHeaders()
  pipeBody(body, response)
}
