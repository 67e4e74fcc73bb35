/** Reads rows in PlainBuffer. Every checksum is compared, every length is checked before it is believed. */

import type { PlainCell, PlainRow } from './cell.ts'
import { crc8, crc8Byte } from './crc8.ts'
import { type CellOp, cellOp, HEADER, tag } from './tags.ts'
import { bufferOf, type EncodedValue, LENGTH_BYTES, valueType } from './value.ts'

/** The bytes are not rows in PlainBuffer. */
export class MalformedPlainBuffer extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedPlainBuffer'
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const ops = new Map<number, CellOp>(Object.entries(cellOp).map(([name, number]) => [number, name as CellOp]))

/** Exactly one row. */
export function readPlainRow(bytes: Uint8Array): PlainRow {
  const cursor = new Cursor(bytes)
  if (cursor.uint32() !== HEADER) throw new MalformedPlainBuffer('the header is not that of PlainBuffer')
  const row = readRow(cursor)
  // The SDK for Node.js writes a zero for each INF_MIN, INF_MAX and AUTO_INCREMENT behind the row; they mean nothing.
  if (cursor.peek() === tag.primaryKey) throw new MalformedPlainBuffer('there is more than one row')
  return row
}

/** As many as there are; of nothing none. */
export function readPlainRows(bytes: Uint8Array): PlainRow[] {
  const cursor = new Cursor(bytes)
  if (cursor.peek() === undefined) return []
  if (cursor.uint32() !== HEADER) throw new MalformedPlainBuffer('the header is not that of PlainBuffer')
  const rows: PlainRow[] = []
  while (cursor.peek() !== undefined) rows.push(readRow(cursor))
  return rows
}

function readRow(cursor: Cursor): PlainRow {
  let sum = 0
  const cellsAfter = (wanted: number): PlainCell[] => {
    const cells: PlainCell[] = []
    if (!cursor.takeTag(wanted)) return cells
    while (cursor.takeTag(tag.cell)) {
      const { cell, checksum } = readCell(cursor)
      cells.push(cell)
      sum = crc8Byte(sum, checksum)
    }
    return cells
  }
  const primaryKey = cellsAfter(tag.primaryKey)
  const attributes = cellsAfter(tag.attributes)
  const deletesRow = cursor.takeTag(tag.deleteRow)
  sum = crc8Byte(sum, deletesRow ? 1 : 0)
  if (cursor.takeTag(tag.extension)) cursor.take(cursor.uint32())
  cursor.needTag(tag.rowChecksum)
  if (cursor.byte() !== sum) throw new MalformedPlainBuffer('the checksum of the row is another')
  return { primaryKey, attributes, deletesRow }
}

function readCell(cursor: Cursor): { cell: PlainCell; checksum: number } {
  cursor.needTag(tag.name)
  const nameBytes = cursor.take(cursor.uint32())
  const cell: PlainCell = { name: textOf(nameBytes) }
  let sum = crc8(0, nameBytes)
  if (cursor.takeTag(tag.value)) {
    const value = cursor.take(cursor.uint32())
    checkValue(value)
    cell.value = value
    sum = crc8(sum, value)
  }
  let op: number | undefined
  if (cursor.takeTag(tag.op)) {
    op = cursor.byte()
    cell.op = ops.get(op)
    if (!cell.op) throw new MalformedPlainBuffer(`there is no operation ${op} of a cell`)
  }
  if (cursor.takeTag(tag.timestamp)) {
    const timestamp = cursor.take(8)
    cell.timestampMs = bufferOf(timestamp).readBigInt64LE()
    sum = crc8(sum, timestamp)
  }
  if (op !== undefined) sum = crc8Byte(sum, op)
  cursor.needTag(tag.cellChecksum)
  if (cursor.byte() !== sum)
    throw new MalformedPlainBuffer(`the checksum of the cell '${cell.name}' is another`)
  return { cell, checksum: sum }
}

/** A value as filters have it: type and data, and nothing else. */
export function readValue(bytes: Uint8Array): EncodedValue {
  checkValue(bytes)
  return bytes
}

const sizes = new Map<number, number>([
  [valueType.integer, 9],
  [valueType.double, 9],
  [valueType.boolean, 2],
  [valueType.null, 1],
  [valueType.infMin, 1],
  [valueType.infMax, 1],
  [valueType.autoIncrement, 1],
])

function checkValue(value: EncodedValue): void {
  const type = value[0]
  if (type === valueType.string || type === valueType.binary) {
    const long = value.length >= 1 + LENGTH_BYTES
    if (!long || bufferOf(value).readUInt32LE(1) !== value.length - 1 - LENGTH_BYTES) {
      throw new MalformedPlainBuffer('a value is not as long as it says')
    }
    if (type === valueType.string) textOf(value.subarray(1 + LENGTH_BYTES))
  } else if (type === undefined || sizes.get(type) !== value.length) {
    throw new MalformedPlainBuffer('a value is of no known type, or not as long as its type')
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new MalformedPlainBuffer('a text is not UTF-8')
  }
}

class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bufferOf(bytes)
  }

  peek(): number | undefined {
    return this.#bytes[this.#at]
  }

  takeTag(wanted: number): boolean {
    if (this.peek() !== wanted) return false
    this.#at++
    return true
  }

  needTag(wanted: number): void {
    if (!this.takeTag(wanted))
      throw new MalformedPlainBuffer(`the tag ${wanted} is missing at byte ${this.#at}`)
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new MalformedPlainBuffer('the row ends too early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  byte(): number {
    return this.take(1)[0]!
  }

  uint32(): number {
    return bufferOf(this.take(4)).readUInt32LE()
  }
}
