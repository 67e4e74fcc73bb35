/** What a backend answered, on its way to the client. */
import type { Readable } from 'node:stream'

export interface Answer {
  status: number
  /** Alternating names and values. */
  headers: string[]
  body: Buffer | Readable
  /** Of a stream, where it is known. */
  lengthBytes?: number
}

/** For an answer that is put together: `{ ...lengthIn(headers) }`. */
export const lengthIn = (headers: { 'content-length'?: string | undefined }): { lengthBytes?: number } =>
  headers['content-length'] === undefined ? {} : { lengthBytes: Number(headers['content-length']) }

const notTaken = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-ca-request-id',
  'x-ca-error-code',
  'x-ca-error-message',
])

/** Headers of a backend that the client gets. The gateway's own are nobody else's to say. */
export function takenHeaders(rawHeaders: readonly string[]): string[] {
  const taken: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!notTaken.has(rawHeaders[index]!.toLowerCase()))
      taken.push(rawHeaders[index]!, rawHeaders[index + 1]!)
  }
  return taken
}

export function headerIn(headers: readonly string[], lowerName: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2)
    if (headers[index]!.toLowerCase() === lowerName) return headers[index + 1]
  return undefined
}
