/** Removes what nobody can read any more: what deleted tables and streams held, and versions and changes that are too old. */
import type { Clock } from '../../lib/clock.ts'
import type { RecordStore } from '../../ports/records.ts'
import { RowConflict, type RowStore, type StoredRow } from '../../ports/rows.ts'
import { decodeRow, encodeRow, liveRow } from './row.ts'
import { decodeStreamRecord } from './stream-record.ts'
import { ALL_TABLES, changesOf, rowsOf, type StreamSettings, type TableRecord } from './table.ts'

export interface Swept {
  records: RecordStore
  rows: RowStore
  clock: Clock
}

/** Few enough that writers do not wait long for one of these commits. */
const CLEARED_AT_ONCE = 500
const PAGE = { limit: 500, bytesMax: 4 * 1024 * 1024 }
const FIRST = Uint8Array.of(0)
const HOUR_MS = 3_600_000

export async function sweepTables(swept: Swept): Promise<void> {
  // The names first: a table that is made in between is not among them.
  const kept = await swept.rows.tables('')
  const tables = await allTables(swept.records)
  const named = new Set(
    tables.flatMap((table) => [rowsOf(table), ...(table.stream ? [changesOf(table, table.stream)] : [])]),
  )
  for (const name of kept) if (!named.has(name)) await clearAll(swept.rows, name)
  for (const table of tables) {
    if (table.options.timeToLiveSeconds !== -1) await dropExpired(swept, table)
    if (table.stream) await dropOldChanges(swept, table, table.stream)
  }
}

async function allTables(records: RecordStore): Promise<TableRecord[]> {
  const tables: TableRecord[] = []
  for (let after: string | undefined; ; ) {
    const page = await records.list<TableRecord>({
      prefix: ALL_TABLES,
      limit: 500,
      ...(after ? { after } : {}),
    })
    for (const { value } of page) tables.push(value)
    after = page.at(-1)?.key
    if (page.length < 500) return tables
  }
}

async function clearAll(rows: RowStore, name: string): Promise<void> {
  while (await rows.clear(name, { limit: CLEARED_AT_ONCE })) {
    // The next piece.
  }
}

/** Readers skip expired versions anyway; here their room is taken back. */
async function dropExpired({ rows, clock }: Swept, table: TableRecord): Promise<void> {
  const name = rowsOf(table)
  for (let from: Uint8Array | undefined = FIRST; from; ) {
    const page = await rows.scan(name, { from, ...PAGE })
    // Together, so that they share a commit.
    await Promise.all(page.rows.map((row) => dropExpiredOf(row)))
    from = page.next
  }

  async function dropExpiredOf({ key, data, version }: StoredRow): Promise<void> {
    const live = liveRow(decodeRow(data), table.options, clock.now())
    const left = live && encodeRow(live)
    if (left && left.length === data.length) return
    const write = left
      ? { table: name, put: key, data: left, expect: version }
      : { table: name, remove: key, expect: version }
    try {
      await rows.commit([write])
    } catch (error) {
      // Somebody has written it meanwhile, and thereby dropped what had expired.
      if (!(error instanceof RowConflict)) throw error
    }
  }
}

async function dropOldChanges(
  { rows, clock }: Swept,
  table: TableRecord,
  stream: StreamSettings,
): Promise<void> {
  const name = changesOf(table, stream)
  const oldestMs = clock.now() - stream.expirationHours * HOUR_MS
  for (let from: Uint8Array | undefined = FIRST; from; ) {
    const page = await rows.scan(name, { from, ...PAGE })
    const kept = page.rows.find(({ data }) => decodeStreamRecord(data).timestampMs >= oldestMs)
    const before = kept?.key ?? page.next
    while (await rows.clear(name, { limit: CLEARED_AT_ONCE, ...(before ? { before } : {}) })) {
      // The next piece.
    }
    from = kept ? undefined : page.next
  }
}
