import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { BlobCorrupt, type ByteRange } from '../../ports/blobs.ts'
import { type BlobContent, CHUNK_BYTES, CRC_BYTES, decodeTrailer, TRAILER_BYTES } from './blob-format.ts'

export async function readBlobInfo(file: FileHandle, blobId: string): Promise<BlobContent> {
  const { size } = await file.stat()
  const trailer = await readExactly(file, blobId, Math.max(0, size - TRAILER_BYTES), TRAILER_BYTES)
  const content = decodeTrailer(trailer, size)
  if (!content) throw new BlobCorrupt(blobId)
  return content
}

/** Checksums that are read at once: of 64 MiB of content. */
const CHECKSUMS_AT_ONCE = 1024

/**
 * The content of an open blob file, chunk by chunk, each verified before it is handed out. Closes the file when it ends
 * or is destroyed.
 */
export function blobStream(
  file: FileHandle,
  blobId: string,
  sizeBytes: number,
  { start, end }: ByteRange,
): Readable {
  let at = start
  let checksums: Buffer = Buffer.alloc(0)
  let checksumsFrom = 0

  async function checksumOf(chunk: number): Promise<number> {
    if (chunk >= checksumsFrom + checksums.length / CRC_BYTES) {
      const count = Math.min(Math.ceil(end / CHUNK_BYTES) - chunk, CHECKSUMS_AT_ONCE)
      checksums = await readExactly(file, blobId, sizeBytes + chunk * CRC_BYTES, count * CRC_BYTES)
      checksumsFrom = chunk
    }
    return checksums.readUInt32LE((chunk - checksumsFrom) * CRC_BYTES)
  }

  async function nextPiece(): Promise<Buffer> {
    const chunk = Math.floor(at / CHUNK_BYTES)
    const chunkStart = chunk * CHUNK_BYTES
    if (at === start) checksumsFrom = chunk
    const expected = await checksumOf(chunk)
    const bytes = await readExactly(file, blobId, chunkStart, Math.min(CHUNK_BYTES, sizeBytes - chunkStart))
    if (crc32(bytes) !== expected) throw new BlobCorrupt(blobId)
    const piece = bytes.subarray(at - chunkStart, end - chunkStart)
    at += piece.length
    return piece
  }

  return new Readable({
    highWaterMark: CHUNK_BYTES,
    read() {
      if (at >= end) {
        this.push(null)
        return
      }
      nextPiece().then(
        (piece) => this.push(piece),
        (error) => this.destroy(error),
      )
    },
    destroy(error, done) {
      file.close().then(
        () => done(error),
        (closeError) => done(error ?? closeError),
      )
    },
  })
}

async function readExactly(
  file: FileHandle,
  blobId: string,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled)
    if (bytesRead === 0) throw new BlobCorrupt(blobId) // the file is shorter than it was written
    filled += bytesRead
  }
  return bytes
}
