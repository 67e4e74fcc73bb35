/** Files of a folder in the order in which Object Storage lists keys, and what can be wrong with files. */
import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CommandFailed } from '../errors.ts'

export interface FoundFile {
  /** Under the folder, with `/` between its parts. */
  name: string
  path: string
  sizeBytes: number
  modifiedMs: number
}

/** In the names of files that are being written; they are never sent. */
const TEMPORARY_MARK = '.hanshu-'

/** Beside the file that it is to become; a name of a file has 255 bytes at most, a character at most 4. */
export const temporaryPath = (path: string, nonce: string): string =>
  join(dirname(path), `.${[...basename(path)].slice(0, 40).join('')}${TEMPORARY_MARK}${nonce}`)

/**
 * Where an object goes under a folder. Undefined for a key that is no way from there: `../x` would be a file elsewhere.
 * A key that ends in a slash is a folder of its own, and has no file.
 */
export function pathUnder(folder: string, name: string): string | undefined {
  const isWay = name
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'))
  return isWay ? join(folder, name) : undefined
}

/**
 * By the bytes of their names. Links to files are followed, links to folders are not (they may lead in circles) and are
 * told to `skipped`, as is what is neither file nor folder. One folder's names are held at a time, for each level.
 */
export async function* filesUnder(
  folder: string,
  skipped: (path: string, because: string) => void,
  within = '',
): AsyncGenerator<FoundFile> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
    throw fileProblem(error, folder)
  })
  const inOrder = entries
    .map((entry) => ({ entry, bytes: Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
  for (const { entry } of inOrder) {
    const path = join(folder, entry.name)
    const name = within + entry.name
    if (entry.isDirectory()) yield* filesUnder(path, skipped, `${name}/`)
    else if (isTemporary(entry.name)) continue
    else yield* fileOf(entry, { path, name }, skipped)
  }
}

const isTemporary = (name: string): boolean => name.startsWith('.') && name.includes(TEMPORARY_MARK)

async function* fileOf(
  entry: Dirent,
  { path, name }: { path: string; name: string },
  skipped: (path: string, because: string) => void,
): AsyncGenerator<FoundFile> {
  if (!entry.isFile() && !entry.isSymbolicLink()) return skipped(path, 'it is no file')
  // What Node.js writes where bytes are no UTF-8: the file cannot even be opened by such a name.
  if (entry.name.includes('\ufffd')) return skipped(path, 'its name is not UTF-8')
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) {
    // Gone since the folder was read, or a link to nothing.
    if (found.code === 'ENOENT') return skipped(path, 'it is not there')
    throw fileProblem(found, path)
  }
  if (!found.isFile()) return skipped(path, 'it is a link to what is no file')
  yield { name, path, sizeBytes: found.size, modifiedMs: found.mtimeMs }
}

const problems: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `There is no ${path}.`,
  EACCES: (path) => `${path} may not be read or written by you.`,
  EPERM: (path) => `${path} may not be read or written by you.`,
  EROFS: (path) => `${path} is on a disk that cannot be written.`,
  ENOSPC: (path) => `The disk of ${path} is full. What was written of it has been removed.`,
  EDQUOT: (path) => `The disk of ${path} is full (quota). What was written of it has been removed.`,
  EISDIR: (path) => `${path} is a folder. Say -r for all that is in it.`,
  ENOTDIR: (path) => `A part of ${path} is a file, not a folder.`,
  EEXIST: (path) => `A part of ${path} is a file, not a folder.`,
  ENAMETOOLONG: (path) => `${path} is longer than a name of a file may be.`,
}

/** In words, where it is one of those that happen. */
export function fileProblem(error: unknown, path: string): Error {
  const { code = '' } = error as NodeJS.ErrnoException
  const problem = problems[code]
  return problem ? new CommandFailed(problem(path), { cause: error }) : (error as Error)
}
