import { closeSync, openSync } from 'node:fs'
import { backup, type DatabaseSync } from 'node:sqlite'
import type { MessagePort } from 'node:worker_threads'
import { openReader } from './sqlite-database.ts'
import { type StorageFailure, storageFailure } from './sqlite-error.ts'

export interface DatabaseCopy {
  from: string
  /** Must not exist. */
  to: string
}

export type FromCopying = { begun: true } | { done: true } | { failure: StorageFailure }

/** Copied between two turns of the thread, which is to go on with its jobs. */
const PAGES_AT_ONCE = 1000

/**
 * On the thread that writes: the moment is that of the read transactions, which are begun with no job in between. SQLite's
 * backup reads in the transaction that its connection has, so that what is written meanwhile is not in the copy.
 */
export async function copyDatabases(port: MessagePort, files: readonly DatabaseCopy[]): Promise<void> {
  const say = (message: FromCopying): void => port.postMessage(message)
  const readers: DatabaseSync[] = []
  let current = files[0]?.from ?? ''
  try {
    for (const { from } of files) {
      current = from
      const reader = openReader(from)
      readers.push(reader)
      reader.exec('BEGIN')
      reader.prepare('SELECT count(*) FROM sqlite_schema').get() // a transaction reads from its first read on
    }
    say({ begun: true })
    for (const [at, { from, to }] of files.entries()) {
      current = from
      closeSync(openSync(to, 'wx', 0o600)) // credentials are among the records
      await backup(readers[at]!, to, { rate: PAGES_AT_ONCE })
    }
    say({ done: true })
  } catch (error) {
    say({ failure: storageFailure(error, current) })
  } finally {
    for (const reader of readers) reader.close()
    port.close()
  }
}
