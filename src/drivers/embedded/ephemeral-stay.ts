/**
 * `up --ephemeral` keeps its records in memory, but code has to be unpacked somewhere and instances need disks. What it
 * makes in the data folder is noted there before, so that it, or after a `kill -9` the next owner, can take it all away
 * without touching what a durable platform keeps in the same folder.
 */
import { readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** For caches of code: nobody else's, and gone with the stay. */
export const ephemeralFolder = 'ephemeral'
const NOTE = 'ephemeral.json'

/** All that an ephemeral platform may make. Anything else in the folder is somebody else's. */
const files = [
  'disks',
  ephemeralFolder,
  'ready.json',
  'owner',
  'owner.new',
  'format',
  'format.new',
  'lock',
  'lock-journal',
  NOTE,
]
/** Emptied by the sandbox driver; should a mount be left in it, nothing below it may be removed. */
const emptied = ['run']

interface Note {
  /** Names that were there before; null when the folder itself was not. */
  before: string[] | null
}

/** To be asked before the folder is locked, which makes it. */
export function namesBefore(dir: string): Note['before'] {
  // What is no folder is refused by the lock, with a better word than ours.
  return statSync(dir, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(dir) : null
}

/**
 * Called by every owner of the folder once it is locked: removes what a killed ephemeral platform left, except for what the
 * sandbox driver is about to sweep.
 */
export function endEarlierStay(dir: string): Note | undefined {
  const note = readNote(dir)
  rmSync(join(dir, ephemeralFolder), { recursive: true, force: true })
  rmSync(join(dir, NOTE), { force: true })
  return note
}

/** Begins a stay; the answer ends it and leaves the folder as it was found, or removes it. Call it with the lock held. */
export function beginStay(dir: string, note: Note): () => void {
  writeFileSync(join(dir, NOTE), JSON.stringify(note), { mode: 0o600, flush: true })
  return () => {
    const left = (name: string): boolean => note.before?.includes(name) ?? false
    for (const name of emptied) if (!left(name)) removeEmpty(join(dir, name))
    for (const name of files) if (!left(name)) rmSync(join(dir, name), { recursive: true, force: true })
    if (note.before === null) removeEmpty(dir)
  }
}

/** A note that is not whole was never finished: its platform had made nothing yet. */
function readNote(dir: string): Note | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, NOTE), 'utf8')) as Note
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** What others have put into it meanwhile is theirs. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
