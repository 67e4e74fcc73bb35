import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import {
  access,
  cp,
  link,
  lstat,
  mkdir,
  open as openFile,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { BlobStore } from '../ports/blobs.ts'
import { type CodePackageLimits, type CodePackages, InvalidCodePackage } from '../ports/code-packages.ts'
import type { CodeReference, FunctionRevision } from '../ports/invocation.ts'
import type { CodePreparation } from './code-preparation.ts'
import type { CodeOnDisk } from './instance-start.ts'
import { unpackZipAside } from './unpack-zip-aside.ts'

/** What was accepted once is unpacked again with no other limits than those of the machine. */
const accepted: CodePackageLimits = {
  packedBytesMax: Number.POSITIVE_INFINITY,
  unpackedBytesMax: Number.POSITIVE_INFINITY,
  entriesMax: Number.POSITIVE_INFINITY,
}

export interface CodeStore extends CodePackages {
  /** The folders of a revision on this machine; unpacked from the blob when they are not there. At once when they are. */
  materialize(revision: FunctionRevision): CodeOnDisk | Promise<CodeOnDisk>
  /** Forgets the unpacked files and the blob. No revision that uses them may be left. */
  discard(code: CodeReference): Promise<void>
}

/**
 * Packages as blobs, and beside them, on this machine's disk, unpacked and ready to be bound: a cold start must not
 * wait for an unzip. The folder `dir` is a cache: all of it can be made again from the blobs.
 */
export async function codeStore({
  blobs,
  dir,
  preparation,
}: {
  blobs: BlobStore
  dir: string
  /** Absent: code is always used as it is. */
  preparation?: CodePreparation
}): Promise<CodeStore> {
  const spool = join(dir, 'spool')
  const unpacked = join(dir, 'unpacked')
  const merged = join(dir, 'merged')
  // What an earlier platform was in the middle of.
  await rm(spool, { recursive: true, force: true })
  // Layers are merged again by links, which is quick; nobody would ever remove what is no longer asked for.
  await rm(merged, { recursive: true, force: true })
  await forgetAfterReboot(dir, unpacked)
  for (const folder of [spool, unpacked, merged]) await mkdir(folder, { recursive: true, mode: 0o755 })

  // Node.js looks for a package.json in every folder above a module. Without this one, a sandbox that shares the host's
  // file system would find whatever lies above the data folder, and with it perhaps `"type": "module"`.
  await writeFile(join(dir, 'package.json'), '{}\n')

  const known = new Map<string, CodeOnDisk>()
  /** A hundred instances that start at once look once, and ask once for what can be prepared. */
  const locating = new Map<string, Promise<CodeOnDisk>>()
  const underWay = new Map<string, Promise<string>>()
  /** The layers in each merged folder. */
  const mergedFrom = new Map<string, ReadonlySet<string>>()

  /** Makes a folder under its final name only when it is complete; callers at the same time share the work. */
  function once(folder: string, make: (temporary: string) => Promise<void>): Promise<string> {
    const running = underWay.get(folder)
    if (running) return running
    const work = (async () => {
      if (await exists(folder)) return folder
      const temporary = join(spool, randomUUID())
      await mkdir(temporary, { mode: 0o755 })
      try {
        await make(temporary)
        await rename(temporary, folder)
      } catch (error) {
        await rm(temporary, { recursive: true, force: true })
        // Another process of this machine was faster: its folder is as good.
        if (!(await exists(folder))) throw error
      }
      return folder
    })().finally(() => underWay.delete(folder))
    underWay.set(folder, work)
    return work
  }

  function unpackedFolder({ blobId }: CodeReference): Promise<string> {
    return once(join(unpacked, blobId), async (temporary) => {
      const zipFile = `${temporary}.zip`
      try {
        await pipeline(await blobs.read(blobId), createWriteStream(zipFile))
        await unpackZipAside(zipFile, temporary, accepted)
      } finally {
        await rm(zipFile, { force: true })
      }
    })
  }

  async function layersFolder(layers: readonly CodeReference[]): Promise<string | undefined> {
    if (layers.length === 0) return undefined
    const folders = await Promise.all(layers.map(unpackedFolder))
    if (folders.length === 1) return folders[0]
    const name = createHash('sha256')
      .update(layers.map(({ blobId }) => blobId).join('\n'))
      .digest('hex')
    mergedFrom.set(join(merged, name), new Set(layers.map(({ blobId }) => blobId)))
    return once(join(merged, name), async (temporary) => {
      for (const folder of folders) await addMissing(folder, temporary)
    })
  }

  async function locate(revision: FunctionRevision): Promise<CodeOnDisk> {
    const [codeSource, optSource] = await Promise.all([
      unpackedFolder(revision.code),
      layersFolder(revision.layers),
    ])
    const subject = { revision, codeSource }
    const preparedSource = await preparation?.find(subject)
    const onDisk: CodeOnDisk = {
      codeSource,
      ...(optSource === undefined ? {} : { optSource }),
      ...(preparedSource === undefined ? {} : { preparedSource }),
    }
    // Bounded: a forgotten entry costs its next cold start one look at the disk.
    if (known.size >= 10_000) known.delete(known.keys().next().value!)
    known.set(revision.key, onDisk)
    if (preparedSource === undefined) {
      preparation?.want(subject, (folder) => {
        if (known.get(revision.key) === onDisk) known.set(revision.key, { ...onDisk, preparedSource: folder })
      })
    }
    return onDisk
  }

  return {
    async store(zip, limits) {
      const id = randomUUID()
      const zipFile = join(spool, `${id}.zip`)
      const folder = join(spool, id)
      try {
        // Open before anything can fail: a file that is still being opened would appear after it was removed.
        const file = await openFile(zipFile, 'wx', 0o600)
        await pipeline(limited(zip, limits.packedBytesMax), file.createWriteStream())
        await mkdir(folder, { mode: 0o755 })
        await unpackZipAside(zipFile, folder, limits)
        const { blobId, sizeBytes, crc64 } = await blobs.write(wholeFile(zipFile, (await stat(zipFile)).size))
        await rename(folder, join(unpacked, blobId))
        return { blobId, sizeBytes, crc64 }
      } finally {
        await rm(zipFile, { force: true })
        await rm(folder, { recursive: true, force: true })
      }
    },

    open: ({ blobId }) => blobs.read(blobId),

    materialize(revision) {
      const ready = known.get(revision.key)
      if (ready) return ready
      let located = locating.get(revision.key)
      if (located === undefined) {
        located = locate(revision).finally(() => locating.delete(revision.key))
        locating.set(revision.key, located)
      }
      return located
    },

    async discard({ blobId }) {
      for (const [key, { codeSource }] of known) if (codeSource === join(unpacked, blobId)) known.delete(key)
      for (const [folder, blobIds] of mergedFrom) {
        if (!blobIds.has(blobId)) continue
        mergedFrom.delete(folder)
        for (const [key, { optSource }] of known) if (optSource === folder) known.delete(key)
        await rm(folder, { recursive: true, force: true })
      }
      await preparation?.discard(blobId)
      await rm(join(unpacked, blobId), { recursive: true, force: true })
      await blobs.remove(blobId)
    },
  }
}

/**
 * Unpacked files are not synced one by one: when the machine itself goes down, some may be empty afterwards. What was
 * unpacked before the machine started is made again from the blobs, which are synced and checked.
 */
async function forgetAfterReboot(dir: string, unpacked: string): Promise<void> {
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined)
  const known = join(dir, 'unpacked-since-boot')
  if (bootId === undefined || (await readFile(known, 'utf8').catch(() => undefined)) === bootId) return
  await rm(unpacked, { recursive: true, force: true })
  await writeFile(known, bootId)
}

/** Told where the file ends, the stream takes buffers of that size; else 64 KiB, and as much again to find the end. */
const wholeFile = (file: string, sizeBytes: number): Readable =>
  sizeBytes === 0 ? Readable.from([]) : createReadStream(file, { end: sizeBytes - 1 })

async function* limited(source: AsyncIterable<Uint8Array>, bytesMax: number): AsyncIterable<Uint8Array> {
  let sizeBytes = 0
  for await (const chunk of source) {
    sizeBytes += chunk.length
    if (sizeBytes > bytesMax)
      throw new InvalidCodePackage('tooLarge', `the package is larger than ${bytesMax} bytes`)
    yield chunk
  }
}

/** Lays one layer under those that are there already: what exists stays. Files are linked, not copied, where the disk can. */
async function addMissing(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    const existing = await lstat(target).catch(() => undefined)
    if (entry.isDirectory()) {
      if (existing && !existing.isDirectory()) continue
      await mkdir(target, { recursive: true, mode: 0o755 })
      await addMissing(source, target)
    } else if (!existing) {
      if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
      else await link(source, target).catch(() => cp(source, target))
    }
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
