/** Looks at every copy of a blob, and sees to it that there are as many as there should be, where they belong. */
import { BlobCorrupt } from '../../ports/blobs.ts'
import { foldersFor, openCopies, worse } from './blob-copies.ts'
import type { BlobFolder } from './blob-folder.ts'
import { piecesOf } from './blob-read.ts'
import { writeBlobFile } from './blob-write.ts'

/** What a disk keeps free of what has room elsewhere. */
export const ROOM_BYTES_MIN = 64 * 1024 * 1024

export interface Mended {
  /** `gone`: it was removed. `short`: whole, in fewer copies than it should have. `lost`: no copy, nor all together, are whole. */
  outcome: 'whole' | 'short' | 'lost' | 'gone'
  /** Read to verify copies. */
  readBytes: number
  /** Copies whose bytes were wrong. */
  damaged: number
  /** Copies that were written. */
  written: number
  /** Copies where none belongs, that were removed. */
  removed: number
  /** Of `short` and `lost`: why. */
  failure?: unknown
}

export interface MendOptions {
  blobId: string
  folders: readonly BlobFolder[]
  replicas: number
  pace: Pace
  /** A blob that is removed meanwhile must not come back by a copy. */
  isRemoved(): boolean
}

/**
 * Told of each piece that is read: waits for as long as the reader is to wait, or throws to stop it. A reader who makes a
 * copy that is missing is hurried.
 */
export type Pace = (readBytes: number, isHurried: boolean) => Promise<void>

type Found = 'good' | 'absent' | 'damaged' | 'unreadable'

export async function mend({ blobId, folders, replicas, pace, isRemoved }: MendOptions): Promise<Mended> {
  const order = foldersFor(blobId, folders)
  const wanted = order.slice(0, replicas)
  const found = new Map<BlobFolder, Found>()
  const mended: Mended = { outcome: 'whole', readBytes: 0, damaged: 0, written: 0, removed: 0 }
  let sizeBytes = 0
  let stopped: unknown

  async function* paced(pieces: AsyncIterable<Buffer>, isHurried: boolean): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      await pace(piece.length, isHurried).catch((error: unknown) => {
        stopped = error
      })
      if (stopped) throw stopped
      yield piece
    }
  }
  async function look(folder: BlobFolder, isHurried: boolean): Promise<Found> {
    try {
      const source = await folder.open(blobId)
      if (!source) return 'absent'
      try {
        sizeBytes = source.content.sizeBytes
        for await (const { length } of paced(piecesOf(source), isHurried)) mended.readBytes += length
        return 'good'
      } finally {
        await source.close()
      }
    } catch (error) {
      if (stopped) throw stopped
      mended.failure = worse(mended.failure, error)
      return error instanceof BlobCorrupt ? 'damaged' : 'unreadable'
    }
  }

  async function copyTo(folder: BlobFolder): Promise<boolean> {
    const source = await openCopies(blobId, order, () => {})
    if (!source) return false
    try {
      const file = await folder.begin(blobId)
      try {
        const { sha256 } = await writeBlobFile(file, paced(piecesOf(source), true), {})
        // Each piece is verified; that together they are the blob is not, where they come from different copies.
        if (sha256 !== source.content.sha256) throw new BlobCorrupt(blobId)
        await file.keep()
      } catch (error) {
        await file.discard().catch(() => {}) // why it failed says more
        throw error
      }
    } finally {
      await source.close()
    }
    if (isRemoved()) await folder.remove(blobId)
    return true
  }

  const count = (): number => [...found.values()].filter((state) => state === 'good').length
  const hasRoom = async (folder: BlobFolder): Promise<boolean> =>
    (await folder.freeBytes().catch(() => 0)) > sizeBytes + ROOM_BYTES_MIN

  const isHurried = await isMissingFrom(wanted, blobId)
  for (const folder of order) found.set(folder, await look(folder, isHurried))
  if (isRemoved() || [...found.values()].every((state) => state === 'absent'))
    return { ...mended, outcome: 'gone' }
  mended.damaged = [...found.values()].filter((state) => state === 'damaged').length

  // Where it belongs first; any other folder while there are too few copies.
  for (const [at, folder] of order.entries()) {
    if (found.get(folder) === 'good' || isRemoved()) continue
    const isEnough = count() >= replicas
    if (isEnough && (at >= replicas || !(await hasRoom(folder)))) continue
    try {
      if (!(await copyTo(folder))) continue
      found.set(folder, 'good')
      mended.written += 1
    } catch (error) {
      if (stopped) throw stopped
      mended.failure = worse(mended.failure, error)
    }
  }
  if (isRemoved()) return { ...mended, outcome: 'gone' }
  // A disk that does not answer now may have it whole.
  const isLost = count() === 0 && ![...found.values()].includes('unreadable')
  if (count() < replicas) return { ...mended, outcome: isLost ? 'lost' : 'short' }

  const { failure: _, ...whole } = mended
  const isInPlace = wanted.every((folder) => found.get(folder) === 'good')
  for (const folder of order.slice(replicas)) {
    // Where not all are in place, what is whole elsewhere is one of those that count.
    if (found.get(folder) === 'absent' || (found.get(folder) === 'good' && !isInPlace)) continue
    await folder.remove(blobId).catch(() => {}) // the next round tries again
    whole.removed += 1
  }
  return whole
}

async function isMissingFrom(folders: readonly BlobFolder[], blobId: string): Promise<boolean> {
  for (const folder of folders) {
    const source = await folder.open(blobId).catch(() => 'there')
    if (source === undefined) return true
    if (typeof source === 'object') await source.close()
  }
  return false
}
