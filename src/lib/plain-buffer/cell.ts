import type { CellOp } from './tags.ts'
import type { EncodedValue } from './value.ts'

/** One column of a row on the wire. */
export interface PlainCell {
  name: string
  value?: EncodedValue | undefined
  op?: CellOp | undefined
  timestampMs?: bigint | undefined
}

export interface PlainRow {
  primaryKey: readonly PlainCell[]
  attributes: readonly PlainCell[]
  deletesRow: boolean
  /** Where a change stands in a stream. */
  sequence?: { epoch: number; timestampUs: bigint; rowIndex: number } | undefined
}
