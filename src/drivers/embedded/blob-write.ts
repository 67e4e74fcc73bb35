import { crc32 } from 'node:zlib'
import { ContentDigest } from '../../lib/checksums.ts'
import { untilAborted } from '../../lib/until-aborted.ts'
import { BlobTooLarge, type WriteOptions } from '../../ports/blobs.ts'
import { type BlobContent, CHUNK_BYTES, CRC_BYTES, encodeTrailer } from './blob-format.ts'

/** Where the bytes of a blob's file go: one file, or several at once. */
export interface BlobSink {
  append(bytes: Buffer): Promise<void>
  /** Makes what was appended durable. */
  sync(): Promise<void>
}

/** Writes a blob's file from its first byte to its last and makes it durable. Memory: one chunk and 4 bytes for each. */
export async function writeBlobFile(
  sink: BlobSink,
  source: AsyncIterable<Uint8Array>,
  { signal, sizeBytesMax = Number.POSITIVE_INFINITY }: WriteOptions,
): Promise<BlobContent> {
  const digest = new ContentDigest()
  let chunk = Buffer.allocUnsafe(0)
  const chunkChecksums: number[] = []
  let filled = 0
  let sizeBytes = 0

  for await (const piece of untilAborted(source, signal)) {
    sizeBytes += piece.length
    if (sizeBytes > sizeBytesMax) throw new BlobTooLarge(sizeBytesMax)
    digest.update(piece)
    for (let taken = 0; taken < piece.length; ) {
      const part = piece.subarray(taken, taken + CHUNK_BYTES - filled)
      if (filled + part.length > chunk.length) chunk = enlarged(chunk, filled + part.length)
      chunk.set(part, filled)
      filled += part.length
      taken += part.length
      if (filled === CHUNK_BYTES) {
        chunkChecksums.push(crc32(chunk))
        await sink.append(chunk)
        filled = 0
      }
    }
  }

  const rest = chunk.subarray(0, filled)
  if (filled > 0) chunkChecksums.push(crc32(rest))
  const table = Buffer.alloc(chunkChecksums.length * CRC_BYTES)
  for (const [at, checksum] of chunkChecksums.entries()) table.writeUInt32LE(checksum, at * CRC_BYTES)
  const content = digest.finish()
  await sink.append(Buffer.concat([rest, table, encodeTrailer(content)]))
  signal?.throwIfAborted()
  await sink.sync()
  return content
}

/** Most blobs are far smaller than a chunk: many that are written at once should not take a whole one each. */
function enlarged(chunk: Buffer<ArrayBuffer>, neededBytes: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(neededBytes, 2 * chunk.length)))
  chunk.copy(larger)
  return larger
}
