/**
 * A copy of a data folder that is in use, as an archive (tar): the databases as they are at one moment, and every blob that
 * they name. Removals of blobs are held back meanwhile; blobs that come meanwhile may be in it, and are swept where it is
 * restored, as after a crash. What was in the folder otherwise comes as it is found, but for what ends with the process.
 *
 * The last file but one says the digest of all before it; the last is `format`, without which nothing takes a folder for one
 * of ours: what was restored by half is none.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type FileHandle, link, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { TAR_END, tarHeader, tarPadding } from '../../lib/tar.ts'
import { BlobCorrupt } from '../../ports/blobs.ts'
import { SHARDS } from './blob-folder.ts'
import { CHUNK_BYTES, CRC_BYTES, encodeTrailer, fileBytesOf } from './blob-format.ts'
import type { BlobSource } from './blob-read.ts'
import type { FileBlobStore } from './blobs.ts'
import type { SqliteWritingThread } from './sqlite-writing-thread.ts'

export interface SnapshotOptions {
  dataDir: string
  thread: SqliteWritingThread
  /** Names in the folder. */
  databases: readonly string[]
  /** A folder of files that are only appended to. */
  journal: string
  /** By their folders. */
  blobs: Readonly<Record<string, Pick<FileBlobStore, 'holdRemovals' | 'idsOf' | 'open'>>>
  nowMs: number
  /** Said in the snapshot: what made it. */
  facts: object
  /** Told of each piece that the reader asks for. */
  onPiece?(): void
}

/** Where databases are copied to before they are sent; removed at the end, and before the next. */
export const snapshotFolder = 'snapshot'
export const manifestFile = 'snapshot.json'
const LAST_FILE = 'format'

/** What belongs to the process, or can be made again. */
const LEFT_OUT = /^(lock|lock-journal|owner|ready\.json|run|disks|code|ephemeral|ephemeral\.json|snapshot|scrub\.json|blobs|lost\+found|.*\.new|.*\.db(-wal|-shm)?)$/ // biome-ignore format: one line
const READ_BYTES = 1024 * 1024

/** Removes what a snapshot that was cut off left. */
export const sweepSnapshot = (dataDir: string): Promise<void> =>
  rm(join(dataDir, snapshotFolder), { recursive: true, force: true })

export interface Snapshot {
  archive: Readable
  /** Resolves when nothing is held for it any more. */
  ended: Promise<void>
}

/**
 * Resolves when the moment of the snapshot is past and the databases are copied, which takes as much room in the data folder
 * as they have. Whoever asked reads the archive to its end, or destroys it.
 */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const { dataDir, thread, databases, journal } = options
  const folder = join(dataDir, snapshotFolder)
  await sweepSnapshot(dataDir)
  await mkdir(join(folder, journal), { recursive: true, mode: 0o700 })
  const letGo = Object.values(options.blobs).map((store) => store.holdRemovals())
  const end = async (): Promise<void> => {
    await Promise.all(letGo.map((release) => release()))
    await sweepSnapshot(dataDir)
  }
  try {
    // Entries that the records of that moment have not counted yet must be there, also if they are removed in between:
    // linked before, and once more after. Those that came since are of calls that the snapshot does not know; so be it.
    await linkFiles(join(dataDir, journal), join(folder, journal))
    const copying = thread.copy(
      databases.map((name) => ({ from: join(dataDir, name), to: join(folder, name) })),
    )
    await copying.begun
    await linkFiles(join(dataDir, journal), join(folder, journal))
    await copying.done
  } catch (error) {
    await end()
    throw error
  }
  const archive = Readable.from(archiveOf(options, folder), { objectMode: false, highWaterMark: READ_BYTES })
  return { archive, ended: once(archive, 'close').then(end, end) }
}

async function* archiveOf(options: SnapshotOptions, folder: string): AsyncGenerator<Buffer, void> {
  const { dataDir, databases, journal, blobs, nowMs, facts, onPiece } = options
  const hash = createHash('sha256')
  const damaged: string[] = []
  let files = 0

  async function* file(
    name: string,
    sizeBytes: number,
    content: AsyncIterable<Buffer>,
  ): AsyncGenerator<Buffer> {
    files += 1
    yield tarHeader({ name, sizeBytes, modifiedMs: nowMs })
    yield* content
    const padding = tarPadding(sizeBytes)
    if (padding.length > 0) yield padding
  }

  async function* all(): AsyncGenerator<Buffer> {
    for (const name of databases) yield* fileAt(join(folder, name), name)
    for (const name of await readdir(join(folder, journal))) yield* fileAt(join(folder, journal, name), `${journal}/${name}`) // biome-ignore format: one line
    for (const name of await otherFiles(dataDir, [journal, LAST_FILE]))
      yield* fileAt(join(dataDir, name), name)
    for (const [name, store] of Object.entries(blobs)) yield* blobsOf(name, store)
  }

  async function* fileAt(path: string, name: string): AsyncGenerator<Buffer> {
    const handle = await open(path)
    try {
      const { size } = await handle.stat()
      yield* file(name, size, bytesOf(handle, size))
    } finally {
      await handle.close()
    }
  }

  async function* blobsOf(
    folderName: string,
    store: Pick<FileBlobStore, 'idsOf' | 'open'>,
  ): AsyncGenerator<Buffer> {
    for (const shard of SHARDS) {
      for (const blobId of await store.idsOf(shard)) {
        const source = await store.open(blobId).catch((error: unknown) => {
          if (!(error instanceof BlobCorrupt)) throw error
          damaged.push(blobId)
          return undefined
        })
        if (!source) continue // damaged, or a write that was called off
        try {
          const sizeBytes = fileBytesOf(source.content.sizeBytes)
          yield* file(
            `${folderName}/${shard}/${blobId}`,
            sizeBytes,
            blobFile(source, () => damaged.push(blobId)),
          )
        } finally {
          await source.close()
        }
      }
    }
  }

  for await (const piece of all()) {
    hash.update(piece)
    onPiece?.()
    yield piece
  }
  const manifest = {
    ...facts,
    takenMs: nowMs,
    files,
    sha256: hash.digest('hex'),
    damagedBlobs: [...new Set(damaged)],
  }
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  yield* file(manifestFile, text.length, justOne(text))
  yield* fileAt(join(dataDir, LAST_FILE), LAST_FILE)
  yield TAR_END
}

/**
 * A blob's file, from whatever copies are whole. A chunk that none has is empty and has a checksum that is not its own: a
 * reader of the copy is told of it, as one of the original is.
 */
async function* blobFile(source: BlobSource, onDamage: () => void): AsyncGenerator<Buffer> {
  const { content } = source
  const { sizeBytes } = content
  const checksums: number[] = []
  for (let at = 0; at < sizeBytes; at += CHUNK_BYTES) {
    const end = Math.min(at + CHUNK_BYTES, sizeBytes)
    let isWhole = true
    const chunk = await source.piece(at, end).catch((error: unknown) => {
      if (!(error instanceof BlobCorrupt)) throw error
      isWhole = false
      onDamage()
      return Buffer.alloc(end - at)
    })
    checksums.push(isWhole ? crc32(chunk) : ~crc32(chunk) >>> 0)
    yield chunk
  }
  const table = Buffer.alloc(checksums.length * CRC_BYTES)
  for (const [at, checksum] of checksums.entries()) table.writeUInt32LE(checksum, at * CRC_BYTES)
  yield Buffer.concat([table, encodeTrailer(content)])
}

/** Exactly so many bytes: what is appended meanwhile is left out, and what is gone meanwhile is empty. */
async function* bytesOf(handle: FileHandle, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < sizeBytes; ) {
    const piece = Buffer.alloc(Math.min(READ_BYTES, sizeBytes - at))
    const { bytesRead } = await handle.read(piece, 0, piece.length, at)
    at += bytesRead || piece.length
    yield piece.subarray(0, bytesRead || piece.length)
  }
}

async function* justOne(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

async function linkFiles(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    await link(join(from, name), join(to, name)).catch((error: NodeJS.ErrnoException) => {
      // Linked before, or removed since it was listed: then the records have counted all of it.
      if (error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error
    })
  }
}

/** Whatever else is kept in the folder, so that a part that keeps a file of its own need not say so here. */
async function otherFiles(dataDir: string, except: readonly string[]): Promise<string[]> {
  const names: string[] = []
  for (const top of await readdir(dataDir)) {
    if (LEFT_OUT.test(top) || except.includes(top)) continue
    if ((await stat(join(dataDir, top))).isFile()) names.push(top)
    const inside = await readdir(join(dataDir, top), { recursive: true, withFileTypes: true }).catch(() => [])
    for (const entry of inside) {
      if (entry.isFile()) names.push(join(entry.parentPath, entry.name).slice(dataDir.length + 1))
    }
  }
  return names.sort()
}
