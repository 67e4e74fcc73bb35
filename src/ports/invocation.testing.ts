import { Readable } from 'node:stream'

/** A body as a stream, however it has come. */
export const streamOf = (body: Readable | Uint8Array): Readable =>
  body instanceof Uint8Array ? Readable.from([body]) : body
