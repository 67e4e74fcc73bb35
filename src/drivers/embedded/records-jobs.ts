import type { DatabaseSync } from 'node:sqlite'
import type { Expectation } from '../../ports/records.ts'
import type { JobsOf } from './sqlite-jobs.ts'
import { versionCounter, versionsTable } from './version-counter.ts'

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
  ${versionsTable}`,
]

function recordsOn(database: DatabaseSync): (job: RecordsJob) => RecordsAnswer {
  const versionOf = database.prepare('SELECT version FROM records WHERE key = ?')
  const put = database.prepare(
    'INSERT INTO records VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, value = excluded.value',
  )
  const remove = database.prepare('DELETE FROM records WHERE key = ?')
  const nextVersion = versionCounter(database)

  function isAsExpected(key: string, expect: Expectation): boolean {
    const found = versionOf.get(key) as { version: number } | undefined
    if (expect === 'absent') return found === undefined
    return expect === 'present' ? found !== undefined : found?.version === expect
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
