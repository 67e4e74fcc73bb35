import { randomUUID } from 'node:crypto'
import { existsSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { lockDataDir, readIfThere, writeWhole } from './data-dir.ts'
import { syncFolder } from './sqlite-database.ts'

export interface DataFolder {
  /** Goes with the folder, wherever its disk is mounted. */
  id: string
  dir: string
}

export interface LockedFolders {
  /** The first has the databases. */
  folders: readonly DataFolder[]
  /** Those that were empty or not there: new disks. What belongs on them is on the others, if anywhere. */
  added: readonly string[]
  /** Those of the last start that are not named any more. */
  left: readonly string[]
  release(): void
}

/** Kept in each folder, so that it is known again on another machine, under another path, or in another order. */
interface Identity {
  installation: string
  folder: string
  holds: 'databases' | 'copies'
  /** Of the one with the databases: all folders of the last start. A disk that is replaced takes the id of its path. */
  folders?: readonly DataFolder[]
}

const IDENTITY = 'folder.json'
/** A file of the databases that every data folder in use has. */
const DATABASE = 'records.db'

/** Where it is known how far the scrubber is (scrubber.ts). */
export const scrubFile = 'scrub.json'

/**
 * Makes this process the only owner of data folders that belong together (data-dir.ts says what that takes of each). Throws,
 * with a message for the operator, where one of them is in use, belongs to another installation, or is named in the wrong place.
 */
export function lockDataFolders(dirs: readonly string[]): LockedFolders {
  refuseTwice(dirs)
  readIdentities(dirs) // before anything is made in a folder that is another's
  const locks: { release(): void }[] = []
  const release = (): void => {
    for (const lock of locks.splice(0).reverse()) lock.release()
  }
  try {
    for (const dir of dirs) locks.push(lockDataDir(dir))
    return { ...joined(dirs, readIdentities(dirs)), release }
  } catch (error) {
    release()
    throw error
  }
}

function refuseTwice(dirs: readonly string[]): void {
  const paths = dirs.map((dir) => (existsSync(dir) ? realpathSync(dir) : dir))
  for (const [at, path] of paths.entries()) {
    if (paths.indexOf(path) !== at)
      throw new Error(`${dirs[at]} is named twice: each --data is a folder of its own`)
  }
}

/** Undefined for folders that are new. */
function readIdentities(dirs: readonly string[]): (Identity | undefined)[] {
  const identities = dirs.map(readIdentity)
  const [main, first] = [identities[0], dirs[0]!]
  if (main?.holds === 'copies') {
    throw new Error(`${first} has copies of objects only: the first --data is the folder with the databases`)
  }
  for (const [at, identity] of identities.entries()) {
    const dir = dirs[at]!
    const isOwn = at === 0 || (!identity && !existsSync(join(dir, DATABASE)))
    if (isOwn || (identity?.holds === 'copies' && identity.installation === main?.installation)) continue
    throw new Error(
      identity?.installation === main?.installation && identity !== undefined
        ? `${dir} has the databases: name it as the first --data`
        : `${dir} belongs to another installation than ${first}: name the folders that belong together`,
    )
  }
  const ids = identities.map((identity) => identity?.folder)
  for (const [at, id] of ids.entries()) {
    if (id !== undefined && ids.indexOf(id) !== at)
      throw new Error(
        `${dirs[at]} is a copy of ${dirs[ids.indexOf(id)]}: name one of them, or an empty folder`,
      )
  }
  return identities
}

function readIdentity(dir: string): Identity | undefined {
  let text: string | undefined
  try {
    text = readIfThere(join(dir, IDENTITY))
  } catch (error) {
    // What is no folder, or not ours to read, is refused by the lock, with a better word.
    if (!['ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Identity
  } catch (cause) {
    throw new Error(`${join(dir, IDENTITY)} cannot be read: was it edited?`, { cause })
  }
}

function joined(
  dirs: readonly string[],
  identities: readonly (Identity | undefined)[],
): Omit<LockedFolders, 'release'> {
  const [main, first] = [identities[0], dirs[0]!]
  const installation = main?.installation ?? randomUUID()
  const before = main?.folders ?? []
  const taken = new Set(identities.map((identity) => identity?.folder))
  const folders = dirs.map((dir, at): DataFolder => {
    const atItsPath = before.find((known) => known.dir === dir && !taken.has(known.id))
    return { id: identities[at]?.folder ?? atItsPath?.id ?? randomUUID(), dir }
  })
  const added = dirs.filter((_, at) => at > 0 && !identities[at])
  // A new round of the scrubber fills them, also when this start ends before it does: so it is forgotten first.
  if (added.length > 0) {
    rmSync(join(first, scrubFile), { force: true })
    syncFolder(first)
  }
  for (const [at, { id, dir }] of folders.entries()) {
    const identity: Identity = { installation, folder: id, holds: at === 0 ? 'databases' : 'copies' }
    if (at === 0) writeIfChanged(dir, { ...identity, folders })
    else if (!identities[at]) writeIfChanged(dir, identity)
  }
  const left = before.filter(({ id }) => !folders.some((folder) => folder.id === id)).map(({ dir }) => dir)
  return { folders, added, left }
}

function writeIfChanged(dir: string, identity: Identity): void {
  const text = JSON.stringify(identity)
  if (readIfThere(join(dir, IDENTITY)) !== text) writeWhole(dir, IDENTITY, text)
}
