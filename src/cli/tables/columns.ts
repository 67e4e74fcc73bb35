/** Columns as they are typed (`age:=30`) and printed (`"age":30`). */
import type { PlainCell, PlainRow } from '../../lib/plain-buffer/cell.ts'
import {
  booleanValue,
  bytesValue,
  decodeValue,
  doubleValue,
  type EncodedValue,
  integerValue,
} from '../../lib/plain-buffer/value.ts'
import { UsageError } from '../errors.ts'
import { didYouMean } from '../suggest.ts'
import { AUTO_INCREMENT, type KeyType, keyTypes } from './messages.ts'

export interface TypedColumn {
  name: string
  /** As it was typed behind the sign. */
  value: string
  /** Typed with `:=`: JSON, not a text. */
  isJson: boolean
}

export const columnsHelp =
  'A column is NAME=TEXT, or NAME:=JSON for what is no text: 30, 1.5, true, {"base64": "aGk="}. A number without a\n' +
  'fraction is an integer, any other a double. What a column of the primary key is, the table knows: id=7 is enough.'

/** Throws `UsageError`. */
export function readColumn(typed: string): TypedColumn {
  const match = /^([^=]+?)(:?=)(.*)$/s.exec(typed)
  if (!match) throw new UsageError(`${typed} is no column. It is written NAME=TEXT or NAME:=JSON.`)
  return { name: match[1]!, value: match[3]!, isJson: match[2] === ':=' }
}

/** Throws `UsageError`. */
export function columnValue({ name, value, isJson }: TypedColumn): EncodedValue {
  if (!isJson) return bytesValue('string', Buffer.from(value))
  if (/^-?\d+$/.test(value)) return integerOf(name, value)
  let parsed: unknown
  try {
    parsed = JSON.parse(value)
  } catch {
    throw new UsageError(`${name}:=${value} is not JSON. A text is written ${name}=${value}.`)
  }
  if (typeof parsed === 'string') return bytesValue('string', Buffer.from(parsed))
  if (typeof parsed === 'number') return doubleValue(parsed)
  if (typeof parsed === 'boolean') return booleanValue(parsed)
  const base64 = (parsed as { base64?: unknown } | null)?.base64
  if (typeof base64 === 'string') return bytesValue('binary', binaryOf(name, base64))
  throw new UsageError(`${name}:=${value} is no value of a column. ${columnsHelp}`)
}

const INT64_MAX = 2n ** 63n - 1n

export function integerOf(name: string, text: string): EncodedValue {
  const value = /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined
  if (value === undefined || value > INT64_MAX || value < -INT64_MAX - 1n)
    throw new UsageError(`${name} is an integer of 64 bits, not ${text}.`)
  return integerValue(value)
}

function binaryOf(name: string, base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64') !== base64) throw new UsageError(`${name} is not base64: ${base64}`)
  return bytes
}

export interface KeyColumn {
  name: string
  type: KeyType
  isAutoIncrement: boolean
}

export function keyColumnsOf(
  schema: readonly { name: string; type: 1 | 2 | 3; option?: number | undefined }[],
): KeyColumn[] {
  const types = new Map(Object.entries(keyTypes).map(([name, number]) => [number, name as KeyType]))
  return schema.map(({ name, type, option }) => ({
    name,
    type: types.get(type)!,
    isAutoIncrement: option === AUTO_INCREMENT,
  }))
}

/** By the type that the table gives it. */
export function keyValueOf({ type, name }: KeyColumn, { value, isJson }: TypedColumn): EncodedValue {
  if (type === 'integer') return integerOf(name, value)
  if (type === 'binary' && !isJson) return bytesValue('binary', binaryOf(name, value))
  return isJson ? columnValue({ name, value, isJson }) : bytesValue('string', Buffer.from(value))
}

/** The key that is meant, and the other columns. Throws `UsageError` for one that is missing or there twice. */
export function splitColumns(
  typed: readonly TypedColumn[],
  keyColumns: readonly KeyColumn[],
  filled: (column: KeyColumn) => EncodedValue | undefined = () => undefined,
): { key: PlainCell[]; others: TypedColumn[] } {
  const byName = new Map(typed.map((column) => [column.name, column]))
  if (byName.size < typed.length) throw new UsageError('A column is there twice.')
  const key = keyColumns.map((column): PlainCell => {
    const given = byName.get(column.name)
    byName.delete(column.name)
    const value = given ? keyValueOf(column, given) : filled(column)
    if (!value) {
      const near = didYouMean(column.name, byName.keys())
      throw new UsageError(
        `The key of the table has a column ${column.name} (${column.type}): say ${column.name}=…${near}`,
      )
    }
    return { name: column.name, value }
  })
  return { key, others: [...byName.values()] }
}

/** No columns but those of the key are allowed. */
export function keyOnly(typed: readonly TypedColumn[], keyColumns: readonly KeyColumn[]): PlainCell[] {
  const { key, others } = splitColumns(typed, keyColumns)
  if (others.length > 0) throw notInKey(others[0]!.name, keyColumns)
  return key
}

export const notInKey = (name: string, keyColumns: readonly KeyColumn[]): UsageError =>
  new UsageError(
    `${name} is no column of the key. It has: ${keyColumns.map((column) => `${column.name} (${column.type})`).join(', ')}.`,
  )

/** A line of JSON: the key first. Integers of 64 bits keep all their digits, which `JSON.stringify` would not. */
export const rowText = ({ primaryKey, attributes }: PlainRow): string =>
  `{${[...primaryKey, ...attributes].map(({ name, value }) => `${JSON.stringify(name)}:${valueText(value)}`).join(',')}}`

function valueText(encoded: EncodedValue | undefined): string {
  if (!encoded) return 'null'
  const read = decodeValue(encoded)
  switch (read.type) {
    case 'integer':
      return String(read.value)
    case 'double':
      // With a fraction, so that it is told from an integer; what JSON has no number for is a text.
      return Number.isInteger(read.value)
        ? `${read.value}.0`
        : Number.isFinite(read.value)
          ? String(read.value)
          : JSON.stringify(String(read.value))
    case 'boolean':
      return String(read.value)
    case 'string':
      return JSON.stringify(read.value.toString())
    case 'binary':
      return JSON.stringify({ base64: read.value.toString('base64') })
    default:
      return 'null'
  }
}
