import { checkKey, checkLimit, compareKeys } from '../../ports/keys.ts'
import type { Expectation } from '../../ports/records.ts'
import { appendedKey, checkRowKey, RowConflict, type RowStore, type StoredRow } from '../../ports/rows.ts'

/** Rows that live as long as the process: for tests and `up --ephemeral`. */
export function memoryRowStore(): RowStore {
  /** The rows of each table, sorted by key. */
  const tables = new Map<string, StoredRow[]>()
  let version = 0
  let isOpen = true

  function rowsOf(table: string): StoredRow[] {
    if (!isOpen) throw new Error('the row store is closed')
    checkKey(table)
    return tables.get(table) ?? []
  }

  function find(table: string, key: Uint8Array): StoredRow | undefined {
    const rows = rowsOf(table)
    const found = rows[position(rows, key)]
    return found && Buffer.compare(found.key, key) === 0 ? found : undefined
  }

  function isAsExpected(table: string, key: Uint8Array, expect: Expectation): boolean {
    const found = find(table, key)
    if (expect === 'absent') return found === undefined
    return expect === 'present' ? found !== undefined : found?.version === expect
  }

  function put(table: string, row: StoredRow): void {
    const rows = rowsOf(table)
    tables.set(table, rows)
    rows.splice(position(rows, row.key), find(table, row.key) ? 1 : 0, row)
  }

  function remove(table: string, key: Uint8Array): void {
    const rows = rowsOf(table)
    if (find(table, key)) rows.splice(position(rows, key), 1)
    if (rows.length === 0) tables.delete(table)
  }

  return {
    async get(table, key) {
      checkRowKey(key)
      const found = find(table, key)
      return found && copyOf(found)
    },

    async scan(table, { from, to, backwards = false, limit, bytesMax = Number.POSITIVE_INFINITY }) {
      const rows = rowsOf(table)
      checkLimit(limit)
      const found: StoredRow[] = []
      let bytes = 0
      const step = backwards ? -1 : 1
      let at = position(rows, from)
      const first = rows[at]
      if (backwards && !(first && Buffer.compare(first.key, from) === 0)) at--
      for (let row = rows[at]; row; at += step, row = rows[at]) {
        if (to && Buffer.compare(row.key, to) * step >= 0) break
        bytes += row.key.length + row.data.length
        if (found.length === limit || (found.length > 0 && bytes > bytesMax)) {
          return { rows: found, next: Uint8Array.from(row.key) }
        }
        found.push(copyOf(row))
      }
      return { rows: found }
    },

    async commit(writes) {
      for (const write of writes) {
        rowsOf(write.table)
        if ('append' in write) continue
        const key = 'put' in write ? write.put : write.remove
        checkRowKey(key)
        if (write.expect !== undefined && !isAsExpected(write.table, key, write.expect)) {
          throw new RowConflict(write.table, key)
        }
      }
      for (const write of writes) {
        version++
        if ('remove' in write) remove(write.table, write.remove)
        else if ('put' in write) put(write.table, copyOf({ key: write.put, data: write.data, version }))
        else put(write.table, copyOf({ key: appendedKey(version), data: write.append, version }))
      }
    },

    async clear(table, { before, limit }) {
      const rows = rowsOf(table)
      checkLimit(limit)
      const end = before === undefined ? rows.length : position(rows, before)
      rows.splice(0, Math.min(end, limit))
      if (rows.length === 0) tables.delete(table)
      return end > limit
    },

    async tables(prefix) {
      if (!isOpen) throw new Error('the row store is closed')
      return [...tables.keys()].filter((name) => name.startsWith(prefix)).sort(compareKeys)
    },

    async close() {
      isOpen = false
    },
  }
}

/** Where `key` is among sorted rows, or would be. */
function position(rows: readonly StoredRow[], key: Uint8Array): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (Buffer.compare(rows[middle]!.key, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

const copyOf = ({ key, data, version }: StoredRow): StoredRow => ({
  key: Uint8Array.from(key),
  data: Uint8Array.from(data),
  version,
})
