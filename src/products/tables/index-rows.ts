/** The rows that an index has, from the rows of the table that it follows. */

import type { PlainCell } from '../../lib/plain-buffer/cell.ts'
import { decodeValue, type EncodedValue, typeOf } from '../../lib/plain-buffer/value.ts'
import type { RowWrite } from '../../ports/rows.ts'
import { checkKeyBytes, encodeKey } from './key.ts'
import { columnOf, encodeRow, type Row } from './row.ts'
import { type IndexRecord, rowsOf } from './table.ts'

/**
 * What a change of a row is to an index. Nothing is expected of the index: its row belongs to one row of the table, as
 * its key holds the key of that, and writers of that row take turns.
 */
export function indexWrites(
  index: IndexRecord,
  primaryKey: readonly PlainCell[],
  before: Row | undefined,
  after: Row | undefined,
): RowWrite[] {
  const oldKey = before && indexKey(index, primaryKey, before)
  const newKey = after && indexKey(index, primaryKey, after)
  const writes: RowWrite[] = []
  if (oldKey && !(newKey && Buffer.compare(oldKey, newKey) === 0))
    writes.push({ table: rowsOf(index), remove: oldKey })
  if (newKey) {
    const columns = index.columns.flatMap((name) => columnOf(after!, name) ?? [])
    const row: Row = { writtenMs: after!.writtenMs, columns: columns.toSorted(byName) }
    writes.push({ table: rowsOf(index), put: newKey, data: encodeRow(row) })
  }
  return writes
}

/** Undefined for a row that the index does not have: a column of the key is missing, or is of another type. */
function indexKey(index: IndexRecord, primaryKey: readonly PlainCell[], row: Row): Buffer | undefined {
  const values: EncodedValue[] = []
  for (const { name, type } of index.primaryKey) {
    const value =
      primaryKey.find((cell) => cell.name === name)?.value ?? columnOf(row, name)?.versions[0]?.value
    if (!value || typeOf(value) !== type) return undefined
    const decoded = decodeValue(value)
    if (decoded.type === 'string' || decoded.type === 'binary') checkKeyBytes(name, decoded.value)
    values.push(value)
  }
  return encodeKey(values)
}

const byName = (a: { name: string }, b: { name: string }): number =>
  Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))
