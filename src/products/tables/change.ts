/** What a writer wants of a row: read from PlainBuffer, checked, and applied to the row that is there. */

import type { PlainCell, PlainRow } from '../../lib/plain-buffer/cell.ts'
import { dataBytesOf, decodeValue, type EncodedValue, typeOf } from '../../lib/plain-buffer/value.ts'
import { parameterInvalid } from './errors.ts'
import { operationType } from './messages/rows.ts'
import { checkColumnName } from './names.ts'

export type RowChange =
  | { is: 'put'; cells: readonly PutCell[] }
  | { is: 'update'; cells: readonly CellChange[] }
  | { is: 'delete' }

export type CellChange = PutCell | IncrementCell | { is: 'deleteAll'; name: string } | DeleteVersion

interface PutCell {
  is: 'put'
  name: string
  value: EncodedValue
  /** Undefined: now. */
  timestampMs: number | undefined
}

interface IncrementCell {
  is: 'increment'
  name: string
  by: bigint
  timestampMs: number | undefined
}

interface DeleteVersion {
  is: 'deleteOne'
  name: string
  timestampMs: number
}

const COLUMNS_MAX = 1024
const VALUE_BYTES_MAX = 2 * 1024 * 1024
const TIMESTAMP_END = (2n ** 63n - 1n) / 1000n

/** `type`: of `operationType`. `keyNames`: columns that are not attributes. */
export function changeOf(type: number, row: PlainRow, keyNames: ReadonlySet<string>): RowChange {
  const { attributes, deletesRow } = row
  if (type === operationType.delete) {
    if (!deletesRow)
      throw parameterInvalid('Invalid request of delete row: missing RowDeleteMarker in request.')
    if (attributes.length > 0)
      throw parameterInvalid('Invalid delete row request: unexpected cells in request.')
    return { is: 'delete' }
  }
  if (deletesRow)
    throw parameterInvalid('Invalid request of put/update row: unexpected RowDeleteMarker in request.')
  if (attributes.length > COLUMNS_MAX) {
    throw parameterInvalid(
      `The number of attribute columns exceeds the limit, limit count: ${COLUMNS_MAX}, column count: ${attributes.length}.`,
    )
  }
  for (const { name } of attributes) {
    checkColumnName(name)
    if (keyNames.has(name))
      throw parameterInvalid(`Duplicated attribute column name with primary key column: '${name}'.`)
  }
  if (type === operationType.put) return { is: 'put', cells: attributes.map(putCell) }
  if (attributes.length === 0) throw parameterInvalid('Invalid update row request: missing cells in request.')
  return { is: 'update', cells: attributes.map(cellChange) }
}

function putCell(cell: PlainCell): PutCell {
  const { name, value, op } = cell
  if (op) throw parameterInvalid(`OpType cannot be given for column name:'${name}' in PutRow.`)
  if (!value) throw parameterInvalid('Invalid request of put row: find cells without values.')
  checkValue(name, value)
  return { is: 'put', name, value, timestampMs: timestampOf(cell) }
}

function cellChange(cell: PlainCell): CellChange {
  const { name, value, op } = cell
  const timestampMs = timestampOf(cell)
  if (op === undefined) {
    if (!value) throw parameterInvalid(`Invalid cell: ${name}. Reason: missing value.`)
    checkValue(name, value)
    return { is: 'put', name, value, timestampMs }
  }
  if (op === 'increment') {
    const by = value && decodeValue(value)
    if (by?.type !== 'integer')
      throw parameterInvalid(`Invalid cell: ${name}. Reason: an increment is an INTEGER.`)
    return { is: 'increment', name, by: by.value, timestampMs }
  }
  if (value)
    throw parameterInvalid('Column value cannot be given when type is DELETE_ONE_VERSION,DELETE_ALL_VERSION.')
  if (op === 'deleteAllVersions') {
    if (timestampMs !== undefined)
      throw parameterInvalid('Timestamp cannot be given when type is DELETE_ALL_VERSION.')
    return { is: 'deleteAll', name }
  }
  if (timestampMs === undefined)
    throw parameterInvalid('Timestamp must be given when type is DELETE_ONE_VERSION.')
  return { is: 'deleteOne', name, timestampMs }
}

function timestampOf({ timestampMs }: PlainCell): number | undefined {
  if (timestampMs === undefined) return undefined
  if (timestampMs < 0n || timestampMs >= TIMESTAMP_END)
    throw parameterInvalid('Timestamp must be in range [0, INT64_MAX/1000).')
  return Number(timestampMs)
}

function checkValue(name: string, value: EncodedValue): void {
  const type = typeOf(value)
  if (type === 'null' || type === 'infMin' || type === 'infMax' || type === 'autoIncrement')
    throw parameterInvalid(`${type} is an invalid type for the attribute column.`)
  const sizeBytes = dataBytesOf(value)
  if (sizeBytes > VALUE_BYTES_MAX) {
    throw parameterInvalid(
      `The length of attribute column: '${name}' exceeds the MaxLength:${VALUE_BYTES_MAX} with CurrentLength:${sizeBytes}.`,
    )
  }
  const decoded = decodeValue(value)
  if (decoded.type !== 'double' || Number.isFinite(decoded.value)) return
  throw parameterInvalid(
    Number.isNaN(decoded.value)
      ? "NaN can't be set to double value."
      : "Infinity can't be set to double value.",
  )
}

/** What limits count of a change and of its key. */
export function changeBytes({ primaryKey, attributes }: PlainRow): number {
  let sizeBytes = 0
  for (const { name, value } of [...primaryKey, ...attributes]) {
    sizeBytes += Buffer.byteLength(name) + (value ? dataBytesOf(value) : 0)
  }
  return sizeBytes
}
