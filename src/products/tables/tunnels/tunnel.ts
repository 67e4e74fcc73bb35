/**
 * A tunnel as a record: what was asked for, and how far it has come. It has a channel for the rows, one for the changes
 * behind them, or both: then the changes begin where the log ended before the first row was read, so that nothing falls
 * between the two.
 */
import type { RecordStore, StoredRecord } from '../../../ports/records.ts'
import { parameterInvalid, tunnelExpired, tunnelNotExist } from '../errors.ts'
import type { TablesContext } from '../product.ts'
import {
  commitOf,
  type InstanceName,
  requireMainTable,
  type TableRecord,
  tableKey,
  tunnelKey,
} from '../table.ts'
import type { ChannelsOfTunnel } from './channels.ts'
import { FINISHED } from './token.ts'

export type TunnelType = 'BaseData' | 'Stream' | 'BaseAndStream'
export type Stage = 'ProcessBaseData' | 'ProcessStream'

export interface TunnelRecord {
  id: string
  name: string
  type: TunnelType
  tableName: string
  /** A later table of that name is another. */
  tableId: string
  createdMs: number
  /** As it was asked for; offsets as numbers in decimal. */
  config?: { flag?: 0 | 1; startOffset?: string; endOffset?: string }
  /** Of the stream that it reads; '' for a tunnel that reads none. */
  streamId: string
  /** The stream is read up to here. */
  endMs?: number
  /** Changes were removed, as they were too old, that it had not read. */
  isExpired?: true
  channels: ChannelRecord[]
}

export interface ChannelRecord {
  id: string
  type: 'BaseData' | 'Stream'
  /** A token, or `FINISHED`. */
  checkpoint: string
  /** Of the checkpoint, in decimal: of 64 bits. */
  sequence: string
  /** By hand: nobody reads it until it is opened again, and the terminated one counts as read to its end. */
  held?: 'suspended' | 'terminated'
}

/** The vendor's, of a table. */
export const TUNNELS_MAX = 20

export const isFinished = ({ checkpoint, held }: ChannelRecord): boolean =>
  checkpoint === FINISHED || held === 'terminated'

/** Channels to be read now: those of the stream wait until all rows are read. */
function openOf({ channels }: TunnelRecord): ChannelRecord[] {
  const left = channels.filter((channel) => !isFinished(channel))
  const base = left.filter(({ type }) => type === 'BaseData')
  return base.length > 0 ? base : left
}

/** Those that clients know: open ones, and those that were read to their end. */
export const channelsToShow = (tunnel: TunnelRecord): ChannelRecord[] => {
  const open = openOf(tunnel)
  return tunnel.channels.filter((channel) => isFinished(channel) || open.includes(channel))
}

export const channelsOfTunnel = (tunnel: TunnelRecord): ChannelsOfTunnel => ({
  open: openOf(tunnel).flatMap(({ id, held }) => (held ? [] : [id])),
  finished: tunnel.channels.filter(isFinished).map(({ id }) => id),
})

/** Nothing has to be initialized here, so that this stage of the vendor's is never seen. */
export const stageOf = (tunnel: TunnelRecord): Stage =>
  tunnel.type === 'Stream' ||
  (tunnel.type === 'BaseAndStream' && openOf(tunnel).every(({ type }) => type === 'Stream'))
    ? 'ProcessStream'
    : 'ProcessBaseData'

export const isExpired = (tunnel: TunnelRecord, { stream }: TableRecord): boolean =>
  tunnel.streamId !== '' && (tunnel.isExpired === true || stream?.id !== tunnel.streamId)

/** Rows can still be read of a tunnel whose changes are lost. */
export function checkNotExpired(tunnel: TunnelRecord, table: TableRecord): void {
  if (stageOf(tunnel) === 'ProcessStream' && isExpired(tunnel, table)) throw tunnelExpired()
}

export interface FoundTunnel {
  table: TableRecord
  tunnel: TunnelRecord
  stored: StoredRecord<TunnelRecord>
}

/** Throws where the instance has no tunnel of this id. */
export async function requireTunnel(
  records: Pick<RecordStore, 'get'>,
  owner: InstanceName,
  tunnelId: string,
): Promise<FoundTunnel> {
  const stored = /^[\w-]{1,100}$/.test(tunnelId)
    ? await records.get<TunnelRecord>(tunnelKey(owner, tunnelId))
    : undefined
  const table = stored && (await records.get<TableRecord>(tableKey(owner, stored.value.tableName)))
  if (!table || table.value.id !== stored.value.tableId) throw tunnelNotExist()
  return { table: table.value, tunnel: stored.value, stored }
}

/** Throws `TableChanged` when another checkpoint, the sweeper or who deleted it came first: the request looks at it again. */
export const replaceTunnel = (
  records: Pick<RecordStore, 'commit'>,
  { key, version }: StoredRecord<TunnelRecord>,
  value: TunnelRecord,
): Promise<void> => commitOf(records, [{ put: key, value, expect: version }])

export function requireChannel({ channels }: TunnelRecord, channelId: string): ChannelRecord {
  const channel = channels.find(({ id }) => id === channelId)
  if (!channel) throw parameterInvalid('Requested channel does not exist.')
  return channel
}

/** A table that tunnels can be of; to tunnels, one that is not there is a wrong parameter. */
export async function requireTunnelTable(context: TablesContext, name: string) {
  try {
    return await requireMainTable(context.records, context, name)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'OTSObjectNotExist')
      throw parameterInvalid('Requested table does not exist.')
    throw error
  }
}

/** By its name; by its id as well where that is given. */
export async function requireTunnelNamed(
  context: TablesContext,
  tableName: string,
  { name, id }: { name: string; id: string | undefined },
) {
  const storedTable = await requireTunnelTable(context, tableName)
  const named = storedTable.value.tunnels?.find((tunnel) => tunnel.name === name)
  if (!named || (id !== undefined && id !== '' && id !== named.id)) throw tunnelNotExist()
  const { tunnel } = await requireTunnel(context.records, context, named.id)
  return { storedTable, tunnel }
}
