/** The copies of a blob in several folders: where they belong, and how they are read and written as one. */
import { hash } from 'node:crypto'
import { BlobCorrupt, type WriteOptions } from '../../ports/blobs.ts'
import type { BlobFolder, UnfinishedBlob } from './blob-folder.ts'
import type { BlobContent } from './blob-format.ts'
import { type BlobSource, piecesOf } from './blob-read.ts'
import { writeBlobFile } from './blob-write.ts'

/** Told of a copy that is not there (`error` is undefined) or cannot be used, while another one may be. */
export type OnTrouble = (folder: BlobFolder, error: unknown) => void

/**
 * The folders in the order in which they are to have a blob: the first N have its N copies. It depends on the ids alone:
 * a folder that comes or goes changes the order of the others for no blob (rendezvous hashing).
 */
export function foldersFor(blobId: string, folders: readonly BlobFolder[]): BlobFolder[] {
  if (folders.length < 2) return [...folders]
  const weights = new Map(folders.map((folder) => [folder, hash('sha256', `${folder.id} ${blobId}`)]))
  return [...folders].sort((a, b) => (weights.get(a)! < weights.get(b)! ? -1 : 1))
}

/** For several failures: that the bytes are wrong says more than that a disk did not answer. */
export const worse = (one: unknown, other: unknown): unknown => (one instanceof BlobCorrupt ? one : other)

/**
 * Opens whatever copies there are: each piece comes from one that has it whole, so that even copies that are all damaged,
 * but in different places, make a whole blob. Undefined where no folder has one.
 */
export async function openCopies(
  blobId: string,
  folders: readonly BlobFolder[],
  onTrouble: OnTrouble,
): Promise<BlobSource | undefined> {
  const opened = new Map<BlobFolder, BlobSource | undefined>()
  let current = 0
  let isClosed = false

  async function sourceIn(folder: BlobFolder): Promise<BlobSource | undefined> {
    if (opened.has(folder)) return opened.get(folder)
    const source = await folder.open(blobId)
    if (isClosed) {
      await source?.close()
      throw new Error('the reader of a blob was closed')
    }
    opened.set(folder, source)
    return source
  }

  async function fromAny<Answer>(use: (source: BlobSource) => Promise<Answer>): Promise<Answer | undefined> {
    const without: BlobFolder[] = []
    let failure: unknown
    for (let step = 0; step < folders.length; step++) {
      const at = (current + step) % folders.length
      const folder = folders[at]!
      try {
        const source = await sourceIn(folder)
        if (!source) {
          without.push(folder)
          continue
        }
        const answer = await use(source)
        if (step > 0) current = at
        for (const missing of step > 0 ? without : []) onTrouble(missing, undefined)
        return answer
      } catch (error) {
        if (isClosed) throw error
        failure = worse(failure, error)
        onTrouble(folder, error)
      }
    }
    if (failure !== undefined) throw failure
    return undefined
  }

  const close = async (): Promise<void> => {
    isClosed = true
    const sources = [...opened.values()]
    opened.clear()
    await Promise.all(sources.map((source) => source?.close()))
  }

  try {
    const content = await fromAny(async (source) => source.content)
    if (!content) return undefined
    return {
      content,
      async piece(at, end) {
        const piece = await fromAny((source) => source.piece(at, end))
        if (!piece) throw new BlobCorrupt(blobId) // it was removed while it is read from a second copy
        return piece
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

interface Copy {
  folder: BlobFolder
  file: UnfinishedBlob
}

/**
 * Writes a blob to the first `replicas` of the folders that take it; durable in all of them when it answers. A folder that
 * fails on the way is left out: the next one gets a copy of what the others have. With too few that can, nothing stays.
 */
export async function writeCopies(
  { blobId, folders, replicas }: { blobId: string; folders: readonly BlobFolder[]; replicas: number },
  source: AsyncIterable<Uint8Array>,
  options: WriteOptions,
  onTrouble: OnTrouble,
): Promise<BlobContent> {
  const untried = [...folders]
  const copies: Copy[] = []
  let failure: unknown = new Error('there are fewer folders than copies are to be kept')

  const failed = (folder: BlobFolder, error: unknown): void => {
    failure = error
    onTrouble(folder, error)
  }
  async function begin(): Promise<Copy> {
    for (let folder = untried.shift(); folder; folder = untried.shift()) {
      try {
        return { folder, file: await folder.begin(blobId) }
      } catch (error) {
        failed(folder, error)
      }
    }
    throw failure
  }
  async function drop(copy: Copy, error: unknown): Promise<void> {
    copies.splice(copies.indexOf(copy), 1)
    failed(copy.folder, error)
    await discard(copy)
  }
  async function toEach(act: (file: UnfinishedBlob) => Promise<void>): Promise<void> {
    await Promise.all(copies.map((copy) => act(copy.file).catch((error: unknown) => drop(copy, error))))
    if (copies.length === 0 || copies.length + untried.length < replicas) throw failure
  }

  try {
    while (copies.length < replicas) copies.push(await begin())
    const content = await writeBlobFile(
      { append: (bytes) => toEach((file) => file.append(bytes)), sync: () => toEach((file) => file.sync()) },
      source,
      options,
    )
    while (copies.length < replicas) {
      const copy = await begin()
      const whole = await copies[0]!.file.reopen()
      copies.push(copy)
      await writeBlobFile(copy.file, piecesOf(whole), withSignal(options))
        .catch((error: unknown) => drop(copy, error))
        .finally(() => whole.close())
      options.signal?.throwIfAborted()
    }
    await settled(copies.map(({ file }) => file.keep()))
    return content
  } catch (error) {
    await Promise.all(copies.map(discard))
    throw error
  }
}

const withSignal = ({ signal }: WriteOptions): WriteOptions => (signal ? { signal } : {})

/** Why the write failed is what its caller is told; a file that stays is in nobody's way, and gone at the next start. */
const discard = ({ file }: Copy): Promise<void> => file.discard().catch(() => {})

/** Waits for all, also when one fails. */
async function settled(steps: Promise<void>[]): Promise<void> {
  await Promise.allSettled(steps)
  await Promise.all(steps)
}
