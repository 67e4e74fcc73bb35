/** What a stream keeps of one change of a row: what was done, when, and the cells that it was done with. */

import type { PlainCell, PlainRow } from '../../lib/plain-buffer/cell.ts'
import { readPlainRow } from '../../lib/plain-buffer/read.ts'
import { bufferOf } from '../../lib/plain-buffer/value.ts'
import { writePlainRows } from '../../lib/plain-buffer/write.ts'
import type { RowChange } from './change.ts'
import { actionType } from './messages/streams.ts'
import { columnOf, type Row } from './row.ts'

export interface StreamRecord {
  /** Of `actionType`. */
  action: 1 | 2 | 3
  timestampMs: number
  row: PlainRow
  /** Functions that led to it, each triggered by what the one before it did; up to `HOPS_MAX`. */
  hops: number
}

/** What the byte beside the action has room for. */
const HOPS_MAX = 63

/** An action with the hops above it, when, and the row in PlainBuffer. */
const HEAD_BYTES = 1 + 8

export function encodeStreamRecord({ action, timestampMs, row, hops }: StreamRecord): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head[0] = action | (Math.min(hops, HOPS_MAX) << 2)
  head.writeDoubleLE(timestampMs, 1)
  return Buffer.concat([head, writePlainRows([row])])
}

export function decodeStreamRecord(data: Uint8Array): StreamRecord {
  const bytes = bufferOf(data)
  return {
    action: (bytes[0]! & 3) as StreamRecord['action'],
    hops: bytes[0]! >> 2,
    timestampMs: bytes.readDoubleLE(1),
    row: readPlainRow(bytes.subarray(HEAD_BYTES)),
  }
}

/** `after`: the row as the change has left it, where the values and versions are that the change named only in part. */
export function streamRecordOf(
  change: RowChange,
  after: Row | undefined,
  primaryKey: readonly PlainCell[],
  { nowMs, hops }: { nowMs: number; hops: number },
): StreamRecord {
  const deletesRow = change.is === 'delete'
  const action = actionType[deletesRow ? 'deleteRow' : change.is === 'put' ? 'putRow' : 'updateRow']
  const attributes = deletesRow
    ? []
    : change.cells.map((cell): PlainCell => {
        const { name } = cell
        if (cell.is === 'deleteAll') return { name, op: 'deleteAllVersions' }
        if (cell.is === 'deleteOne')
          return { name, op: 'deleteOneVersion', timestampMs: BigInt(cell.timestampMs) }
        const timestampMs = cell.timestampMs ?? nowMs
        const kept =
          after && columnOf(after, name)?.versions.find((version) => version.timestampMs === timestampMs)
        const value = cell.is === 'put' ? cell.value : kept?.value
        return { name, value, timestampMs: BigInt(timestampMs) }
      })
  return { action, timestampMs: nowMs, row: { primaryKey, attributes, deletesRow }, hops }
}
