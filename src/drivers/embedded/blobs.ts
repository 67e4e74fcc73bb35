import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, opendir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlobInfo, type BlobStore, checkRange, NoSuchBlob } from '../../ports/blobs.ts'
import { blobStream, readBlobInfo } from './blob-read.ts'
import { writeBlobFile } from './blob-write.ts'

export interface FileBlobStoreOptions {
  dir: string
  /** Lower-case hex and dashes, never the same twice. */
  newId?: () => string
}

/**
 * Blobs as files: one each, in 256 folders by the beginning of its id. A file is written under another name, made durable,
 * and only then renamed to where it is looked for: what has a blob's name is whole. `blob-format.ts` says what is inside.
 */
export async function fileBlobStore({ dir, newId = randomUUID }: FileBlobStoreOptions): Promise<BlobStore> {
  const unfinished = join(dir, 'unfinished')
  await rm(unfinished, { recursive: true, force: true }) // what a crash left half-written
  await mkdir(unfinished, { recursive: true })
  await Promise.all(SHARDS.map((shard) => mkdir(join(dir, shard), { recursive: true })))
  await syncFolder(dir)

  const writing = new Set<Promise<unknown>>()
  let isOpen = true

  function checkOpen(): void {
    if (!isOpen) throw new Error('the blob store is closed')
  }

  async function write(...[source, options = {}]: Parameters<BlobStore['write']>): Promise<BlobInfo> {
    const blobId = newId()
    const temporary = join(unfinished, blobId)
    const folder = join(dir, shardOf(blobId))
    const final = join(folder, blobId)
    try {
      const file = await open(temporary, 'wx')
      const content = await writeBlobFile(file, source, options).finally(() => file.close())
      await rename(temporary, final)
      await syncFolder(folder)
      return { blobId, ...content }
    } catch (error) {
      await Promise.all([temporary, final].map((path) => rm(path, { force: true })))
      throw error
    }
  }

  async function openBlob(blobId: string): Promise<FileHandle | undefined> {
    checkOpen()
    if (!BLOB_ID.test(blobId)) return undefined
    return await open(join(dir, shardOf(blobId), blobId)).catch(undefinedIfMissing)
  }

  return {
    async write(source, options) {
      checkOpen()
      const written = write(source, options)
      writing.add(written)
      return await written.finally(() => writing.delete(written))
    },

    async read(blobId, range) {
      const file = await openBlob(blobId)
      if (!file) throw new NoSuchBlob(blobId)
      try {
        const { sizeBytes } = await readBlobInfo(file, blobId)
        const wanted = range ?? { start: 0, end: sizeBytes }
        checkRange(wanted, sizeBytes)
        return blobStream(file, blobId, sizeBytes, wanted)
      } catch (error) {
        await file.close()
        throw error
      }
    },

    async stat(blobId) {
      const file = await openBlob(blobId)
      if (!file) return undefined
      const content = await readBlobInfo(file, blobId).finally(() => file.close())
      return { blobId, ...content }
    },

    async remove(blobId) {
      checkOpen()
      if (BLOB_ID.test(blobId)) await rm(join(dir, shardOf(blobId), blobId), { force: true })
    },

    async *list() {
      checkOpen()
      for (const shard of SHARDS) {
        for await (const { name } of await opendir(join(dir, shard))) if (BLOB_ID.test(name)) yield name
      }
    },

    async close() {
      isOpen = false
      await Promise.allSettled(writing)
    },
  }
}

/** Also what keeps a path out of a name that came from elsewhere. */
const BLOB_ID = /^[0-9a-f]{2}[0-9a-f-]{6,62}$/

const SHARDS = Array.from({ length: 256 }, (_, shard) => shard.toString(16).padStart(2, '0'))
const shardOf = (blobId: string): string => blobId.slice(0, 2)

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  await handle.sync().finally(() => handle.close())
}
