import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { reasonOf } from '../../lib/reason.ts'
import { syncFolder } from './sqlite-database.ts'
import { sqliteErrorNumber } from './sqlite-error.ts'

export interface DataDir {
  dir: string
  /** Lets the next owner in. A process that dies does the same by dying. */
  release(): void
}

/** Step n turns a folder of format n into one of format n + 1, and may be run again after a crash in its middle. */
export type Upgrade = (dir: string) => void

/** The format that a new folder gets is one more than the number of upgrades. Entries are only ever added. */
const upgrades: readonly Upgrade[] = [
  // A folder of format 2 may be one of several: a release that reads only one would take the blobs in the others for lost.
  () => {},
]

const LOCK = 'lock'
const OWNER = 'owner'
const FORMAT = 'format'

/**
 * Makes this process the only owner of a data folder, which is created if it is missing, and brings it to the format of
 * this release. Throws, with a message for the operator, if another process owns it, if it was written by a newer
 * release, or if it is a folder of something else.
 *
 * The lock is that of SQLite on an empty file: the operating system drops it when the process ends, however it ends,
 * so there is nothing to clean up after a `kill -9`, and no process id that could mean another process by now.
 */
export function lockDataDir(dir: string, steps: readonly Upgrade[] = upgrades): DataDir {
  try {
    makeFolder(dir)
    refuseForeign(dir)
    keepForOwner(dir)
  } catch (error) {
    throw new Error(`${dir} cannot be the data folder: ${reasonOf(error)}. Name another one with --data.`, {
      cause: error,
    })
  }
  const lock = takeLock(dir)
  try {
    writeWhole(dir, OWNER, `${process.pid}\n`)
    bringToFormat(dir, steps)
  } catch (error) {
    lock.close()
    throw error
  }
  held.add(lock)
  return {
    dir,
    release() {
      if (held.delete(lock)) lock.close()
    },
  }
}

/** Keeps locks from the garbage collector, which would open them, even if their owner forgets the `DataDir`. */
const held = new Set<DatabaseSync>()

function refuseForeign(dir: string): void {
  const names = readdirSync(dir).filter((name) => name !== 'lost+found') // the root of a disk of its own
  const known = [FORMAT, LOCK].some((name) => names.includes(name))
  if (names.length === 0 || known) return
  throw new Error('it holds something else')
}

/** One folder after the other: Node's own way does not end where the system says of a parent that is there that it is not. */
function makeFolder(dir: string): void {
  if (existsSync(dir)) return
  const parent = dirname(dir)
  if (parent !== dir) makeFolder(parent)
  try {
    mkdirSync(dir, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error // another start was faster
  }
}

/** The records hold the root key and what functions keep secret. */
function keepForOwner(dir: string): void {
  const { mode, uid } = statSync(dir)
  if ((mode & 0o077) !== 0 && (uid === process.getuid?.() || process.getuid?.() === 0))
    chmodSync(dir, mode & 0o700)
}

function takeLock(dir: string): DatabaseSync {
  const lock = new DatabaseSync(join(dir, LOCK))
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (sqliteErrorNumber(error) !== 5) throw error
    const pid = readIfThere(join(dir, OWNER))
    const owner = pid === undefined ? 'another process' : `the process ${pid}`
    throw new Error(`${dir} is in use by ${owner}: stop it first, or choose another data folder`)
  }
}

function bringToFormat(dir: string, steps: readonly Upgrade[]): void {
  const newest = steps.length + 1
  const written = readIfThere(join(dir, FORMAT))
  if (written === undefined) {
    writeWhole(dir, FORMAT, `${newest}\n`)
    return
  }
  const format = Number(written)
  if (!Number.isSafeInteger(format) || format < 1) {
    throw new Error(`${join(dir, FORMAT)} says '${written}', which is no format: was it edited?`)
  }
  if (format > newest) {
    throw new Error(
      `${dir} has format ${format}, of a newer release; this one knows formats up to ${newest}: update first`,
    )
  }
  for (const [step, upgrade] of steps.slice(format - 1).entries()) {
    upgrade(dir)
    writeWhole(dir, FORMAT, `${format + step + 1}\n`)
  }
}

export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The file has its old content or the new, whenever the power goes. */
export function writeWhole(dir: string, name: string, content: string): void {
  const unfinished = join(dir, `${name}.new`)
  writeFileSync(unfinished, content, { flush: true, mode: 0o600 })
  renameSync(unfinished, join(dir, name))
  syncFolder(dir)
}
