/** Writes rows in PlainBuffer. No rows are no bytes, not even the header. */
import type { PlainCell, PlainRow } from './cell.ts'
import { crc8, crc8Byte } from './crc8.ts'
import { cellOp, HEADER, tag } from './tags.ts'

export function writePlainRows(rows: readonly PlainRow[]): Buffer {
  if (rows.length === 0) return Buffer.alloc(0)
  const parts: Uint8Array[] = [uint32(HEADER)]
  for (const row of rows) writeRow(row, parts)
  return Buffer.concat(parts)
}

function writeRow({ primaryKey, attributes, deletesRow, sequence }: PlainRow, parts: Uint8Array[]): void {
  let sum = 0
  const writeCells = (mark: number, cells: readonly PlainCell[]): void => {
    if (cells.length === 0) return
    parts.push(Uint8Array.of(mark))
    for (const cell of cells) sum = crc8Byte(sum, writeCell(cell, parts))
  }
  writeCells(tag.primaryKey, primaryKey)
  writeCells(tag.attributes, attributes)
  if (deletesRow) parts.push(Uint8Array.of(tag.deleteRow))
  sum = crc8Byte(sum, deletesRow ? 1 : 0)
  if (sequence) parts.push(extension(sequence))
  parts.push(Uint8Array.of(tag.rowChecksum, sum))
}

/** Answers the checksum of the cell. */
function writeCell({ name, value, op, timestampMs }: PlainCell, parts: Uint8Array[]): number {
  const nameBytes = Buffer.from(name)
  let sum = crc8(0, nameBytes)
  parts.push(Uint8Array.of(tag.cell, tag.name), uint32(nameBytes.length), nameBytes)
  if (value) {
    parts.push(Uint8Array.of(tag.value), uint32(value.length), value)
    sum = crc8(sum, value)
  }
  if (op !== undefined) parts.push(Uint8Array.of(tag.op, cellOp[op]))
  if (timestampMs !== undefined) {
    const timestamp = Buffer.alloc(8)
    timestamp.writeBigInt64LE(timestampMs)
    parts.push(Uint8Array.of(tag.timestamp), timestamp)
    sum = crc8(sum, timestamp)
  }
  if (op !== undefined) sum = crc8Byte(sum, cellOp[op])
  parts.push(Uint8Array.of(tag.cellChecksum, sum))
  return sum
}

/** The lengths are those of what follows them; read in the clients, not compared with the service. */
function extension({ epoch, timestampUs, rowIndex }: NonNullable<PlainRow['sequence']>): Uint8Array {
  const inner = Buffer.alloc(1 + 4 + 1 + 8 + 1 + 4)
  inner[0] = tag.sequenceEpoch
  inner.writeUInt32LE(epoch, 1)
  inner[5] = tag.sequenceTimestamp
  inner.writeBigInt64LE(timestampUs, 6)
  inner[14] = tag.sequenceRowIndex
  inner.writeUInt32LE(rowIndex, 15)
  const sequence = [Uint8Array.of(tag.sequence), uint32(inner.length), inner]
  return Buffer.concat([Uint8Array.of(tag.extension), uint32(1 + 4 + inner.length), ...sequence])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
