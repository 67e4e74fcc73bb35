import { chmodSync, closeSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StorageError, storageFailure } from './sqlite-error.ts'

/** Of each connection; a page that is not in it is read from the system's memory, which keeps the whole file if it can. */
const pageCacheKib = 4 * 1024

/** The connection that writes; there is one per file. */
export function openWriter(
  file: string,
  { schema, lockWaitMs }: { schema: Schema; lockWaitMs: number },
): DatabaseSync {
  // Credentials are among the records. The files that SQLite puts beside this one take its mode.
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
  const database = new DatabaseSync(file, { timeout: lockWaitMs })
  try {
    // FULL: a commit is on the disk when it returns. The two of macOS ask its disks to really write; elsewhere they do nothing.
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = ON;
      PRAGMA checkpoint_fullfsync = ON;
      PRAGMA journal_size_limit = ${64 * 1024 * 1024};
      PRAGMA cache_size = -${pageCacheKib};
    `)
    applySchema(database, schema, file)
    syncFolder(dirname(file)) // a file that is durable in a folder that is not would be lost all the same
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

/** The connection that reads, on the thread of the platform: it sees every commit that is durable, and waits for none. */
export function openReader(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 1000 })
  database.exec(`PRAGMA cache_size = -${pageCacheKib}`)
  return database
}

/** Step n leads from version n of the file's layout to n + 1; steps are only ever added. */
export type Schema = readonly (string | ((database: DatabaseSync) => void))[]

function applySchema(database: DatabaseSync, schema: Schema, file: string): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > schema.length) {
    const message = `${file} has version ${version}; this release knows versions up to ${schema.length}`
    throw new StorageError({ code: 'ENEWER', message })
  }
  for (const [at, step] of schema.slice(version).entries()) {
    database.exec('BEGIN IMMEDIATE')
    if (typeof step === 'string') database.exec(step)
    else step(database)
    database.exec(`PRAGMA user_version = ${version + at + 1}; COMMIT`)
  }
}

export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Runs a read and words its failure as the rest of the store does. */
export function reading<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new StorageError(storageFailure(error, file), error)
  }
}
