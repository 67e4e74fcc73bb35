/**
 * RowStore: what a table store keeps. A table is a name; its rows are ordered by the bytes of their keys, and a row's
 * content is bytes that mean nothing here: columns, versions, types and conditions are rules, and live above.
 * Tables come into being with their first row. `rows.contract.ts` is the definition of correct.
 *
 * It is not the RecordStore, because rows are bytes and not JSON, keys are bytes and not text, tables are read in both
 * directions, and a log that is appended to in the same commit has to be in the order of the commits.
 */
import type { Expectation } from './records.ts'

export interface RowStore {
  get(table: string, key: Uint8Array): Promise<StoredRow | undefined>
  scan(table: string, range: RowRange): Promise<RowPage>
  /**
   * Applies every write or none; durable when it answers. Throws `RowConflict` when an expectation does not hold.
   * All expectations are about the state before the batch; then the writes happen in order.
   */
  commit(writes: readonly RowWrite[]): Promise<void>
  /** Removes the first rows of a table, at most `limit`, with keys below `before`. Answers whether there are more of them. */
  clear(table: string, range: { before?: Uint8Array; limit: number }): Promise<boolean>
  /** The names of tables that have rows and start with `prefix`, in the order of their bytes. */
  tables(prefix: string): Promise<string[]>
  close(): Promise<void>
}

/** Ends of a range are in the direction of reading: backwards, `from` is the greater key. */
export interface RowRange {
  /** Inclusive. */
  from: Uint8Array
  /** Exclusive. Default: to the last row of that direction. */
  to?: Uint8Array
  backwards?: boolean
  limit: number
  /** After the first row, keys and contents together are at most so many bytes. */
  bytesMax?: number
}

export interface RowPage {
  rows: StoredRow[]
  /** The key of the first row of the range that is not among them, because of a limit. */
  next?: Uint8Array
}

export interface StoredRow {
  key: Uint8Array
  data: Uint8Array
  /** Changes with every write of this row and is never used twice for it, even over a removal; pass it back as `expect`. */
  version: number
}

export type RowWrite =
  | { table: string; put: Uint8Array; data: Uint8Array; expect?: Expectation }
  | { table: string; remove: Uint8Array; expect?: Expectation }
  /**
   * A row whose key is its version, as eight bytes, the highest first: greater than the keys of all rows that were ever
   * appended to this table. Who has read up to a key misses nothing that is committed later.
   */
  | { table: string; append: Uint8Array }

/** A row was not as the caller expected; nothing of the batch was written. */
export class RowConflict extends Error {
  readonly table: string
  readonly key: Uint8Array

  constructor(table: string, key: Uint8Array) {
    super(`a row of the table '${table}' is not as expected`)
    this.name = 'RowConflict'
    this.table = table
    this.key = key
  }
}

/** Eight columns of a kilobyte (an index and its table) whose every byte is escaped, and what is between them. */
export const ROW_KEY_BYTES_MAX = 16 * 1024 + 64

export function checkRowKey(key: Uint8Array): void {
  if (key.length === 0) throw new RangeError('the key of a row is not empty')
  if (key.length > ROW_KEY_BYTES_MAX)
    throw new RangeError(`the key of a row is longer than ${ROW_KEY_BYTES_MAX} bytes`)
}

/** The key of a row that is appended with this version. */
export function appendedKey(version: number): Buffer {
  const key = Buffer.alloc(8)
  key.writeBigUInt64BE(BigInt(version))
  return key
}
