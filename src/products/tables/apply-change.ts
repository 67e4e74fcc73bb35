/** A change, applied: what the row is afterwards. */

import { decodeValue, integerValue } from '../../lib/plain-buffer/value.ts'
import type { CellChange, RowChange } from './change.ts'
import { outOfRowSizeLimit, parameterInvalid } from './errors.ts'
import { type CellVersion, type Column, columnOf, columnPosition, liveRow, type Row } from './row.ts'
import type { TableOptions } from './table.ts'

const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)

/** A row is read and written in one piece, which has to fit into memory many times over. The vendor has no such limit. */
const ROW_BYTES_MAX = 32 * 1024 * 1024

/**
 * The row after the change, or undefined when there is none. `current` is what is live of it. An update that only
 * deletes columns makes no row; one that deletes all columns of a row leaves the row.
 */
export function applyChange(
  current: Row | undefined,
  change: RowChange,
  options: TableOptions,
  nowMs: number,
): Row | undefined {
  if (change.is === 'delete') return undefined
  if (change.is === 'update' && !current && change.cells.every(({ is }) => is.startsWith('delete')))
    return undefined
  let row: Row = change.is === 'put' || !current ? { writtenMs: nowMs, columns: [] } : current
  for (const cell of change.cells) row = applyCell(row, cell, options, nowMs)
  // What a client wrote as older than the time to live was refused, so that something is left.
  const live = liveRow(row, options, nowMs)
  if (live && sizeOf(live) > ROW_BYTES_MAX) throw outOfRowSizeLimit()
  return live
}

function applyCell(row: Row, cell: CellChange, options: TableOptions, nowMs: number): Row {
  const before = columnOf(row, cell.name)?.versions ?? []
  switch (cell.is) {
    case 'deleteAll':
      return withVersions(row, cell.name, [])
    case 'deleteOne':
      return withVersions(
        row,
        cell.name,
        before.filter(({ timestampMs }) => timestampMs !== cell.timestampMs),
      )
    case 'put': {
      const timestampMs = versionOf(cell.name, cell.timestampMs, options, nowMs)
      return withVersions(row, cell.name, withVersion(before, { timestampMs, value: cell.value }))
    }
    case 'increment': {
      const timestampMs = versionOf(cell.name, cell.timestampMs, options, nowMs)
      const value = integerValue(incremented(cell.name, before[0], cell.by))
      return withVersions(row, cell.name, withVersion(before, { timestampMs, value }))
    }
  }
}

function incremented(name: string, latest: CellVersion | undefined, by: bigint): bigint {
  const value = latest ? decodeValue(latest.value) : ({ type: 'integer', value: 0n } as const)
  if (value.type !== 'integer')
    throw parameterInvalid(`Invalid cell: ${name}. Reason: only an INTEGER can be incremented.`)
  const sum = value.value + by
  if (sum > INT64_MAX || sum < INT64_MIN)
    throw parameterInvalid(`Invalid cell: ${name}. Reason: the sum is out of the range of an INTEGER.`)
  return sum
}

/** Throws for a version that the table does not take at this time. */
function versionOf(
  name: string,
  timestampMs: number | undefined,
  { deviationSeconds, timeToLiveSeconds }: TableOptions,
  nowMs: number,
): number {
  if (timestampMs === undefined) return nowMs
  const deviationMs = deviationSeconds * 1000
  const oldestMs = timeToLiveSeconds === -1 ? 0 : nowMs - timeToLiveSeconds * 1000
  if (timestampMs < Math.max(nowMs - deviationMs, oldestMs) || timestampMs >= nowMs + deviationMs)
    throw parameterInvalid(`Invalid timestamp. Cell:'${name}'.`)
  return timestampMs
}

function withVersion(before: readonly CellVersion[], added: CellVersion): CellVersion[] {
  const others = before.filter(({ timestampMs }) => timestampMs !== added.timestampMs)
  const at = others.findIndex(({ timestampMs }) => timestampMs < added.timestampMs)
  return others.toSpliced(at === -1 ? others.length : at, 0, added)
}

function withVersions({ writtenMs, columns }: Row, name: string, versions: readonly CellVersion[]): Row {
  const at = columnPosition(columns, name)
  const isThere = columns[at]?.name === name
  const added: Column[] = versions.length === 0 ? [] : [{ name, versions }]
  return { writtenMs, columns: columns.toSpliced(at, isThere ? 1 : 0, ...added) }
}

function sizeOf({ columns }: Row): number {
  let sizeBytes = 0
  for (const { name, versions } of columns) {
    for (const { value } of versions) sizeBytes += name.length + value.length
  }
  return sizeBytes
}
