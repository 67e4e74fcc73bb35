import type { PlainRow } from '../../lib/plain-buffer/cell.ts'
import { decodeRow } from './row.ts'
import { type Selection, select } from './selection.ts'
import { rowsOf, type TableRecord } from './table.ts'
import type { RowAccess } from './transactions.ts'

/** What is selected of one row; undefined when there is nothing. */
export async function readRow(
  access: RowAccess,
  table: TableRecord,
  key: Uint8Array,
  selection: Selection,
  nowMs: number,
): Promise<PlainRow | undefined> {
  const stored = await access.get(rowsOf(table), key)
  return stored && select(decodeRow(stored.data), key, table, selection, nowMs)
}
