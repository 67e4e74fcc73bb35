import { checkKey, checkLimit, endOfPrefix } from '../../ports/keys.ts'
import { checkRowKey, RowConflict, type RowStore, type RowWrite, type StoredRow } from '../../ports/rows.ts'
import type { CommitAnswer, PackedWrite, RowsJob } from './rows-jobs.ts'
import { openReader, reading } from './sqlite-database.ts'
import { type SqliteOptions, SqliteWriter } from './sqlite-writer.ts'

/**
 * Rows in one SQLite file. As with records, a thread writes in groups, and reads come from a connection of their own,
 * which sees everything that was acknowledged.
 */
export async function sqliteRowStore(options: SqliteOptions): Promise<RowStore> {
  const { file } = options
  const writer = await SqliteWriter.open<RowsJob>('rows', options)
  const reader = openReader(file)
  const ofTable = 'FROM rows WHERE tableId = (SELECT id FROM tables WHERE name = ?)'
  const getOne = reader.prepare(`SELECT version, data ${ofTable} AND key = ?`)
  const statements = {
    forwards: reader.prepare(`SELECT key, version, data ${ofTable} AND key >= ? ORDER BY key`),
    forwardsTo: reader.prepare(`SELECT key, version, data ${ofTable} AND key >= ? AND key < ? ORDER BY key`),
    backwards: reader.prepare(`SELECT key, version, data ${ofTable} AND key <= ? ORDER BY key DESC`),
    backwardsTo: reader.prepare(
      `SELECT key, version, data ${ofTable} AND key <= ? AND key > ? ORDER BY key DESC`,
    ),
  }
  const names = {
    from: reader.prepare('SELECT name FROM tables WHERE name >= ? ORDER BY name'),
    fromTo: reader.prepare('SELECT name FROM tables WHERE name >= ? AND name < ? ORDER BY name'),
  }
  let isOpen = true

  function checkOpen(): void {
    if (!isOpen) throw new Error('the row store is closed')
  }

  return {
    async get(table, key) {
      checkOpen()
      checkKey(table)
      checkRowKey(key)
      const row = reading(file, () => getOne.get(table, key)) as
        | { version: number; data: Uint8Array }
        | undefined
      return row && { key: Uint8Array.from(key), data: row.data, version: row.version }
    },

    async scan(table, { from, to, backwards = false, limit, bytesMax = Number.POSITIVE_INFINITY }) {
      checkOpen()
      checkKey(table)
      checkLimit(limit)
      const found: StoredRow[] = []
      let bytes = 0
      return reading(file, () => {
        const direction = backwards ? 'backwards' : 'forwards'
        const rows =
          to === undefined
            ? statements[direction].iterate(table, from)
            : statements[`${direction}To`].iterate(table, from, to)
        for (const row of rows as Iterable<unknown>) {
          const { key, version, data } = row as StoredRow
          bytes += key.length + data.length
          if (found.length === limit || (found.length > 0 && bytes > bytesMax))
            return { rows: found, next: key }
          found.push({ key, data, version })
        }
        return { rows: found }
      })
    },

    async commit(writes) {
      checkOpen()
      const { job, sizeBytes } = jobOf(writes)
      const { conflict } = await writer.submit<CommitAnswer>(job, sizeBytes)
      if (conflict === undefined) return
      const write = writes[conflict]!
      throw new RowConflict(write.table, keyOf(write))
    },

    async clear(table, { before, limit }) {
      checkOpen()
      checkKey(table)
      checkLimit(limit)
      const job: RowsJob = { do: 'clear', table, before: before && Uint8Array.from(before), limit }
      return writer.submit<boolean>(job, 0)
    },

    async tables(prefix) {
      checkOpen()
      const end = endOfPrefix(prefix)
      const rows = reading(file, () =>
        end === undefined ? names.from.all(prefix) : names.fromTo.all(prefix, end),
      ) as { name: string }[]
      return rows.map(({ name }) => name)
    },

    async close() {
      if (isOpen) reader.close() // first, so that the writer is the last to leave and can fold the log into the file
      isOpen = false
      await writer.close()
    },
  }
}

const keyOf = (write: RowWrite): Uint8Array =>
  'put' in write ? write.put : 'remove' in write ? write.remove : new Uint8Array(0)

const dataOf = (write: RowWrite): Uint8Array =>
  'put' in write ? write.data : 'append' in write ? write.append : new Uint8Array(0)

/** Packs what the writes refer to into one piece: handing over a view to a thread would copy all that it is a view of. */
function jobOf(writes: readonly RowWrite[]): { job: RowsJob; sizeBytes: number } {
  const packed: PackedWrite[] = []
  let sizeBytes = 0
  for (const write of writes) {
    checkKey(write.table)
    const key = keyOf(write)
    if (!('append' in write)) checkRowKey(key)
    const data = dataOf(write)
    packed.push({
      do: 'put' in write ? 'put' : 'remove' in write ? 'remove' : 'append',
      table: write.table,
      ...('expect' in write && write.expect !== undefined ? { expect: write.expect } : {}),
      keyBytes: key.length,
      dataBytes: data.length,
    })
    sizeBytes += key.length + data.length
  }
  const bytes = new Uint8Array(sizeBytes)
  let at = 0
  for (const write of writes) {
    for (const part of [keyOf(write), dataOf(write)]) {
      bytes.set(part, at)
      at += part.length
    }
  }
  return { job: { do: 'commit', writes: packed, bytes }, sizeBytes }
}
