/**
 * Primary keys as bytes whose order is the order of the keys: each column is a mark and its value, integers with their
 * sign turned, texts and bytes ended by 00 01, with FF after every 00 in them. INF_MIN and INF_MAX are marks below and
 * above every value.
 */

import type { PlainCell } from '../../lib/plain-buffer/cell.ts'
import {
  bytesValue,
  decodeValue,
  type EncodedValue,
  integerValue,
  typeOf,
} from '../../lib/plain-buffer/value.ts'
import { invalidPrimaryKey, parameterInvalid } from './errors.ts'
import type { KeyType, PrimaryKeyColumn } from './table.ts'

export const KEY_COLUMNS_MAX = 4
const KEY_VALUE_BYTES_MAX = 1024

const mark = { infMin: 0x01, value: 0x02, infMax: 0xff } as const
const SIGN = 1n << 63n

const wireNames: Record<string, string> = {
  integer: 'VT_INTEGER',
  double: 'VT_DOUBLE',
  boolean: 'VT_BOOLEAN',
  string: 'VT_STRING',
  binary: 'VT_BLOB',
  null: 'VT_NULL',
  infMin: 'VT_INF_MIN',
  infMax: 'VT_INF_MAX',
  autoIncrement: 'VT_AUTO_INCREMENT',
}

/** What a request may have in the place of a value. */
export interface KeyUse {
  /** Ends of a range. */
  infinite?: boolean
  /** A row that is put, whose key the table completes. */
  autoIncrement?: boolean
}

/** Throws unless the cells are a primary key of this schema. */
export function checkPrimaryKey(
  cells: readonly PlainCell[],
  schema: readonly PrimaryKeyColumn[],
  use: KeyUse = {},
): void {
  // An index may have more: those of its table come behind its own.
  if (cells.length < 1 || cells.length > Math.max(KEY_COLUMNS_MAX, schema.length)) {
    throw parameterInvalid(`The number of primary key columns must be in range: [1, ${KEY_COLUMNS_MAX}].`)
  }
  const seen = new Set<string>()
  for (const { name, value, op, timestampMs } of cells) {
    if (seen.has(name)) throw parameterInvalid(`Duplicated primary key name: '${name}'.`)
    seen.add(name)
    if (!value) throw parameterInvalid(`No value is given for primary key name:'${name}'.`)
    if (op) throw parameterInvalid(`OpType cannot be given for primary key name :'${name}'.`)
    if (timestampMs !== undefined)
      throw parameterInvalid(`Timestamp cannot be given for primary key name:'${name}'.`)
  }
  if (cells.length !== schema.length) {
    throw invalidPrimaryKey(`Validate PK size fail. Input: ${cells.length}, Meta: ${schema.length}.`)
  }
  for (const [at, { name, value }] of cells.entries()) checkColumn(name, value!, schema[at]!, use)
}

function checkColumn(name: string, value: EncodedValue, column: PrimaryKeyColumn, use: KeyUse): void {
  if (name !== column.name) {
    throw invalidPrimaryKey(`Validate PK name fail. Input: ${name}, Meta: ${column.name}.`)
  }
  const type = typeOf(value)
  if (use.infinite && (type === 'infMin' || type === 'infMax')) return
  if (type === 'autoIncrement') {
    if (!use.autoIncrement) throw parameterInvalid("PKAutoIncr can't be used for read operations.")
    if (column.autoIncrement) return
  }
  if (type !== column.type) {
    throw invalidPrimaryKey(
      `Validate PK type fail. Input: ${wireNames[type ?? 'null']}, Meta: ${wireNames[column.type]}.`,
    )
  }
  const decoded = decodeValue(value)
  if (decoded.type !== 'string' && decoded.type !== 'binary') return
  checkKeyBytes(name, decoded.value)
}

export function checkKeyBytes(name: string, { length }: Uint8Array): void {
  if (length > KEY_VALUE_BYTES_MAX) {
    throw parameterInvalid(
      `The length of primary key column: '${name}' exceeds the MaxLength:${KEY_VALUE_BYTES_MAX} with CurrentLength:${length}.`,
    )
  }
}

/** Of values that were checked; there may be fewer than the schema has: then it is what all keys with them begin with. */
export function encodeKey(values: readonly EncodedValue[]): Buffer {
  return Buffer.concat(values.map(encodeColumn))
}

function encodeColumn(value: EncodedValue): Buffer {
  const decoded = decodeValue(value)
  switch (decoded.type) {
    case 'infMin':
    case 'infMax':
      return Buffer.of(mark[decoded.type])
    case 'integer': {
      const bytes = Buffer.alloc(9)
      bytes[0] = mark.value
      bytes.writeBigUInt64BE(BigInt.asUintN(64, decoded.value) ^ SIGN, 1)
      return bytes
    }
    case 'string':
    case 'binary':
      return escaped(decoded.value)
    default:
      throw new Error(`a ${decoded.type} is not part of a key`)
  }
}

function escaped(bytes: Buffer): Buffer {
  let zeros = 0
  for (const byte of bytes) if (byte === 0) zeros++
  const result = Buffer.alloc(1 + bytes.length + zeros + 2)
  result[0] = mark.value
  let at = 1
  for (const byte of bytes) {
    result[at++] = byte
    if (byte === 0) result[at++] = 0xff
  }
  result[at + 1] = 0x01
  return result
}

/** The values of a key, of the types that its columns have. */
export function decodeKey(key: Uint8Array, types: readonly KeyType[]): EncodedValue[] {
  const bytes = Buffer.from(key)
  let at = 0
  return types.map((type) => {
    at++ // the mark
    if (type === 'integer') {
      at += 8
      return integerValue(BigInt.asIntN(64, bytes.readBigUInt64BE(at - 8) ^ SIGN))
    }
    const value: number[] = []
    for (; bytes[at] !== 0 || bytes[at + 1] !== 0x01; at++) {
      if (at >= bytes.length) throw new Error('the key of a row is damaged')
      value.push(bytes[at]!)
      if (bytes[at] === 0) at++
    }
    at += 2
    return bytesValue(type, Uint8Array.from(value))
  })
}

/** The primary key of a row as cells, for an answer. */
export const keyCells = (key: Uint8Array, schema: readonly PrimaryKeyColumn[]): PlainCell[] =>
  decodeKey(
    key,
    schema.map(({ type }) => type),
  ).map((value, at) => ({ name: schema[at]!.name, value }))
