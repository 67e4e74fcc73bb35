import { chmodSync, createWriteStream, writeFileSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import type { Entry, ZipFile } from 'yauzl'
import { type CodePackageLimits, InvalidCodePackage } from '../ports/code-packages.ts'
import { isSmall, smallContent, streamContent } from './zip-entry.ts'
import { broken, openZip } from './zip-file.ts'

const linkTargetBytesMax = 4096

/**
 * Unpacks a ZIP into an empty folder, believing nothing it says: names and link targets stay inside, sizes are counted
 * as they are inflated, links are made last so that nothing is ever written through one.
 * Throws `InvalidCodePackage`; the folder is then half full and the caller's to remove.
 */
export async function unpackZip(zipFile: string, folder: string, limits: CodePackageLimits): Promise<void> {
  const opened = await openZip(zipFile)
  const { zip } = opened
  const links: { path: string; target: string }[] = []
  let unpackedBytes = 0
  let folders = 0
  const made = new Set<string>()
  /** A name of a few kilobytes makes a thousand folders: they count as entries do. */
  const makeFolder = async (path: string, name: string) => {
    if (made.has(path)) return
    const first = await mkdir(path, { recursive: true }).catch(collision(name))
    made.add(path)
    if (first !== undefined) folders += path.slice(first.length).split('/').length
    if (folders > limits.entriesMax) {
      throw new InvalidCodePackage('tooManyEntries', `the package has more than ${limits.entriesMax} folders`)
    }
  }
  try {
    for (const entry of await contentsOf(zip, limits)) {
      const path = safePath(entry.fileName)
      const unixMode = entry.externalFileAttributes >>> 16
      const kind = unixMode & 0o170000
      if (entry.fileName.endsWith('/')) {
        await makeFolder(join(folder, path), entry.fileName)
        continue
      }
      if (kind !== 0 && kind !== 0o100000 && kind !== 0o120000) {
        throw new InvalidCodePackage(
          'unsupportedEntry',
          `'${entry.fileName}' is neither a file, a folder nor a link`,
        )
      }
      if (entry.isEncrypted())
        throw new InvalidCodePackage('unsupportedEntry', `'${entry.fileName}' is encrypted`)
      const count = (sizeBytes: number) => {
        unpackedBytes += sizeBytes
        if (unpackedBytes > limits.unpackedBytesMax) throw tooLarge(limits)
      }
      const file = join(folder, path)
      await makeFolder(dirname(file), entry.fileName)
      if (kind === 0o120000) {
        if (entry.uncompressedSize > linkTargetBytesMax || entry.compressedSize > 2 * linkTargetBytesMax) {
          throw new InvalidCodePackage('unsupportedEntry', `the link '${entry.fileName}' is too long`)
        }
        const target = smallContent(opened, entry, count).toString('utf8')
        links.push({ path, target: safeTarget(path, target) })
        continue
      }
      if (isSmall(entry)) writeNew(file, smallContent(opened, entry, count), entry.fileName)
      else
        await streamContent(zip, entry, count, createWriteStream(file, { flags: 'wx', mode: 0o644 })).catch(
          collision(entry.fileName),
        )
      if (unixMode & 0o111) chmodSync(file, 0o755)
    }
    for (const { path, target } of links) {
      await mkdir(dirname(join(folder, path)), { recursive: true }).catch(collision(path))
      await symlink(target, join(folder, path)).catch(collision(path))
    }
  } finally {
    zip.close()
  }
}

/**
 * The list of contents, held to the limits before a byte is inflated: an honest bomb costs nothing.
 * A dishonest one is caught when an entry turns out larger than it said.
 */
async function contentsOf(zip: ZipFile, limits: CodePackageLimits): Promise<Entry[]> {
  if (zip.entryCount > limits.entriesMax) {
    throw tooManyEntries(limits)
  }
  const entries: Entry[] = []
  let unpackedBytes = 0
  for (let entry = await nextEntry(zip); entry; entry = await nextEntry(zip)) {
    safePath(entry.fileName)
    unpackedBytes += entry.uncompressedSize
    if (unpackedBytes > limits.unpackedBytesMax) throw tooLarge(limits)
    entries.push(entry)
  }
  return entries
}

export const tooManyEntries = ({ entriesMax }: CodePackageLimits): InvalidCodePackage =>
  new InvalidCodePackage('tooManyEntries', `the package has more than ${entriesMax} entries`)

const tooLarge = ({ unpackedBytesMax }: CodePackageLimits): InvalidCodePackage =>
  new InvalidCodePackage('tooLarge', `the package is larger than ${unpackedBytesMax} bytes when unpacked`)

/** The entry's path below the folder. Throws when it is absolute or leaves it. */
function safePath(fileName: string): string {
  const path = fileName.replaceAll('\\', '/')
  const unsafe =
    path.startsWith('/') || /^[A-Za-z]:/.test(path) || path.split('/').includes('..') || path.includes('\0')
  if (unsafe || posix.normalize(path) === '.') {
    if (!unsafe) return '.'
    throw new InvalidCodePackage('unsafePath', `'${fileName}' leaves the package`)
  }
  return posix.normalize(path)
}

function safeTarget(path: string, target: string): string {
  const resolved = posix.normalize(posix.join(posix.dirname(path), target))
  if (posix.isAbsolute(target) || resolved === '..' || resolved.startsWith('../') || target.includes('\0')) {
    throw new InvalidCodePackage('unsafePath', `the link '${path}' leaves the package`)
  }
  return target
}

function writeNew(file: string, content: Buffer, name: string): void {
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o644 })
  } catch (error) {
    collision(name)(error as NodeJS.ErrnoException)
  }
}

function collision(name: string) {
  return (error: NodeJS.ErrnoException): never => {
    if (error instanceof InvalidCodePackage) throw error
    if (error.code === 'EEXIST' || error.code === 'ENOTDIR' || error.code === 'EISDIR') {
      throw new InvalidCodePackage('unsafePath', `'${name}' is there twice`)
    }
    if (error.code === 'ENAMETOOLONG') throw new InvalidCodePackage('unsafePath', 'a name is too long')
    if (error.code === undefined || /^(Z_|ERR_STREAM_)/.test(error.code)) throw broken(error)
    throw error
  }
}

function nextEntry(zip: ZipFile): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      zip.removeListener('entry', onEntry)
      zip.removeListener('end', onEnd)
      zip.removeListener('error', onError)
    }
    const onEntry = (entry: Entry) => {
      settle()
      resolve(entry)
    }
    const onEnd = () => {
      settle()
      resolve(undefined)
    }
    const onError = (error: Error) => {
      settle()
      const unsafe = /relative path|absolute path|invalid characters/i.test(error.message)
      reject(unsafe ? new InvalidCodePackage('unsafePath', error.message) : broken(error))
    }
    zip.once('entry', onEntry)
    zip.once('end', onEnd)
    zip.once('error', onError)
    zip.readEntry()
  })
}
