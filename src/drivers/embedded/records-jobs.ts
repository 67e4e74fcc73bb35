import type { DatabaseSync } from 'node:sqlite'
import type { Expectation } from '../../ports/records.ts'
import type { JobsOf } from './sqlite-jobs.ts'

/** One commit: what must hold, then what is written, in order; `json` is absent where the record is removed. */
export interface RecordsJob {
  expect: { key: string; is: Expectation }[]
  write: { key: string; json?: string }[]
}

export type RecordsAnswer = { conflict?: string }

// SQLite compares TEXT by its bytes, and its text is UTF-8: the order the port promises.
const schema = [
  `
  CREATE TABLE records (key TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE versions (ceiling INTEGER NOT NULL) STRICT;
  INSERT INTO versions VALUES (0)
  `,
]

/** Versions are taken in blocks, so that a commit does not write the counter: a restart skips what is left of a block. */
const VERSIONS_AT_ONCE = 100_000

function recordsOn(database: DatabaseSync): (job: RecordsJob) => RecordsAnswer {
  const versionOf = database.prepare('SELECT version FROM records WHERE key = ?')
  const put = database.prepare(
    'INSERT INTO records VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, value = excluded.value',
  )
  const remove = database.prepare('DELETE FROM records WHERE key = ?')
  const readCeiling = database.prepare('SELECT ceiling FROM versions')
  const raiseCeiling = database.prepare('UPDATE versions SET ceiling = ?')

  let version = ceiling()

  /** As the file says: what memory says may be of a transaction that was undone. */
  function ceiling(): number {
    return (readCeiling.get() as { ceiling: number }).ceiling
  }

  function isAsExpected(key: string, expect: Expectation): boolean {
    const found = versionOf.get(key) as { version: number } | undefined
    if (expect === 'absent') return found === undefined
    return expect === 'present' ? found !== undefined : found?.version === expect
  }

  function nextVersion(): number {
    version++
    if (version > ceiling()) raiseCeiling.run(version + VERSIONS_AT_ONCE)
    return version
  }

  return ({ expect, write }) => {
    const broken = expect.find(({ key, is }) => !isAsExpected(key, is))
    if (broken) return { conflict: broken.key }
    for (const { key, json } of write) {
      if (json === undefined) remove.run(key)
      else put.run(key, nextVersion(), json)
    }
    return {}
  }
}

export const recordsJobs: JobsOf<RecordsJob> = { schema, jobsOn: recordsOn }
