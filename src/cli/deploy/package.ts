/** Makes the code folder of a function (or of a layer) into one zip file, the same bytes for the same files. */
import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { Crc64 } from '../../lib/checksums.ts'
import { CommandFailed } from '../errors.ts'
import { type Ignore, ignoreOf } from './ignore.ts'

export interface Package {
  file: string
  sizeBytes: number
  /** CRC-64 in decimal, as the API writes it. */
  checksum: string
  /** Entries in it; undefined for a zip file that was there already. */
  files?: number
  /** Removes what was made for it. */
  dispose(): Promise<void>
}

export interface Entry {
  /** With slashes, relative to the folder. */
  path: string
  kind: 'file' | 'link' | 'folder'
  isExecutable: boolean
  /** Where a link points. */
  target?: string
}

/** A file had other bytes when it was read than it had when it was looked at; again, it may succeed. */
export class CodeChanged extends CommandFailed {}

export async function packageOf(path: string): Promise<Package> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'it is not there' : error.message
    throw new CommandFailed(`The code ${path} cannot be read: ${why}.`, { cause: error })
  })
  if (found.isDirectory()) return packFolder(path)
  if (/\.(zip|jar|war)$/i.test(path)) {
    const { checksum, sizeBytes } = await checksumOf(path)
    return { file: path, sizeBytes, checksum, dispose: async () => {} }
  }
  throw new CommandFailed(`The code ${path} is neither a folder nor a zip file.`)
}

async function packFolder(folder: string): Promise<Package> {
  const entries = await entriesOf(folder)
  if (entries.length === 0) throw new CommandFailed(`The code folder ${folder} is empty.`)
  const temporary = await mkdtemp(join(tmpdir(), 'hanshu-package-'))
  const dispose = () => rm(temporary, { recursive: true, force: true })
  try {
    const file = join(temporary, 'code.zip')
    await writeZip(folder, entries, file)
    return { file, ...(await checksumOf(file)), files: entries.length, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

export async function entriesOf(folder: string): Promise<Entry[]> {
  const entries: Entry[] = []
  await walk(folder, '', await ignoreRulesOf(folder), entries)
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1))
}

export async function ignoreRulesOf(folder: string): Promise<Ignore> {
  const lines: string[] = []
  for (const name of ['.fcignore', '.funignore']) {
    const content = await readFile(join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    })
    lines.push(...content.split(/\r?\n/))
  }
  return ignoreOf(lines)
}

async function walk(root: string, under: string, ignore: Ignore, entries: Entry[]): Promise<void> {
  const names = await readdir(join(root, under))
  if (names.length === 0 && under !== '') entries.push({ path: under, kind: 'folder', isExecutable: true })
  for (const name of names) {
    const path = under === '' ? name : `${under}/${name}`
    const found = await lstat(join(root, path))
    if (ignore(path, found.isDirectory())) continue
    if (found.isDirectory()) await walk(root, path, ignore, entries)
    else if (found.isFile()) entries.push({ path, kind: 'file', isExecutable: (found.mode & 0o111) !== 0 })
    else if (found.isSymbolicLink()) entries.push(await linkEntry(root, path))
    else
      throw new CommandFailed(
        `${join(root, path)} is neither a file, a folder nor a link; it cannot be deployed.`,
      )
  }
}

/** A link out of the folder would point at something else, or at nothing, where the function runs. */
async function linkEntry(root: string, path: string): Promise<Entry> {
  const target = await readlink(join(root, path))
  const reached = posix.normalize(posix.join(dirname(path), target))
  if (posix.isAbsolute(target) || reached === '..' || reached.startsWith('../')) {
    throw new CommandFailed(
      `${join(root, path)} is a link out of the code folder (to ${target}). Copy what it points at, or leave it out in .fcignore.`,
    )
  }
  return { path, kind: 'link', isExecutable: true, target }
}

/** One time for all, written as local time without a zone: the same bytes on every machine. */
const ALWAYS = new Date(1980, 0, 1)

async function writeZip(folder: string, entries: readonly Entry[], file: string): Promise<void> {
  const zip = new ZipFile()
  const failed = new Promise<never>((_, reject) => {
    zip.once('error', (error: NodeJS.ErrnoException) => {
      // Those of the file system have a code; else it is the zip's, which was told another length of a file.
      const changed = `A file in ${folder} was written while it was packed.`
      reject(error.code === undefined ? new CodeChanged(changed, { cause: error }) : error)
    })
  })
  const common = { mtime: ALWAYS, forceDosTimestamp: true }
  for (const { path, kind, isExecutable, target } of entries) {
    if (kind === 'folder') zip.addEmptyDirectory(path, { ...common, mode: 0o40755 })
    else if (kind === 'link')
      zip.addBuffer(Buffer.from(target!), path, { ...common, mode: 0o120777, compress: false })
    else zip.addFile(join(folder, path), path, { ...common, mode: isExecutable ? 0o100755 : 0o100644 })
  }
  zip.end()
  await Promise.race([pipeline(zip.outputStream, createWriteStream(file)), failed])
}

async function checksumOf(file: string): Promise<{ checksum: string; sizeBytes: number }> {
  const crc = new Crc64()
  let sizeBytes = 0
  for await (const chunk of createReadStream(file)) {
    crc.update(chunk as Buffer)
    sizeBytes += (chunk as Buffer).length
  }
  return { checksum: crc.decimal(), sizeBytes }
}
