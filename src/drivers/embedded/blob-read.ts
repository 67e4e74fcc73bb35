import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { BlobCorrupt, type ByteRange } from '../../ports/blobs.ts'
import { type BlobContent, CHUNK_BYTES, CRC_BYTES, decodeTrailer, TRAILER_BYTES } from './blob-format.ts'

/** What a blob is read from: one file, or several that stand in for each other. */
export interface BlobSource {
  content: BlobContent
  /**
   * The bytes from `at` to the end of the chunk that holds it, or to `end` if that comes first; verified. Throws `BlobCorrupt`.
   * `end` says how far the reader means to go.
   */
  piece(at: number, end: number): Promise<Buffer>
  close(): Promise<void>
}

/** Checksums that are read at once: of 64 MiB of content. */
const CHECKSUMS_AT_ONCE = 1024

/** Throws `BlobCorrupt` where the file does not end as a blob does; what the file system says, where there is none. */
export async function openBlobFile(path: string, blobId: string): Promise<BlobSource> {
  const file = await open(path)
  try {
    return sourceOf(file, blobId, await readContent(file, blobId))
  } catch (error) {
    await file.close()
    throw error
  }
}

function sourceOf(file: FileHandle, blobId: string, content: BlobContent): BlobSource {
  const { sizeBytes } = content
  let checksums: Buffer = Buffer.alloc(0)
  let checksumsFrom = 0

  async function checksumOf(chunk: number, end: number): Promise<number> {
    if (chunk < checksumsFrom || chunk >= checksumsFrom + checksums.length / CRC_BYTES) {
      const count = Math.min(Math.ceil(end / CHUNK_BYTES) - chunk, CHECKSUMS_AT_ONCE)
      checksums = await readExactly(file, blobId, sizeBytes + chunk * CRC_BYTES, count * CRC_BYTES)
      checksumsFrom = chunk
    }
    return checksums.readUInt32LE((chunk - checksumsFrom) * CRC_BYTES)
  }

  return {
    content,

    async piece(at, end) {
      const chunk = Math.floor(at / CHUNK_BYTES)
      const chunkStart = chunk * CHUNK_BYTES
      const expected = await checksumOf(chunk, end)
      const bytes = await readExactly(file, blobId, chunkStart, Math.min(CHUNK_BYTES, sizeBytes - chunkStart))
      if (crc32(bytes) !== expected) throw new BlobCorrupt(blobId)
      return bytes.subarray(at - chunkStart, end - chunkStart)
    },

    close: () => file.close(),
  }
}

/** A part of a blob as a stream, and its first piece, which was read before, when there is one. Closes the source at its end. */
export function blobStream(
  source: BlobSource,
  { start, end }: ByteRange,
  first: Buffer | undefined,
): Readable {
  let at = start
  let ready = first

  async function nextPiece(): Promise<Buffer> {
    const piece = ready ?? (await source.piece(at, end))
    ready = undefined
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
      source.close().then(
        () => done(error),
        (closeError) => done(error ?? closeError),
      )
    },
  })
}

/** All of it, piece by piece; does not close the source. */
export async function* piecesOf(source: BlobSource): AsyncGenerator<Buffer> {
  const end = source.content.sizeBytes
  for (let at = 0; at < end; ) {
    const piece = await source.piece(at, end)
    at += piece.length
    yield piece
  }
}

async function readContent(file: FileHandle, blobId: string): Promise<BlobContent> {
  const { size } = await file.stat()
  const trailer = await readExactly(file, blobId, Math.max(0, size - TRAILER_BYTES), TRAILER_BYTES)
  const content = decodeTrailer(trailer, size)
  if (!content) throw new BlobCorrupt(blobId)
  return content
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
