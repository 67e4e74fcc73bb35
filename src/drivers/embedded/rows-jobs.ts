import type { DatabaseSync } from 'node:sqlite'
import type { Expectation } from '../../ports/records.ts'
import { appendedKey } from '../../ports/rows.ts'
import type { JobsOf } from './sqlite-jobs.ts'
import { versionCounter, versionsTable } from './version-counter.ts'

export type RowsJob =
  /** `bytes` holds the key and then the data of each write, one behind the other. */
  | { do: 'commit'; writes: PackedWrite[]; bytes: Uint8Array }
  /** Answers whether there is more of it. */
  | { do: 'clear'; table: string; before: Uint8Array | undefined; limit: number }

export interface PackedWrite {
  do: 'put' | 'remove' | 'append'
  table: string
  expect?: Expectation
  keyBytes: number
  dataBytes: number
}

/** `conflict`: the place, among the writes, of the first that found something else than it expected. */
export type CommitAnswer = { conflict?: number }

// The rows of all tables are in one tree, by table and key: a range is read in one piece, and SQLite compares BLOBs by bytes.
const schema = [
  `
  CREATE TABLE tables (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE rows (
    tableId INTEGER NOT NULL,
    key BLOB NOT NULL,
    version INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (tableId, key)
  ) STRICT, WITHOUT ROWID;
  ${versionsTable}`,
]

function rowsOn(database: DatabaseSync): (job: RowsJob) => unknown {
  const findTable = database.prepare('SELECT id FROM tables WHERE name = ?')
  const addTable = database.prepare('INSERT INTO tables VALUES (NULL, ?)')
  const removeTable = database.prepare('DELETE FROM tables WHERE id = ?')
  const versionOf = database.prepare('SELECT version FROM rows WHERE tableId = ? AND key = ?')
  const put = database.prepare(
    'INSERT INTO rows VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, data = excluded.data',
  )
  const remove = database.prepare('DELETE FROM rows WHERE tableId = ? AND key = ?')
  const removeUpTo = database.prepare('DELETE FROM rows WHERE tableId = ? AND key <= ?')
  const removeAll = database.prepare('DELETE FROM rows WHERE tableId = ?')
  const keyAt = database.prepare('SELECT key FROM rows WHERE tableId = ? ORDER BY key LIMIT 1 OFFSET ?')
  const keyBelowAt = database.prepare(
    'SELECT key FROM rows WHERE tableId = ? AND key < ? ORDER BY key LIMIT 1 OFFSET ?',
  )
  const removeBelow = database.prepare('DELETE FROM rows WHERE tableId = ? AND key < ?')
  const nextVersion = versionCounter(database)

  const idOf = (table: string): number | undefined => (findTable.get(table) as { id: number } | undefined)?.id

  const idMade = (table: string): number => idOf(table) ?? Number(addTable.run(table).lastInsertRowid)

  function isAsExpected(table: string, key: Uint8Array, expect: Expectation): boolean {
    const id = idOf(table)
    const found = id === undefined ? undefined : (versionOf.get(id, key) as { version: number } | undefined)
    if (expect === 'absent') return found === undefined
    return expect === 'present' ? found !== undefined : found?.version === expect
  }

  function commit(packed: PackedWrite[], bytes: Uint8Array): CommitAnswer {
    let at = 0
    const take = (length: number): Uint8Array => {
      at += length
      return bytes.subarray(at - length, at)
    }
    const writes = packed.map((write) => ({ write, key: take(write.keyBytes), data: take(write.dataBytes) }))
    const conflict = writes.findIndex(
      ({ write: { table, expect }, key }) => expect !== undefined && !isAsExpected(table, key, expect),
    )
    if (conflict >= 0) return { conflict }
    for (const { write, key, data } of writes) {
      if (write.do === 'remove') {
        const id = idOf(write.table)
        if (id !== undefined && remove.run(id, key).changes > 0) forgetIfEmpty(id)
      } else {
        const version = nextVersion()
        put.run(idMade(write.table), write.do === 'append' ? appendedKey(version) : key, version, data)
      }
    }
    return {}
  }

  function clear(table: string, before: Uint8Array | undefined, limit: number): boolean {
    const id = idOf(table)
    if (id === undefined) return false
    const at = (offset: number): Uint8Array | undefined =>
      (
        (before === undefined ? keyAt.get(id, offset) : keyBelowAt.get(id, before, offset)) as
          | { key: Uint8Array }
          | undefined
      )?.key
    const more = at(limit) !== undefined
    const last = more && limit > 0 ? at(limit - 1) : undefined
    if (last) removeUpTo.run(id, last)
    else if (!more) {
      if (before === undefined) removeAll.run(id)
      else removeBelow.run(id, before)
    }
    forgetIfEmpty(id)
    return more
  }

  function forgetIfEmpty(id: number): void {
    if (!keyAt.get(id, 0)) removeTable.run(id)
  }

  return (job) =>
    job.do === 'commit' ? commit(job.writes, job.bytes) : clear(job.table, job.before, job.limit)
}

export const rowsJobs: JobsOf<RowsJob> = { schema, jobsOn: rowsOn }
