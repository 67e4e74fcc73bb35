/** The rows that a search has found, with the columns that were asked for, read from the table. */

import type { PlainCell, PlainRow } from '../../../lib/plain-buffer/cell.ts'
import { parameterInvalid } from '../errors.ts'
import { keyCells } from '../key.ts'
import { type ColumnsToGetMessage, columnReturnType } from '../messages/search.ts'
import type { TablesContext } from '../product.ts'
import { decodeRow, liveRow } from '../row.ts'
import { rowsOf } from '../table.ts'
import type { FoundSearchIndex } from './index-record.ts'

/** Undefined: all; otherwise names of attribute columns, none of them for the key alone. */
export function wantedColumns(
  message: ColumnsToGetMessage | undefined,
  { index }: FoundSearchIndex,
): ReadonlySet<string> | undefined {
  switch (message?.return_type ?? columnReturnType.none) {
    case columnReturnType.all:
      return undefined
    case columnReturnType.specified:
      if (message!.column_names.length === 0)
        throw parameterInvalid('No column name is specified in columns_to_get.')
      return new Set(message!.column_names)
    case columnReturnType.allFromIndex:
      return new Set(index.fields.filter(({ source }) => source === undefined).map(({ name }) => name))
    default:
      return new Set()
  }
}

/** Undefined in the place of a row that is no longer there: the index has not followed yet. */
export function readFound(
  keys: readonly Uint8Array[],
  columns: ReadonlySet<string> | undefined,
  { table }: FoundSearchIndex,
  { rows, clock }: TablesContext,
): Promise<(PlainRow | undefined)[]> {
  return Promise.all(
    keys.map(async (key): Promise<PlainRow | undefined> => {
      const primaryKey = keyCells(key, table.primaryKey)
      if (columns?.size === 0) return { primaryKey, attributes: [], deletesRow: false }
      const stored = await rows.get(rowsOf(table), key)
      const row = stored && liveRow(decodeRow(stored.data), table.options, clock.now())
      if (!row) return undefined
      const attributes = row.columns.flatMap(({ name, versions: [latest] }): PlainCell[] =>
        columns === undefined || columns.has(name)
          ? [{ name, value: latest!.value, timestampMs: BigInt(latest!.timestampMs) }]
          : [],
      )
      return { primaryKey, attributes, deletesRow: false }
    }),
  )
}
