/**
 * Brings what is written to tables into their search indexes, a moment later. A write of a row notes its key in the same
 * commit; here the keys are read in their order, the rows as they are by now are brought into the indexes, and then the
 * notes are removed. Whoever dies in between does the same again, which changes nothing. An index that does not know yet
 * where it is (a new one, or one whose file was lost) is filled from the table first, and notes how far it came.
 *
 * All of it happens one after the other, so that no older row can come behind a newer one.
 */
import type { Clock } from '../../../lib/clock.ts'
import type { Logger } from '../../../lib/logger.ts'
import type { RecordStore } from '../../../ports/records.ts'
import type { RowStore } from '../../../ports/rows.ts'
import type { DocumentChange, SearchIndexStore } from '../../../ports/search-index.ts'
import { keyCells } from '../key.ts'
import { decodeRow, liveRow } from '../row.ts'
import type { RowLocks } from '../row-locks.ts'
import { keyAfter } from '../stream.ts'
import { allTables, rowsOf, type SearchIndexRecord, type TableRecord, unfollowedOf } from '../table.ts'
import type { Transactions } from '../transactions.ts'
import { documentOf, WRITTEN } from './document.ts'

export interface SearchFollowing {
  /** Something was written to this table, or to one of which nobody knows. Its indexes follow soon. */
  wake(tableKey?: string): void
  /** Brings everything that was committed before into all indexes, and removes what is over. */
  run(): Promise<void>
  /** Resolves when nothing is being written any more. */
  end(): Promise<void>
}

interface Followed {
  records: RecordStore
  rows: RowStore
  searchIndexes: SearchIndexStore
  clock: Clock
  locks: RowLocks
  transactions: Transactions
  log?: Logger | undefined
}

/** Writes of so long share a commit of their indexes. */
const GATHER_MS = 100
const RETRY_MS = 5000
const PAGE = { limit: 500, bytesMax: 1024 * 1024 }
/** Of rows whose documents are handed over at once. */
const ROWS_BYTES_MAX = 4 * 1024 * 1024

/** The note of an index that has all rows; before, it is the next key in hexadecimal. */
export const FILLED = 'filled'
const FIRST = Uint8Array.of(0)

export function searchFollowing(followed: Followed): SearchFollowing {
  const { records, rows, searchIndexes, clock, locks, transactions, log } = followed
  /** Keys of the records of tables that had search indexes when somebody last looked. */
  const known = new Set<string>()
  const woken = new Set<string>()
  let work: Promise<void> = Promise.resolve()
  let cancelTimer: (() => void) | undefined
  let isEnded = false

  function later(delayMs: number): void {
    if (isEnded || cancelTimer) return
    cancelTimer = clock.after(delayMs, () => {
      cancelTimer = undefined
      const keys = [...woken]
      woken.clear()
      void inTurn(() => followAll(keys)).catch((err: unknown) => {
        log?.warn({ err }, 'a search index could not follow its table; it is tried again')
        for (const key of keys) woken.add(key)
        later(RETRY_MS)
      })
    })
  }

  function inTurn(task: () => Promise<void>): Promise<void> {
    const turn = work.then(task)
    work = turn.catch(() => {}) // who asked for it is told
    return turn
  }

  async function followAll(keys: readonly string[], { removesExpired = false } = {}): Promise<void> {
    const failures: unknown[] = []
    for (const key of keys) {
      if (isEnded) return
      try {
        await followTable(key, removesExpired)
      } catch (error) {
        // Others go on; whoever asked is told in the end.
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  async function followTable(key: string, removesExpired: boolean): Promise<void> {
    const table = (await records.get<TableRecord>(key))?.value
    const indexes = table?.searchIndexes ?? []
    if (!table || indexes.length === 0) {
      known.delete(key)
      return
    }
    known.add(key)
    await followNotes(table, indexes)
    for (const index of indexes) {
      for (let note = await searchIndexes.noteOf(index.id); note !== FILLED && !isEnded; ) {
        if (note === undefined) {
          // Those who have read the table before it had the index.
          await transactions.abortAll(rowsOf(table))
          await locks.passed(rowsOf(table))
        }
        note = await fillPage(table, index, note === undefined ? FIRST : Buffer.from(note, 'hex'))
        // The others do not wait until this one is full.
        await followNotes(table, indexes)
      }
      if (removesExpired) await removeExpired(table, index)
    }
  }

  async function followNotes(table: TableRecord, indexes: readonly SearchIndexRecord[]): Promise<void> {
    const unfollowed = unfollowedOf(table)
    for (;;) {
      const page = await rows.scan(unfollowed, { from: FIRST, ...PAGE })
      const last = page.rows.at(-1)
      if (!last || isEnded) return
      const keys = new Map(page.rows.map(({ data }) => [Buffer.from(data).toString('latin1'), data]))
      await bringIn(table, indexes, [...keys.values()])
      const before = keyAfter(last.key)
      while (await rows.clear(unfollowed, { before, limit: PAGE.limit }));
    }
  }

  async function fillPage(table: TableRecord, index: SearchIndexRecord, from: Uint8Array): Promise<string> {
    const page = await rows.scan(rowsOf(table), { from, ...PAGE })
    const changes = page.rows.flatMap(({ key, data }) => changeOf(table, index, key, data))
    const note = page.next ? Buffer.from(page.next).toString('hex') : FILLED
    await searchIndexes.write(index.id, changes, note)
    return note
  }

  /** Rows as they are now: what is written to them later is noted behind this. */
  async function bringIn(
    table: TableRecord,
    indexes: readonly SearchIndexRecord[],
    keys: readonly Uint8Array[],
  ): Promise<void> {
    let changes = indexes.map((): DocumentChange[] => [])
    let bytes = 0
    const handOver = async (): Promise<void> => {
      for (const [at, index] of indexes.entries()) await searchIndexes.write(index.id, changes[at]!)
      changes = indexes.map(() => [])
      bytes = 0
    }
    for (const key of keys) {
      const stored = await rows.get(rowsOf(table), key)
      for (const [at, index] of indexes.entries())
        changes[at]!.push(changeOf(table, index, key, stored?.data))
      bytes += stored?.data.length ?? 0
      if (bytes >= ROWS_BYTES_MAX) await handOver()
    }
    await handOver()
  }

  function changeOf(
    table: TableRecord,
    { fields }: SearchIndexRecord,
    key: Uint8Array,
    data: Uint8Array | undefined,
  ): DocumentChange {
    const row = data && liveRow(decodeRow(data), table.options, clock.now())
    return row ? { put: documentOf(fields, key, keyCells(key, table.primaryKey), row) } : { remove: key }
  }

  /** Searches do not see them any more; here their room is taken back. */
  async function removeExpired(table: TableRecord, index: SearchIndexRecord): Promise<void> {
    const oldestMs = oldestOf(table, index, clock.now())
    while (oldestMs !== undefined && !isEnded) {
      const expired = await searchIndexes.find(index.id, {
        condition: { is: 'range', field: WRITTEN, to: { value: oldestMs, inclusive: false } },
        sort: [{ by: 'key', descending: false }],
        offset: 0,
        limit: PAGE.limit,
      })
      if (expired.length === 0) return
      await searchIndexes.write(
        index.id,
        expired.map(({ key }) => ({ remove: key })),
      )
    }
  }

  return {
    wake(tableKey) {
      if (tableKey !== undefined) {
        known.add(tableKey)
        woken.add(tableKey)
      } else for (const key of known) woken.add(key)
      if (woken.size > 0) later(GATHER_MS)
    },
    run: () =>
      inTurn(async () => {
        const keys: string[] = []
        for await (const { key, value } of allTables(records)) if (value.searchIndexes?.length) keys.push(key)
        await followAll(keys, { removesExpired: true })
      }),
    async end() {
      isEnded = true
      cancelTimer?.()
      await work
    },
  }
}

/** When what is just not too old was written; undefined when nothing ever is too old. */
export function oldestOf(
  { options }: TableRecord,
  { timeToLiveSeconds }: SearchIndexRecord,
  nowMs: number,
): number | undefined {
  const seconds = [options.timeToLiveSeconds, timeToLiveSeconds].filter((one) => one !== -1)
  return seconds.length === 0 ? undefined : nowMs - Math.min(...seconds) * 1000
}
