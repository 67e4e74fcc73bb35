import type { IncomingMessage } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import { BodyTooLarge, collect } from '../../wire/body.ts'
import { hasBody } from './connections.ts'

/** The vendor's limit on the body of a synchronous call. */
export const syncBodyBytesMax = 32 * 1024 * 1024
/** And of an asynchronous one. */
export const asyncBodyBytesMax = 128 * 1024

const nothing = Buffer.alloc(0)

/** The whole body. Throws `BodyTooLarge`, `BodyCutOff`, or what `verify` throws. */
export async function wholeBody(
  request: IncomingMessage,
  bytesMax: number,
  verify: ((body: Buffer) => void) | undefined,
): Promise<Buffer> {
  const body = hasBody(request) ? await collect(request, bytesMax) : nothing
  verify?.(body)
  return body
}

/** The same of a request that was admitted, which may have taken reading it. */
export async function admittedBody(
  request: IncomingMessage,
  bytesMax: number,
  { seen, verifyBody }: { seen: { body?: Buffer }; verifyBody?: (body: Buffer) => void },
): Promise<Buffer> {
  if (seen.body === undefined) return wholeBody(request, bytesMax, verifyBody)
  if (seen.body.length > bytesMax) throw new BodyTooLarge(bytesMax)
  return seen.body
}

/**
 * The body as a stream of its own: an instance that stops reading destroys what it reads from, and were that the
 * request, the client's connection would break before it got an answer.
 */
export function shelteredBody(request: IncomingMessage): Readable {
  const body = new PassThrough()
  // The client may be gone before any instance reads the body: then nobody else listens.
  body.on('error', () => {})
  request.once('close', () => {
    if (!request.readableEnded) body.destroy(new Error('the client went away before its body had ended'))
  })
  body.once('close', () => request.unpipe(body))
  return request.pipe(body)
}
