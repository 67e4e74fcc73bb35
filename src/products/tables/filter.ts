/** Filters of reads and column conditions of writes, which are the same message. */

import { MalformedPlainBuffer, readValue } from '../../lib/plain-buffer/read.ts'
import { compareValues, type EncodedValue } from '../../lib/plain-buffer/value.ts'
import type { Message } from '../../lib/protobuf.ts'
import { MalformedProtobuf } from '../../lib/protobuf.ts'
import { parameterInvalid } from './errors.ts'
import {
  columnPaginationFilter,
  comparator,
  compositeColumnValueFilter,
  filter as filterMessage,
  filterType,
  logicalOperator,
  singleColumnValueFilter,
} from './messages/filters.ts'
import { columnOf, type Row } from './row.ts'

export type Filter =
  | {
      is: 'comparison'
      column: string
      comparator: number
      value: EncodedValue
      passesIfMissing: boolean
      latestOnly: boolean
    }
  | { is: 'not' | 'and' | 'or'; of: readonly Filter[] }
  | { is: 'pagination'; offset: number; limit: number }

const FILTERS_MAX = 32

/** Undefined for no bytes. */
export function parseFilter(bytes: Uint8Array | undefined): Filter | undefined {
  if (!bytes || bytes.length === 0) return undefined
  let left = FILTERS_MAX
  return read(decode(filterMessage, bytes, 'filter'))

  function read({ type, filter }: { type: number; filter: Uint8Array }): Filter {
    if (type === filterType.columnPagination) return pagination(filter)
    if (type === filterType.compositeColumnValue) {
      const { combinator, sub_filters } = decode(compositeColumnValueFilter, filter, 'composite filter')
      if (combinator === logicalOperator.not) {
        if (sub_filters.length !== 1)
          throw parameterInvalid('Invalid NOT operator: the number of sub-filters must be 1.')
      } else if (sub_filters.length < 2) {
        throw parameterInvalid('Invalid AND/OR operator: the number of sub-filters must be 2.')
      }
      const is =
        combinator === logicalOperator.not ? 'not' : combinator === logicalOperator.and ? 'and' : 'or'
      for (const { type } of sub_filters) {
        if (type === filterType.columnPagination)
          throw parameterInvalid('Invalid type of sub-filter: FT_COLUMN_PAGINATION.')
      }
      return { is, of: sub_filters.map(read) }
    }
    if (left-- === 0) throw parameterInvalid(`The count of filter exceeds the max: ${FILTERS_MAX}.`)
    return comparison(filter)
  }
}

function comparison(bytes: Uint8Array): Filter {
  const message = decode(singleColumnValueFilter, bytes, 'relation filter')
  let value: EncodedValue
  try {
    value = readValue(message.column_value)
  } catch (error) {
    if (error instanceof MalformedPlainBuffer) throw parameterInvalid('Deserialize relation filter failed.')
    throw error
  }
  return {
    is: 'comparison',
    column: message.column_name,
    comparator: message.comparator,
    value,
    passesIfMissing: !message.filter_if_missing,
    latestOnly: message.latest_version_only,
  }
}

function pagination(bytes: Uint8Array): Filter {
  const { offset, limit } = decode(columnPaginationFilter, bytes, 'column pagination filter')
  if (offset < 0)
    throw parameterInvalid('Offset in ColumnPaginationFilter must be greater than or equal to 0.')
  if (limit <= 0) throw parameterInvalid('Limit in ColumnPaginationFilter must be greater than 0.')
  return { is: 'pagination', offset, limit }
}

function decode<T>(message: Message<T>, bytes: Uint8Array, what: string): T {
  try {
    return message.decode(bytes)
  } catch (error) {
    if (error instanceof MalformedProtobuf) throw parameterInvalid(`Deserialize ${what} failed.`)
    throw error
  }
}

/** Whether a row passes. `keyValues`: primary key columns can be compared like any other. */
export function passes(
  filter: Filter,
  row: Row,
  keyValues: ReadonlyMap<string, EncodedValue> = new Map(),
): boolean {
  switch (filter.is) {
    case 'pagination':
      return true
    case 'not':
      return !passes(filter.of[0]!, row, keyValues)
    case 'and':
      return filter.of.every((inner) => passes(inner, row, keyValues))
    case 'or':
      return filter.of.some((inner) => passes(inner, row, keyValues))
    case 'comparison': {
      const keyValue = keyValues.get(filter.column)
      const versions = keyValue ? [{ value: keyValue }] : columnOf(row, filter.column)?.versions
      if (!versions) return filter.passesIfMissing
      const compared = filter.latestOnly ? versions.slice(0, 1) : versions
      return compared.some(({ value }) => holds(filter.comparator, compareValues(value, filter.value)))
    }
  }
}

/** Values of different types are different, and neither is the greater. */
function holds(wanted: number, order: number | undefined): boolean {
  switch (wanted) {
    case comparator.equal:
      return order === 0
    case comparator.notEqual:
      return order !== 0
    case comparator.greaterThan:
      return order !== undefined && order > 0
    case comparator.greaterEqual:
      return order !== undefined && order >= 0
    case comparator.lessThan:
      return order !== undefined && order < 0
    case comparator.lessEqual:
      return order !== undefined && order <= 0
    default:
      throw new Error(`there is no comparator ${wanted}`)
  }
}

/** What a filter leaves of a row's columns. */
export function paged(filter: Filter | undefined, row: Row): Row {
  if (filter?.is !== 'pagination') return row
  return { ...row, columns: row.columns.slice(filter.offset, filter.offset + filter.limit) }
}
