/** An object in parts, several of which are on their way at a time. What is not completed is aborted. */
import { crc64Combine } from '../../lib/crc64-combine.ts'
import { xmlDocument } from '../../lib/xml.ts'
import { type Address, addressText } from './address.ts'
import type { ObjectStorage } from './client.ts'
import { need } from './listing.ts'
import { checkCrc64, type Moving, PARTS_AT_ONCE } from './moving.ts'
import { inParallel } from './parallel.ts'

export interface Part {
  /** From 1 on. */
  number: number
}

export interface SentPart {
  etag: string
  crc64: string
  sizeBytes: number
}

/** The query by which a part names its upload. */
export type PartQuery = { partNumber: string; uploadId: string }

/** How long a failed upload may take to be taken away. */
const ABORT_TIMEOUT_MS = 5000

/** Answers the CRC-64 of all of it. */
export async function sendInParts<P extends Part>(
  { storage, terminal }: Moving,
  target: Address,
  parts: AsyncIterable<P> | Iterable<P>,
  send: (part: P, query: PartQuery) => Promise<SentPart>,
): Promise<string> {
  const { root } = await storage.document({ method: 'POST', ...target, query: { uploads: '' } })
  const uploadId = need(root, 'UploadId')
  const sent = new Map<number, SentPart>()
  try {
    await inParallel(parts, PARTS_AT_ONCE, async (part) => {
      sent.set(part.number, await send(part, { partNumber: String(part.number), uploadId }))
    })
    const inOrder = [...sent].sort(([a], [b]) => a - b)
    const body = xmlDocument('CompleteMultipartUpload', {
      Part: inOrder.map(([number, { etag }]) => ({ PartNumber: number, ETag: etag })),
    })
    const headers = await storage.headersOf({
      method: 'POST',
      ...target,
      query: { uploadId },
      headers: { 'content-type': 'application/xml' },
      body: Buffer.from(body),
    })
    const crc64 = inOrder.reduce((sum, [, part]) => crc64Combine(sum, part.crc64, part.sizeBytes), '0')
    checkCrc64(addressText(target), crc64, headers['x-oss-hash-crc64ecma'])
    return crc64
  } catch (error) {
    await abort(storage, target, uploadId, terminal.clock)
    throw error
  }
}

/** The terminal's own signal may be why: this has one of its own. */
async function abort(
  storage: ObjectStorage,
  target: Address,
  uploadId: string,
  clock: Moving['terminal']['clock'],
): Promise<void> {
  const late = new AbortController()
  const cancel = clock.after(ABORT_TIMEOUT_MS, () => late.abort())
  try {
    await storage.headersOf({ method: 'DELETE', ...target, query: { uploadId }, signal: late.signal })
  } catch {
    // What went wrong before is what matters. The upload stays, is nobody's object, and `hanshu oss rm -r --versions` removes it.
  } finally {
    cancel()
  }
}
