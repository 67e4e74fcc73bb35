/** Bodies of answers on their way to the client. */
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'

/** Above this, joining head and body costs more than a second write. */
export const joinedBytesMax = 16 * 1024

/** As latin1, one character is one byte: head and body are then one string, and both byte for byte. */
export function latin1Of(body: string | Uint8Array): string {
  if (typeof body !== 'string')
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  return Buffer.byteLength(body) === body.length ? body : Buffer.from(body).toString('latin1')
}

/** What `stream.pipeline` does, without the abort signal that it makes and fires for every call. `gone`: the answer is over, whole or not. */
export function pipeBody(body: Readable, response: ServerResponse, gone: () => void = () => {}): void {
  const breakOff = () => {
    // A client must see a body that breaks off, never one that seems whole.
    if (!body.readableEnded) response.destroy()
  }
  body.on('error', breakOff)
  body.once('close', breakOff)
  response.once('close', () => {
    if (!body.readableEnded) body.destroy()
    gone()
  })
  if (body.destroyed) breakOff()
  else body.pipe(response)
}
