/** Removes what nobody can read any more: what deleted tables and streams held, and versions and changes that are too old. */
import type { Clock } from '../../lib/clock.ts'
import type { RecordStore, StoredRecord } from '../../ports/records.ts'
import { RowConflict, type RowStore, type StoredRow } from '../../ports/rows.ts'
import { pagesOf } from './pages.ts'
import { decodeRow, encodeRow, liveRow } from './row.ts'
import { keyAfter } from './stream.ts'
import { decodeStreamRecord } from './stream-record.ts'
import {
  allTables,
  changesOf,
  ownerOf,
  rowsOf,
  type StreamSettings,
  type TableRecord,
  tunnelKey,
  unfollowedOf,
} from './table.ts'
import { expireTunnels } from './tunnels/expire.ts'

export interface Swept {
  records: RecordStore
  rows: RowStore
  clock: Clock
}

/** Few enough that writers do not wait long for one of these commits. */
const CLEARED_AT_ONCE = 500
const PAGE = { limit: 500, bytesMax: 4 * 1024 * 1024 }
const HOUR_MS = 3_600_000

export async function sweepTables(swept: Swept): Promise<void> {
  // The names first: a table that is made in between is not among them.
  const kept = await swept.rows.tables('')
  const stored: StoredRecord<TableRecord>[] = []
  for await (const table of allTables(swept.records)) stored.push(table)
  const tables = stored.map(({ value }) => value)
  const named = new Set(
    tables.flatMap((table) => [
      rowsOf(table),
      ...(table.stream ? [changesOf(table, table.stream)] : []),
      ...(table.searchIndexes?.length ? [unfollowedOf(table)] : []),
    ]),
  )
  for (const name of kept) if (!named.has(name)) await clear(swept.rows, name)
  for (const { key, value: table } of stored) {
    if (table.options.timeToLiveSeconds !== -1) await dropExpired(swept, table)
    if (table.stream) await dropOldChanges(swept, { key, table, stream: table.stream })
  }
}

/** Without `before`: everything. */
async function clear(rows: RowStore, name: string, before?: Uint8Array): Promise<void> {
  while (await rows.clear(name, { limit: CLEARED_AT_ONCE, ...(before ? { before } : {}) })) {
    // The next piece.
  }
}

/** Readers skip expired versions anyway; here their room is taken back. */
async function dropExpired({ rows, clock }: Swept, table: TableRecord): Promise<void> {
  const name = rowsOf(table)
  for await (const page of pagesOf(rows, name, PAGE)) {
    // Together, so that they share a commit.
    await Promise.all(page.map((row) => dropExpiredOf(row)))
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

interface SweptStream {
  /** Of the record of the table. */
  key: string
  table: TableRecord
  stream: StreamSettings
}

async function dropOldChanges(swept: Swept, { key, table, stream }: SweptStream): Promise<void> {
  const { rows, clock } = swept
  const name = changesOf(table, stream)
  const oldestMs = clock.now() - stream.expirationHours * HOUR_MS
  for await (const page of pagesOf(rows, name, PAGE)) {
    const kept = page.find(({ data }) => decodeStreamRecord(data).timestampMs >= oldestMs)
    const last = page.at(-1)
    // Always up to a key: what is appended meanwhile is not old.
    const before = kept?.key ?? (last && keyAfter(last.key))
    if (before) {
      await expireTunnels(swept, await tunnelKeysOf(swept, key), { table, stream, before })
      await clear(rows, name, before)
    }
    if (kept) return
  }
}

/** Of the table as it is by now: what a tunnel can begin with that is made after this, is what is left. */
async function tunnelKeysOf({ records }: Swept, key: string): Promise<string[]> {
  const tunnels = (await records.get<TableRecord>(key))?.value.tunnels ?? []
  return tunnels.map(({ id }) => tunnelKey(ownerOf(key), id))
}
