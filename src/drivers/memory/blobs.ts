import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { ContentDigest } from '../../lib/checksums.ts'
import { untilAborted } from '../../lib/until-aborted.ts'
import { type BlobInfo, type BlobStore, BlobTooLarge, checkRange, NoSuchBlob } from '../../ports/blobs.ts'

const PIECE_BYTES = 64 * 1024

/** Blobs that live as long as the process: for tests and `up --ephemeral`. */
export function memoryBlobStore({ newId = () => randomUUID() }: { newId?: () => string } = {}): BlobStore {
  const blobs = new Map<string, { info: BlobInfo; bytes: Buffer }>()
  let isOpen = true

  function checkOpen(): void {
    if (!isOpen) throw new Error('the blob store is closed')
  }

  return {
    async write(source, { signal, sizeBytesMax = Number.POSITIVE_INFINITY } = {}) {
      checkOpen()
      const digest = new ContentDigest()
      const pieces: Buffer[] = []
      let sizeBytes = 0
      for await (const piece of untilAborted(source, signal)) {
        sizeBytes += piece.length
        if (sizeBytes > sizeBytesMax) throw new BlobTooLarge(sizeBytesMax)
        digest.update(piece)
        pieces.push(Buffer.from(piece))
      }
      const info: BlobInfo = { blobId: newId(), ...digest.finish() }
      blobs.set(info.blobId, { info, bytes: Buffer.concat(pieces) })
      return { ...info }
    },

    async read(blobId, range) {
      checkOpen()
      const blob = blobs.get(blobId)
      if (!blob) throw new NoSuchBlob(blobId)
      const { start, end } = range ?? { start: 0, end: blob.info.sizeBytes }
      checkRange({ start, end }, blob.info.sizeBytes)
      return Readable.from(piecesOf(blob.bytes.subarray(start, end)), { objectMode: false })
    },

    async stat(blobId) {
      checkOpen()
      const blob = blobs.get(blobId)
      return blob && { ...blob.info }
    },

    async remove(blobId) {
      checkOpen()
      blobs.delete(blobId)
    },

    async *list() {
      checkOpen()
      yield* [...blobs.keys()]
    },

    async close() {
      isOpen = false
    },
  }
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    yield Buffer.from(bytes.subarray(start, start + PIECE_BYTES))
  }
}
