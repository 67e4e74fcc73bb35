import { checkKey, checkLimit, compareKeys, endOfPrefix } from '../../ports/keys.ts'
import { jsonOf, type RecordStore, VersionConflict, type Write, writtenKey } from '../../ports/records.ts'
import type { RecordsAnswer, RecordsJob } from './records-jobs.ts'
import { openReader, reading } from './sqlite-database.ts'
import { type SqliteOptions, SqliteWriter } from './sqlite-writer.ts'

/**
 * Records in one SQLite file. Writes go to a thread in groups; reads are answered at once from a connection of their own,
 * which sees everything that was acknowledged. `docs/decisions/0001` has the measurements behind this shape.
 * The file has one owner (`lockDataDir`): a second process that writes would be safe for SQLite, not for our versions.
 */
export async function sqliteRecordStore(options: SqliteOptions): Promise<RecordStore> {
  const { file } = options
  const writer = await SqliteWriter.open<RecordsJob>('records', options)
  const reader = openReader(file)
  const getOne = reader.prepare('SELECT version, value FROM records WHERE key = ?')
  const columns = 'SELECT key, version, value FROM records WHERE'
  const statements = {
    from: reader.prepare(`${columns} key >= ? AND key < ? ORDER BY key LIMIT ?`),
    after: reader.prepare(`${columns} key > ? AND key < ? ORDER BY key LIMIT ?`),
    fromToLast: reader.prepare(`${columns} key >= ? ORDER BY key LIMIT ?`),
    afterToLast: reader.prepare(`${columns} key > ? ORDER BY key LIMIT ?`),
  }
  let isOpen = true

  function checkOpen(): void {
    if (!isOpen) throw new Error('the record store is closed')
  }

  return {
    async get<T>(key: string) {
      checkOpen()
      checkKey(key)
      const row = reading(file, () => getOne.get(key)) as { version: number; value: string } | undefined
      return row && { key, value: JSON.parse(row.value) as T, version: row.version }
    },

    async list<T>({ prefix, after, limit }: { prefix: string; after?: string; limit: number }) {
      checkOpen()
      checkLimit(limit)
      const startsAfter = after !== undefined && compareKeys(after, prefix) >= 0
      const start = startsAfter ? after : prefix
      const end = endOfPrefix(prefix)
      const rows = reading(file, () =>
        end === undefined
          ? statements[startsAfter ? 'afterToLast' : 'fromToLast'].all(start, limit)
          : statements[startsAfter ? 'after' : 'from'].all(start, end, limit),
      ) as { key: string; version: number; value: string }[]
      return rows.map(({ key, version, value }) => ({ key, value: JSON.parse(value) as T, version }))
    },

    async commit(writes) {
      checkOpen()
      const { job, sizeBytes } = jobOf(writes)
      const { conflict } = await writer.submit<RecordsAnswer>(job, sizeBytes)
      if (conflict !== undefined) throw new VersionConflict(conflict)
    },

    async close() {
      if (isOpen) reader.close() // first, so that the writer is the last to leave and can fold the log into the file
      isOpen = false
      await writer.close()
    },
  }
}

function jobOf(writes: readonly Write[]): { job: RecordsJob; sizeBytes: number } {
  const job: RecordsJob = { expect: [], write: [] }
  let sizeBytes = 0
  for (const write of writes) {
    const key = writtenKey(write)
    checkKey(key)
    if (write.expect !== undefined) job.expect.push({ key, is: write.expect })
    if ('put' in write) {
      const json = jsonOf(write.value)
      job.write.push({ key, json })
      sizeBytes += json.length
    } else if ('remove' in write) job.write.push({ key })
    sizeBytes += key.length
  }
  return { job, sizeBytes }
}
