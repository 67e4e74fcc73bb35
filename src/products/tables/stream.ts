/** Streams of tables: found by their ids, and read through iterators, which are texts that say where. */
import type { IdSource } from '../../lib/ids.ts'
import type { PlainRow } from '../../lib/plain-buffer/cell.ts'
import type { RecordStore } from '../../ports/records.ts'
import { parameterInvalid, streamNotExist } from './errors.ts'
import { type InstanceName, type StreamSettings, type TableRecord, tableKey } from './table.ts'

export const newStream = (
  tableName: string,
  ids: IdSource,
  nowMs: number,
): Pick<StreamSettings, 'id' | 'enabledMs'> => ({ id: `${tableName}_${ids.uuid()}`, enabledMs: nowMs })

/** The vendor's streams are split with their tables; a table here is one shard, named after its stream. */
export const shardOf = ({ id }: StreamSettings): string => id.slice(id.lastIndexOf('_') + 1)

export interface FoundStream {
  table: TableRecord
  stream: StreamSettings
}

/** The name in the id of a stream; '' for what is no id. */
export const tableOfStream = (streamId: string): string =>
  streamId.slice(0, Math.max(0, streamId.lastIndexOf('_')))

export async function requireStream(
  records: RecordStore,
  owner: InstanceName,
  streamId: string,
): Promise<FoundStream> {
  const name = tableOfStream(streamId)
  const found = name === '' ? undefined : await records.get<TableRecord>(tableKey(owner, name))
  const stream = found?.value.stream
  if (!stream || stream.id !== streamId) throw streamNotExist()
  return { table: found.value, stream }
}

/** Lower than the key of every change. */
const START = '00'

/** `from`: the key of the next change to be read, or lower. */
export const iteratorOf = ({ id }: Pick<StreamSettings, 'id'>, from: Uint8Array | undefined): string =>
  `${id}/${from ? Buffer.from(from).toString('hex') : START}`

export function parseIterator(iterator: string): { streamId: string; from: Buffer } {
  const match = /^([^/]{1,400})\/((?:[0-9a-f]{2}){1,9})$/.exec(iterator)
  if (!match) throw parameterInvalid('The shard iterator is invalid.')
  return { streamId: match[1]!, from: Buffer.from(match[2]!, 'hex') }
}

/** The least key that is greater. */
export const keyAfter = (key: Uint8Array): Uint8Array => Uint8Array.of(...key, 0)

/**
 * The place of a change, as streams and tunnels tell it. The row index tells changes of the same time apart, and rises with
 * them: clients take changes of one place for the same one.
 */
export const placeOf = (key: Uint8Array, timestampMs: number): NonNullable<PlainRow['sequence']> => ({
  epoch: 0,
  timestampUs: BigInt(timestampMs) * 1000n,
  rowIndex: Buffer.from(key).readUInt32BE(4) & 0x7fffffff,
})
