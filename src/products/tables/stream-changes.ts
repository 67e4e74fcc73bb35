/** The changes of a table for those who follow it, in the order in which they were committed. */

import type { PlainCell } from '../../lib/plain-buffer/cell.ts'
import { decodeValue } from '../../lib/plain-buffer/value.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { RowStore } from '../../ports/rows.ts'
import { actionType } from './messages/streams.ts'
import { keyAfter } from './stream.ts'
import { decodeStreamRecord } from './stream-record.ts'
import { changesOf, type InstanceName, type TableRecord, tableKey } from './table.ts'

export type ChangedValue = bigint | number | boolean | string | Uint8Array

export interface TableChange {
  /** Where it is in the stream. */
  key: Uint8Array
  type: 'PutRow' | 'UpdateRow' | 'DeleteRow'
  timestampMs: number
  primaryKey: { name: string; value: ChangedValue }[]
  columns: {
    type: 'Put' | 'DeleteOneVersion' | 'DeleteAllVersions'
    name: string
    value?: ChangedValue
    timestampMs?: bigint
  }[]
  /** Functions that led to it, each triggered by what the one before it did. */
  hops: number
}

export type TableChanges =
  | { is: 'read'; streamId: string; changesTable: string; changes: TableChange[] }
  | { is: 'noTable' | 'noStream' }

const BYTES_MAX = 4 * 1024 * 1024

/** What comes after a place in a stream; from the start of the stream, when that place is in another. */
export async function changesAfter(
  { records, rows }: { records: Pick<RecordStore, 'get'>; rows: Pick<RowStore, 'scan'> },
  { tableName, ...owner }: InstanceName & { tableName: string },
  place: { streamId: string; key: Uint8Array } | undefined,
  limit: number,
): Promise<TableChanges> {
  const table = (await records.get<TableRecord>(tableKey(owner, tableName)))?.value
  if (!table) return { is: 'noTable' }
  const { stream } = table
  if (!stream) return { is: 'noStream' }
  const changesTable = changesOf(table, stream)
  const from = place?.streamId === stream.id ? keyAfter(place.key) : Uint8Array.of(0)
  const { rows: found } = await rows.scan(changesTable, { from, limit, bytesMax: BYTES_MAX })
  return {
    is: 'read',
    streamId: stream.id,
    changesTable,
    changes: found.map(({ key, data }) => ({ key, ...changeFrom(data) })),
  }
}

function changeFrom(data: Uint8Array): Omit<TableChange, 'key'> {
  const { action, timestampMs, row, hops } = decodeStreamRecord(data)
  return {
    type: types[action],
    timestampMs,
    primaryKey: row.primaryKey.map(({ name, value }) => ({ name, value: plainValue(value!) })),
    columns: row.attributes.map(({ name, op, value, timestampMs: version }) => ({
      type: op === undefined ? 'Put' : columnTypes[op],
      name,
      ...(value ? { value: plainValue(value) } : {}),
      ...(version === undefined ? {} : { timestampMs: version }),
    })),
    hops,
  }
}

const types = {
  [actionType.putRow]: 'PutRow',
  [actionType.updateRow]: 'UpdateRow',
  [actionType.deleteRow]: 'DeleteRow',
} as const

/** What is incremented is kept as what it became. */
const columnTypes = {
  deleteOneVersion: 'DeleteOneVersion',
  deleteAllVersions: 'DeleteAllVersions',
  increment: 'Put',
} as const satisfies Record<NonNullable<PlainCell['op']>, string>

function plainValue(encoded: Uint8Array): ChangedValue {
  const value = decodeValue(encoded)
  switch (value.type) {
    case 'integer':
    case 'double':
    case 'boolean':
    case 'binary':
      return value.value
    case 'string':
      return value.value.toString()
    default:
      throw new TypeError(`a value of the type ${value.type} is not kept in a row`)
  }
}
