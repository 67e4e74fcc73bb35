import { randomUUID } from 'node:crypto'
import { type Logger, silentLogger } from '../../lib/logger.ts'
import { type BlobInfo, type BlobStore, checkRange, NoSuchBlob } from '../../ports/blobs.ts'
import { foldersFor, openCopies, writeCopies } from './blob-copies.ts'
import { type BlobFolder, isBlobId, openBlobFolder, SHARDS } from './blob-folder.ts'
import { type Mended, mend, type Pace, ROOM_BYTES_MIN } from './blob-mend.ts'
import { type BlobSource, blobStream } from './blob-read.ts'

export interface FileBlobStoreOptions {
  /** Each on a disk of its own, where that is wanted. The ids are theirs for good. */
  folders: readonly { id: string; dir: string }[]
  /** Copies of each blob, in as many folders. */
  replicas: number
  log?: Logger
  /** Lower-case hex and dashes, never the same twice. */
  newId?: () => string
}

/** A blob store in folders, with what keeps it whole. */
export interface FileBlobStore extends BlobStore {
  /** Verifies every copy of a blob, and writes what is missing or damaged again. One blob at a time; others wait. */
  mend(blobId: string, pace?: Pace): Promise<Mended>
  /** Every blob whose id begins with these two digits, in order. */
  idsOf(shard: string): Promise<string[]>
  /**
   * From now on what is removed is gone for readers, and stays on the disk: for a copy of everything that is there. The
   * answer ends it, and waits until what was removed meanwhile is gone from the disk, too.
   */
  holdRemovals(): () => Promise<void>
  /** The copies as one, of a blob whose removal is held back, too. The caller closes it. */
  open(blobId: string): Promise<BlobSource | undefined>
}

/** Blobs that are found damaged and wait to be mended. Past it they are left to the scrubber. */
const MENDING_MAX = 1000
/** Blobs that could not be mended, which readers do not ask for again. Past it the oldest is asked for again. */
const HOPELESS_MAX = 1000
/** Removals that are held back. Past it a blob stays until the next start sweeps what nobody names. */
const HELD_MAX = 1_000_000

/** A store in one folder. */
export const fileBlobStore = ({
  dir,
  ...rest
}: { dir: string } & Pick<FileBlobStoreOptions, 'newId' | 'log'>): Promise<FileBlobStore> =>
  replicatedBlobStore({ ...rest, folders: [{ id: '', dir }], replicas: 1 })

/**
 * Blobs as files in one folder or several (blob-folder.ts), each in as many copies as it is told, durable in all of them
 * when a write answers. A reader gets each piece from a copy that has it whole; what is found missing or damaged on the way
 * is written again in the background. `docs/decisions/0013` says why it is so.
 */
export async function replicatedBlobStore({
  folders: places,
  replicas,
  log = silentLogger,
  newId = randomUUID,
}: FileBlobStoreOptions): Promise<FileBlobStore> {
  if (replicas < 1 || replicas > places.length)
    throw new RangeError('as many copies as there are folders, at most')
  const folders = await Promise.all(places.map(openBlobFolder))
  const writing = new Map<string, Promise<unknown>>()
  const held = new Set<string>()
  const toMend = new Set<string>()
  const hopeless = new Set<string>()
  let mending: { blobId: string; isRemoved: boolean } | undefined
  let lastMend: Promise<unknown> = Promise.resolve()
  let isMendingInBackground = false
  let holds = 0
  let isOpen = true

  function checkOpen(): void {
    if (!isOpen) throw new Error('the blob store is closed')
  }

  /** Which folders are to have it, those that are nearly full last. */
  async function foldersToWrite(blobId: string): Promise<BlobFolder[]> {
    const order = foldersFor(blobId, folders)
    if (order.length === replicas) return order
    const free = await Promise.all(order.map((folder) => folder.freeBytes().catch(() => 0)))
    const hasRoom = (folder: BlobFolder): boolean => free[order.indexOf(folder)]! > ROOM_BYTES_MIN
    return [...order.filter(hasRoom), ...order.filter((folder) => !hasRoom(folder))]
  }

  async function write(
    blobId: string,
    ...[source, options = {}]: Parameters<BlobStore['write']>
  ): Promise<BlobInfo> {
    const target = { blobId, folders: await foldersToWrite(blobId), replicas }
    const content = await writeCopies(target, source, options, ({ dir }, error) =>
      log.warn({ err: error, folder: dir, blobId }, 'a folder does not take a blob'),
    )
    return { blobId, ...content }
  }

  async function open(blobId: string): Promise<BlobSource | undefined> {
    if (!isBlobId(blobId)) return undefined
    const order = foldersFor(blobId, folders)
    const openOnce = (): Promise<BlobSource | undefined> =>
      openCopies(blobId, order, (folder, error) => found(blobId, folder, error, order))
    // Looked for once more: it may just have been moved from a folder that was asked later to one that was asked before.
    return (await openOnce()) ?? (folders.length > 1 ? await openOnce() : undefined)
  }

  function found(blobId: string, { dir }: BlobFolder, error: unknown, order: readonly BlobFolder[]): void {
    const at = order.findIndex((folder) => folder.dir === dir)
    if ((error === undefined && at >= replicas) || hopeless.has(blobId) || toMend.has(blobId)) return
    const facts = { blobId, folder: dir, ...(error === undefined ? {} : { err: error }) }
    log.warn(facts, error === undefined ? 'a copy of a blob is missing' : 'a copy of a blob cannot be read')
    if (toMend.size >= MENDING_MAX || !isOpen) return
    toMend.add(blobId)
    if (!isMendingInBackground) void mendAll()
  }

  async function mendAll(): Promise<void> {
    isMendingInBackground = true
    for (const blobId of toMend) {
      if (!isOpen) break
      await mendNext(blobId).catch((error: unknown) =>
        log.error({ err: error, blobId }, 'a blob could not be mended'),
      )
      toMend.delete(blobId)
    }
    isMendingInBackground = false
  }

  const mendNext: FileBlobStore['mend'] = (blobId, pace = async () => {}) => {
    const result = lastMend.then(() => mendNow(blobId, pace))
    lastMend = result.catch(() => {}) // whoever asked for it is told
    return result
  }

  async function mendNow(blobId: string, pace: Pace): Promise<Mended> {
    checkOpen()
    // One that is just being written is whole when it is acknowledged.
    if (writing.has(blobId) || held.has(blobId))
      return { outcome: 'gone', readBytes: 0, damaged: 0, written: 0, removed: 0 }
    const current = { blobId, isRemoved: false }
    mending = current
    const isRemoved = (): boolean => current.isRemoved
    const paceWhileOpen: Pace = async (...read) => {
      checkOpen()
      await pace(...read)
    }
    const mended = await mend({ blobId, folders, replicas, pace: paceWhileOpen, isRemoved }).finally(() => {
      mending = undefined
    })
    tell(blobId, mended)
    return mended
  }

  function tell(blobId: string, { outcome, damaged, written, failure }: Mended): void {
    if (outcome === 'lost')
      log.error({ blobId, err: failure }, 'no copy of a blob is whole: its object is lost')
    if (outcome === 'short') log.error({ blobId, err: failure, replicas }, 'a blob has fewer copies than it should have') // biome-ignore format: one line
    if (outcome === 'whole' && damaged > 0)
      log.warn({ blobId, damaged, written }, 'a damaged blob was mended')
    hopeless.delete(blobId)
    if (outcome === 'lost' || outcome === 'short') hopeless.add(blobId)
    if (hopeless.size > HOPELESS_MAX) hopeless.delete(hopeless.values().next().value!)
  }

  async function removeEverywhere(blobId: string): Promise<void> {
    if (mending?.blobId === blobId) mending.isRemoved = true
    hopeless.delete(blobId)
    const removals = folders.map((folder) => folder.remove(blobId))
    await Promise.allSettled(removals)
    await Promise.all(removals)
  }

  async function idsOf(shard: string): Promise<string[]> {
    const lists = await Promise.allSettled(folders.map((folder) => folder.list(shard)))
    const failure = lists.find((list) => list.status === 'rejected')
    if (failure && lists.every(({ status }) => status === 'rejected')) throw failure.reason
    if (failure) log.warn({ err: failure.reason }, 'a folder of blobs cannot be listed')
    return [...new Set(lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : [])))].sort()
  }

  return {
    async write(source, options) {
      checkOpen()
      const blobId = newId()
      const written = write(blobId, source, options)
      writing.set(blobId, written)
      return await written.finally(() => writing.delete(blobId))
    },

    async read(blobId, range) {
      checkOpen()
      const source = held.has(blobId) ? undefined : await open(blobId)
      if (!source) throw new NoSuchBlob(blobId)
      try {
        const { sizeBytes } = source.content
        const { start, end } = range ?? { start: 0, end: sizeBytes }
        checkRange({ start, end }, sizeBytes)
        const first = start < end ? await source.piece(start, end) : undefined
        return blobStream(source, { start, end }, first)
      } catch (error) {
        await source.close()
        throw error
      }
    },

    async stat(blobId) {
      checkOpen()
      const source = held.has(blobId) ? undefined : await open(blobId)
      await source?.close()
      return source && { blobId, ...source.content }
    },

    async remove(blobId) {
      checkOpen()
      if (!isBlobId(blobId)) return
      if (holds === 0) await removeEverywhere(blobId)
      else if (held.size < HELD_MAX) held.add(blobId)
    },

    async *list() {
      checkOpen()
      for (const shard of SHARDS) {
        for (const blobId of await idsOf(shard)) {
          if (!held.has(blobId) && !writing.has(blobId)) yield blobId
        }
      }
    },

    mend: mendNext,
    idsOf,
    open,

    holdRemovals() {
      holds += 1
      let isHeld = true
      return async () => {
        if (isHeld) holds -= 1
        isHeld = false
        if (holds > 0) return
        for (const blobId of held) {
          await removeEverywhere(blobId).catch((error: unknown) =>
            log.warn({ err: error, blobId }, 'the bytes of a removed object are left to the sweeper'),
          )
          held.delete(blobId)
        }
      }
    },

    async close() {
      isOpen = false
      await Promise.allSettled(writing.values())
      await lastMend
    },
  }
}
