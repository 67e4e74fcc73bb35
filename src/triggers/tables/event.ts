import { type CborValue, encodeCbor } from '../../lib/cbor.ts'
import type { TableChange } from './needs.ts'

/** What the function is given, in CBOR (fc-events/fc3-tablestore.json). */
export const tableEvent = (changes: readonly TableChange[]): Buffer =>
  encodeCbor({
    Version: 'Sync-v1',
    Records: changes.map(({ type, timestampMs, primaryKey, columns }) => ({
      Type: type,
      // The vendor's are microseconds, as those of streams.
      Info: { Timestamp: BigInt(timestampMs) * 1000n },
      PrimaryKey: primaryKey.map(({ name, value }) => ({ ColumnName: name, Value: value })),
      Columns: columns.map((column): { [key: string]: CborValue } => ({
        Type: column.type,
        ColumnName: column.name,
        ...(column.value === undefined ? {} : { Value: column.value }),
        ...(column.timestampMs === undefined ? {} : { Timestamp: column.timestampMs }),
      })),
    })),
  })
