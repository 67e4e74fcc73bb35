/** Makes a data folder of a snapshot. `src/drivers/embedded/snapshot.ts` says what is in one. */
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { reasonOf } from '../../lib/reason.ts'
import { MalformedTar, readTar, type TarEntry } from '../../lib/tar.ts'
import { CommandFailed } from '../errors.ts'

export interface Restored {
  files: number
  sizeBytes: number
  takenMs: number
  /** Blobs that no copy was whole of when the snapshot was taken. */
  damagedBlobs: readonly string[]
}

interface Manifest extends Pick<Restored, 'files' | 'takenMs' | 'damagedBlobs'> {
  sha256: string
}

const MANIFEST = 'snapshot.json'
/** Written last: without it no platform takes the folder for its own. */
const FORMAT = 'format'
const MANIFEST_BYTES_MAX = 64 * 1024 * 1024

export interface RestoreOptions {
  file: string
  dir: string
  signal: AbortSignal
  onProgress(sizeBytes: number): void
}

/** Leaves nothing when it fails. Throws `CommandFailed`. */
export async function restore({ file, dir, signal, onProgress }: RestoreOptions): Promise<Restored> {
  await makeEmptyFolder(dir)
  try {
    return await extract({ file, dir, signal, onProgress })
  } catch (error) {
    for (const name of await namesIn(dir)) await rm(join(dir, name), { recursive: true, force: true })
    if (error instanceof MalformedTar) throw new CommandFailed(`${file} cannot be restored: ${error.message}.`, { cause: error }) // biome-ignore format: one line
    if (error instanceof CommandFailed || signal.aborted) throw error
    throw new CommandFailed(`${file} could not be restored to ${dir}: ${reasonOf(error)}`, { cause: error })
  }
}

async function makeEmptyFolder(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new CommandFailed(`${dir} cannot be made: ${reasonOf(cause)}`, { cause })
  })
  const names = await namesIn(dir)
  if (names.length === 0) return
  const what = names.includes(FORMAT) ? 'is the data folder of a platform' : 'is not empty'
  throw new CommandFailed(
    `${dir} ${what}: a snapshot is restored to an empty folder. Name another one with --data.`,
  )
}

/** Without what the root of a disk has. */
const namesIn = async (dir: string): Promise<string[]> =>
  (await readdir(dir)).filter((name) => name !== 'lost+found')

async function extract({ file, dir, signal, onProgress }: RestoreOptions): Promise<Restored> {
  const folders = new Set([dir])
  let manifest: Manifest | undefined
  let files = 0
  let sizeBytes = 0
  let isDone = false
  for await (const entry of readTar(createReadStream(file, { signal, highWaterMark: 1024 * 1024 }))) {
    if (isDone) throw new MalformedTar('something follows what should be its end')
    if (entry.name === MANIFEST) {
      manifest = await readManifest(entry)
      if (manifest.sha256 !== entry.sha256Before || manifest.files !== files)
        throw new MalformedTar('it is damaged: its bytes are not those that were written')
      continue
    }
    if (entry.name === FORMAT) {
      if (!manifest) throw new MalformedTar('it is no snapshot of a platform')
      for (const folder of folders) await syncFolder(folder)
      isDone = true
    }
    const path = join(dir, entry.name)
    await makeFolders(dirname(path), folders)
    const handle = await open(path, 'wx', 0o600)
    try {
      for await (const piece of entry.content) {
        signal.throwIfAborted()
        await handle.writeFile(piece)
        sizeBytes += piece.length
        onProgress(sizeBytes)
      }
      await handle.sync()
    } finally {
      await handle.close()
    }
    files += 1
  }
  if (!isDone || !manifest) throw new MalformedTar('it is no snapshot of a platform')
  await syncFolder(dir)
  await syncFolder(dirname(dir))
  const { takenMs, damagedBlobs } = manifest
  return { files, sizeBytes, takenMs, damagedBlobs }
}

async function readManifest({ sizeBytes, content }: TarEntry): Promise<Manifest> {
  if (sizeBytes > MANIFEST_BYTES_MAX) throw new MalformedTar('it is no snapshot of a platform')
  const parts: Buffer[] = []
  for await (const part of content) parts.push(part)
  try {
    return JSON.parse(Buffer.concat(parts).toString()) as Manifest
  } catch {
    throw new MalformedTar('it is no snapshot of a platform')
  }
}

async function makeFolders(folder: string, made: Set<string>): Promise<void> {
  if (made.has(folder)) return
  await makeFolders(dirname(folder), made)
  await mkdir(folder, { mode: 0o700 })
  made.add(folder)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  await handle.sync().finally(() => handle.close())
}
