/**
 * A row: its attribute columns, each with its versions. Kept as bytes in this order: a format number, when the row was
 * put, and the columns by name, each with its versions, newest first.
 */

import { bufferOf, type EncodedValue } from '../../lib/plain-buffer/value.ts'
import { compareKeys } from '../../ports/keys.ts'
import type { TableOptions } from './table.ts'

export interface Row {
  /** When it came into being: what a time to live counts from for a row without columns. */
  writtenMs: number
  /** By name, in the order of their bytes. */
  columns: readonly Column[]
}

export interface Column {
  name: string
  /** At least one; newest first. */
  versions: readonly CellVersion[]
}

export interface CellVersion {
  timestampMs: number
  value: EncodedValue
}

const FORMAT = 1
const HEAD_BYTES = 1 + 8 + 4

export function encodeRow({ writtenMs, columns }: Row): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head[0] = FORMAT
  head.writeDoubleLE(writtenMs, 1)
  head.writeUInt32LE(columns.length, 9)
  const parts: Uint8Array[] = [head]
  for (const { name, versions } of columns) {
    const nameBytes = Buffer.from(name)
    const columnHead = Buffer.alloc(1 + nameBytes.length + 4)
    columnHead[0] = nameBytes.length
    columnHead.set(nameBytes, 1)
    columnHead.writeUInt32LE(versions.length, 1 + nameBytes.length)
    parts.push(columnHead)
    for (const { timestampMs, value } of versions) {
      const versionHead = Buffer.alloc(8 + 4)
      versionHead.writeDoubleLE(timestampMs)
      versionHead.writeUInt32LE(value.length, 8)
      parts.push(versionHead, value)
    }
  }
  return Buffer.concat(parts)
}

export function decodeRow(data: Uint8Array): Row {
  const bytes = bufferOf(data)
  if (bytes[0] !== FORMAT) throw new Error(`a row has the format ${bytes[0]}, which is not known here`)
  let at = HEAD_BYTES
  const columns: Column[] = []
  for (let count = bytes.readUInt32LE(9); count > 0; count--) {
    const nameEnd = at + 1 + bytes[at]!
    const name = bytes.toString('utf8', at + 1, nameEnd)
    at = nameEnd + 4
    const versions: CellVersion[] = []
    for (let left = bytes.readUInt32LE(nameEnd); left > 0; left--) {
      const timestampMs = bytes.readDoubleLE(at)
      const end = at + 12 + bytes.readUInt32LE(at + 8)
      versions.push({ timestampMs, value: bytes.subarray(at + 12, end) })
      at = end
    }
    columns.push({ name, versions })
  }
  if (at !== bytes.length) throw new Error('a row is damaged')
  return { writtenMs: bytes.readDoubleLE(1), columns }
}

/**
 * What is left of a row now: no more versions than the table keeps, none older than its time to live. Undefined when
 * nothing is left, not even the row.
 */
export function liveRow(
  { writtenMs, columns }: Row,
  { timeToLiveSeconds, maxVersions }: TableOptions,
  nowMs: number,
): Row | undefined {
  const oldestMs = timeToLiveSeconds === -1 ? Number.NEGATIVE_INFINITY : nowMs - timeToLiveSeconds * 1000
  const live: Column[] = []
  for (const { name, versions } of columns) {
    const kept = versions.slice(0, maxVersions).filter(({ timestampMs }) => timestampMs >= oldestMs)
    if (kept.length > 0) live.push({ name, versions: kept })
  }
  return live.length > 0 || writtenMs >= oldestMs ? { writtenMs, columns: live } : undefined
}

/** Where a column is among sorted ones, or would be. */
export function columnPosition(columns: readonly Column[], name: string): number {
  let low = 0
  let high = columns.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareKeys(columns[middle]!.name, name) < 0) low = middle + 1
    else high = middle
  }
  return low
}

export function columnOf({ columns }: Row, name: string): Column | undefined {
  const column = columns[columnPosition(columns, name)]
  return column?.name === name ? column : undefined
}
