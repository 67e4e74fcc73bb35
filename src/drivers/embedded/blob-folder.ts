import { type FileHandle, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlobSource, openBlobFile } from './blob-read.ts'
import type { BlobSink } from './blob-write.ts'

/**
 * A folder of blobs: a file each, in 256 folders by the beginning of its id. A file is written under another name, made
 * durable, and only then renamed to where it is looked for: what has a blob's name is whole. `blob-format.ts` says what is
 * inside. Several such folders make a store (blobs.ts).
 */
export interface BlobFolder {
  /** Stays the same when the folder is found under another path. */
  id: string
  dir: string
  /** Undefined where there is no such file. Throws `BlobCorrupt`, and what the file system says. */
  open(blobId: string): Promise<BlobSource | undefined>
  begin(blobId: string): Promise<UnfinishedBlob>
  /** Removing what is not there is no error. */
  remove(blobId: string): Promise<void>
  /** Ids whose first two digits are these, in no order. */
  list(shard: string): Promise<string[]>
  freeBytes(): Promise<number>
}

export interface UnfinishedBlob extends BlobSink {
  /** Reads what was appended and made durable. */
  reopen(): Promise<BlobSource>
  /** Gives it the name of its blob, in place of a file that has it; durable when it answers. */
  keep(): Promise<void>
  /** Removes it, kept or not. */
  discard(): Promise<void>
}

/** Also what keeps a path out of a name that came from elsewhere. */
export const isBlobId = (name: string): boolean => /^[0-9a-f]{2}[0-9a-f-]{6,62}$/.test(name)

export const SHARDS = Array.from({ length: 256 }, (_, shard) => shard.toString(16).padStart(2, '0'))
const shardOf = (blobId: string): string => blobId.slice(0, 2)

export async function openBlobFolder({ id, dir }: { id: string; dir: string }): Promise<BlobFolder> {
  const unfinished = join(dir, 'unfinished')
  await rm(unfinished, { recursive: true, force: true }) // what a crash left half-written
  await mkdir(unfinished, { recursive: true })
  const known = new Set(await readdir(dir))
  const missing = SHARDS.filter((shard) => !known.has(shard))
  await Promise.all(missing.map((shard) => mkdir(join(dir, shard), { recursive: true })))
  await syncFolder(dir)
  const pathOf = (blobId: string): string => join(dir, shardOf(blobId), blobId)

  return {
    id,
    dir,

    open: (blobId) => openBlobFile(pathOf(blobId), blobId).catch(undefinedIfMissing),

    async begin(blobId) {
      const temporary = join(unfinished, blobId)
      const final = pathOf(blobId)
      const file = await open(temporary, 'wx')
      let isOpen = true
      let isKept = false
      const close = async (): Promise<void> => {
        if (isOpen) {
          isOpen = false
          await file.close()
        }
      }
      return {
        append: (bytes) => writeAll(file, bytes),
        sync: () => file.sync(),
        reopen: () => openBlobFile(temporary, blobId),
        async keep() {
          await close()
          await rename(temporary, final)
          isKept = true
          await syncFolder(join(dir, shardOf(blobId)))
        },
        async discard() {
          await close().catch(() => {}) // a disk that fails may fail here, too; the file is not wanted any more
          await rm(isKept ? final : temporary, { force: true })
        },
      }
    },

    remove: (blobId) => rm(pathOf(blobId), { force: true }),

    async list(shard) {
      return (await readdir(join(dir, shard))).filter(isBlobId)
    },

    async freeBytes() {
      const { bavail, bsize } = await statfs(dir)
      return bavail * bsize
    },
  }
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  await handle.sync().finally(() => handle.close())
}

/** A file system that is nearly full takes a part of a write and says so only by the number. */
async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written)).bytesWritten
  }
}
