/**
 * Brings the rows that were there before an index into it. Each row is brought in when it is its turn, so that no writer
 * is overtaken; a platform that ends in between begins again at its next start.
 */
import type { RecordStore } from '../../ports/records.ts'
import type { RowStore } from '../../ports/rows.ts'
import { indexWrites } from './index-rows.ts'
import { keyCells } from './key.ts'
import { pagesOf } from './pages.ts'
import { decodeRow } from './row.ts'
import type { RowLocks } from './row-locks.ts'
import { allTables, type IndexRecord, replaceTable, rowsOf, TableChanged, type TableRecord } from './table.ts'

export interface IndexFilling {
  /** Fills what has to be filled; resolves when nothing has to be any more, or it was ended. */
  run(): Promise<void>
  /** Resolves when nothing is being written any more. */
  end(): Promise<void>
}

const PAGE = { limit: 200, bytesMax: 1024 * 1024 }

export function indexFilling({
  records,
  rows,
  locks,
}: {
  records: RecordStore
  rows: RowStore
  locks: RowLocks
}): IndexFilling {
  let running: Promise<void> | undefined
  let isAskedAgain = false
  let isEnded = false

  async function runAll(): Promise<void> {
    do {
      isAskedAgain = false
      for await (const { key, value } of allTables(records)) {
        for (const index of value.indexes ?? []) if (index.isFilling) await fill(key, value, index)
        if (isEnded) return
      }
    } while (isAskedAgain)
  }

  async function fill(tableKey: string, table: TableRecord, index: IndexRecord): Promise<void> {
    // Who writes after this has read that there is an index.
    await locks.passed(rowsOf(table))
    for await (const page of pagesOf(rows, rowsOf(table), PAGE)) {
      await Promise.all(page.map(({ key }) => bringIn(table, index, key)))
      if (isEnded || !(await current(tableKey, index))) return
    }
    for (let stored = await current(tableKey, index); stored; stored = await current(tableKey, index)) {
      const indexes = stored.value.indexes!.map((other) =>
        other.id === index.id ? { ...other, isFilling: false } : other,
      )
      try {
        return await replaceTable(records, stored, { ...stored.value, indexes })
      } catch (error) {
        if (!(error instanceof TableChanged)) throw error
        // Looked at again.
      }
    }
  }

  /** Undefined when the index is no longer there. */
  async function current(tableKey: string, { id }: IndexRecord) {
    const stored = await records.get<TableRecord>(tableKey)
    return stored?.value.indexes?.some((index) => index.id === id) ? stored : undefined
  }

  const bringIn = (table: TableRecord, index: IndexRecord, key: Uint8Array): Promise<void> =>
    locks.withRow(rowsOf(table), key, async () => {
      const stored = await rows.get(rowsOf(table), key)
      if (!stored) return
      const writes = indexWrites(index, keyCells(key, table.primaryKey), undefined, decodeRow(stored.data))
      if (writes.length > 0) await rows.commit(writes)
    })

  return {
    run() {
      if (isEnded) return Promise.resolve()
      isAskedAgain = true
      running ??= runAll().finally(() => {
        running = undefined
      })
      return running
    },
    async end() {
      isEnded = true
      await running?.catch(() => {}) // who asked for it is told
    },
  }
}
