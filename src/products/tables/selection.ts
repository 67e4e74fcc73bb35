/** What of a row a reader asked for: columns, versions, and a filter over what those leave. */

import type { PlainRow } from '../../lib/plain-buffer/cell.ts'
import { dataBytesOf, type EncodedValue } from '../../lib/plain-buffer/value.ts'
import { compareKeys } from '../../ports/keys.ts'
import { notImplemented, parameterInvalid } from './errors.ts'
import { type Filter, paged, parseFilter, passes } from './filter.ts'
import { decodeKey } from './key.ts'
import { type Column, liveRow, type Row } from './row.ts'
import type { TableRecord } from './table.ts'

export interface Selection {
  /** Undefined: all. */
  columns: ReadonlySet<string> | undefined
  startColumn: string | undefined
  endColumn: string | undefined
  /** From (inclusive) to (exclusive). */
  time: { fromMs: number; toMs: number } | undefined
  maxVersions: number
  filter: Filter | undefined
  /** False: only the key columns that were named. */
  entireKey: boolean
}

/** Fields that GetRow, BatchGetRow and GetRange have in common. */
interface SelectionMessage {
  columns_to_get: string[]
  time_range?: { start_time?: bigint; end_time?: bigint; specific_time?: bigint } | undefined
  max_versions?: number | undefined
  filter?: Uint8Array | undefined
  start_column?: string | undefined
  end_column?: string | undefined
  return_entire_primary_keys?: boolean | undefined
}

/** The vendor's: of the request, and of what a row may be written with. */
const COLUMNS_MAX = 1024
const INT64_MAX = 2n ** 63n - 1n
const TIMESTAMP_END = INT64_MAX / 1000n

export function selectionOf(message: SelectionMessage): Selection {
  const { columns_to_get: names, time_range: range, max_versions: maxVersions } = message
  if (names.length > COLUMNS_MAX) {
    throw parameterInvalid(
      `The number of columns from the request exceeds the limit, limit count: ${COLUMNS_MAX}, column count: ${names.length}.`,
    )
  }
  if (range === undefined && maxVersions === undefined)
    throw parameterInvalid('No version condition is specified while querying row.')
  if (maxVersions !== undefined && maxVersions <= 0 && maxVersions !== -1)
    throw parameterInvalid(`Invalid max versions: ${maxVersions}. Reason: Max versions must be positive.`)
  return {
    columns: names.length === 0 ? undefined : new Set(names),
    startColumn: message.start_column || undefined,
    endColumn: message.end_column || undefined,
    time: range && timeOf(range, maxVersions),
    maxVersions: maxVersions === undefined || maxVersions === -1 ? Number.POSITIVE_INFINITY : maxVersions,
    filter: parseFilter(message.filter),
    entireKey: message.return_entire_primary_keys ?? true,
  }
}

function timeOf(
  { start_time: start, end_time: end, specific_time: specific }: NonNullable<SelectionMessage['time_range']>,
  maxVersions: number | undefined,
): { fromMs: number; toMs: number } {
  for (const time of [start, end, specific]) {
    if (time !== undefined && (time < 0n || time > TIMESTAMP_END))
      throw parameterInvalid('Timestamp must be in range [0, INT64_MAX/1000).')
  }
  if (specific !== undefined) {
    if (start !== undefined || end !== undefined)
      throw parameterInvalid('Specific tiemstamp and time range cannot be given at the same time.')
    if (maxVersions !== undefined && maxVersions > 1)
      throw parameterInvalid('Specific tiemstamp and max versions cannot be given at the same time.')
    return { fromMs: Number(specific), toMs: Number(specific) + 1 }
  }
  if (start === undefined || end === undefined)
    throw parameterInvalid('Start and end time must be given at the same time.')
  return { fromMs: Number(start), toMs: Number(end) }
}

/** Wide rows are read in one piece: no token was ever handed out. */
export function refuseToken(token: Uint8Array | undefined): void {
  if (token && token.length > 0) throw notImplemented('A token of a row')
}

/** Undefined when nothing of the row is wanted, or the filter holds it back. */
export function select(
  stored: Row,
  key: Uint8Array,
  { primaryKey: schema, options }: TableRecord,
  selection: Selection,
  nowMs: number,
): PlainRow | undefined {
  const live = liveRow(stored, options, nowMs)
  if (!live) return undefined
  const values = decodeKey(
    key,
    schema.map(({ type }) => type),
  )
  const keyValues = new Map<string, EncodedValue>(values.map((value, at) => [schema[at]!.name, value]))
  const wanted = { ...live, columns: wantedColumns(live.columns, selection) }
  const { columns: named, filter } = selection
  const hasNamedKey = named === undefined || [...named].some((name) => keyValues.has(name))
  // As the vendor says: a row that has none of the columns that were asked for is not returned.
  if (!hasNamedKey && wanted.columns.length === 0) return undefined
  if (filter && !passes(filter, wanted, keyValues)) return undefined
  const { columns } = paged(filter, wanted)
  const isReturned = (name: string): boolean => selection.entireKey || named === undefined || named.has(name)
  return {
    primaryKey: [...keyValues].filter(([name]) => isReturned(name)).map(([name, value]) => ({ name, value })),
    attributes: columns.flatMap(({ name, versions }) =>
      versions.map(({ timestampMs, value }) => ({ name, value, timestampMs: BigInt(timestampMs) })),
    ),
    deletesRow: false,
  }
}

function wantedColumns(
  columns: readonly Column[],
  { columns: named, startColumn, endColumn, time, maxVersions }: Selection,
): Column[] {
  const wanted: Column[] = []
  for (const { name, versions } of columns) {
    if (named && !named.has(name)) continue
    if (startColumn !== undefined && compareKeys(name, startColumn) < 0) continue
    if (endColumn !== undefined && compareKeys(name, endColumn) >= 0) continue
    const inTime = time
      ? versions.filter(({ timestampMs }) => timestampMs >= time.fromMs && timestampMs < time.toMs)
      : versions
    const kept = inTime.slice(0, maxVersions)
    if (kept.length > 0) wanted.push({ name, versions: kept })
  }
  return wanted
}

/** What capacity units and page limits count. */
export function sizeBytesOf({ primaryKey, attributes }: PlainRow): number {
  let sizeBytes = 0
  for (const { name, value, timestampMs } of [...primaryKey, ...attributes]) {
    sizeBytes += name.length + (value ? dataBytesOf(value) : 0) + (timestampMs === undefined ? 0 : 8)
  }
  return sizeBytes
}
