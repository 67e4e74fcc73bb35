/** A client of tunnels that does what the workers of the vendor's SDKs do, one step at a time. */
import assert from 'node:assert/strict'
import type { PlainRow } from '../../../lib/plain-buffer/cell.ts'
import { readPlainRow } from '../../../lib/plain-buffer/read.ts'
import { nothing } from '../messages/common.ts'
import {
  type ChannelMessage,
  channelStatus,
  checkpointRequest,
  connectRequest,
  connectResponse,
  createTunnelRequest,
  createTunnelResponse,
  describeTunnelResponse,
  getCheckpointRequest,
  getCheckpointResponse,
  heartbeatRequest,
  heartbeatResponse,
  listTunnelRequest,
  listTunnelResponse,
  readRecordsRequest,
  readRecordsResponse,
  type StreamTunnelConfigMessage,
  scheduleRequest,
  shutdownRequest,
  tunnelNameRequest,
  tunnelType,
} from '../messages/tunnels.ts'
import { Refused, type RunningTables } from '../tables.testing.ts'
import { FINISHED } from './token.ts'
import type { TunnelType } from './tunnel.ts'

export type TunnelApi = ReturnType<typeof tunnelApi>

/** `tables` may be another one each time, as after a restart. */
export const tunnelApi = (tables: () => Pick<RunningTables, 'call'>) => ({
  create: async (
    table_name: string,
    tunnel_name: string,
    type: TunnelType,
    StreamTunnelConfig?: StreamTunnelConfigMessage,
  ): Promise<string> => {
    const tunnel = { table_name, tunnel_name, tunnel_type: tunnelType[type], StreamTunnelConfig }
    const request = { tunnel }
    return (await tables().call('tunnel/create', createTunnelRequest, createTunnelResponse, request))
      .tunnel_id
  },
  remove: (table_name: string, tunnel_name: string) =>
    tables().call('tunnel/delete', tunnelNameRequest, nothing, { table_name, tunnel_name }),
  list: async (table_name?: string) =>
    (await tables().call('tunnel/list', listTunnelRequest, listTunnelResponse, { table_name })).tunnels,
  describe: (table_name: string, tunnel_name: string) =>
    tables().call('tunnel/describe', tunnelNameRequest, describeTunnelResponse, { table_name, tunnel_name }),
  connect: async (tunnel_id: string, timeout?: bigint, client_tag?: string) => {
    const request = { tunnel_id, client_config: { timeout, client_tag } }
    return (await tables().call('tunnel/connect', connectRequest, connectResponse, request)).client_id
  },
  heartbeat: async (tunnel_id: string, client_id: string, channels: ChannelMessage[]) => {
    const request = { tunnel_id, client_id, channels }
    return (await tables().call('tunnel/heartbeat', heartbeatRequest, heartbeatResponse, request)).channels
  },
  shutdown: (tunnel_id: string, client_id: string) =>
    tables().call('tunnel/shutdown', shutdownRequest, nothing, { tunnel_id, client_id }),
  schedule: (tunnel_id: string, ...channels: [channel_id: string, status: keyof typeof channelStatus][]) =>
    tables().call('tunnel/schedule', scheduleRequest, nothing, {
      tunnel_id,
      channels: channels.map(([channel_id, status]) => ({
        channel_id,
        version: 0n,
        status: channelStatus[status],
      })),
    }),
  getCheckpoint: (tunnel_id: string, client_id: string, channel_id: string) =>
    tables().call('tunnel/getcheckpoint', getCheckpointRequest, getCheckpointResponse, {
      tunnel_id,
      client_id,
      channel_id,
    }),
  read: (tunnel_id: string, client_id: string, channel_id: string, token: string) =>
    tables().call('tunnel/readrecords', readRecordsRequest, readRecordsResponse, {
      tunnel_id,
      client_id,
      channel_id,
      token,
    }),
  checkpoint: (
    tunnel_id: string,
    client_id: string,
    channel_id: string,
    checkpoint: string,
    sequence_number: bigint,
  ) =>
    tables().call('tunnel/checkpoint', checkpointRequest, nothing, {
      tunnel_id,
      client_id,
      channel_id,
      checkpoint,
      sequence_number,
    }),
})

export interface TunnelRead {
  action: number
  row: PlainRow
  /** Undefined for a row, which is no change. */
  place: { timestampUs: bigint; rowIndex: number } | undefined
}

interface Reading {
  channel: ChannelMessage
  token: string
  /** Of the last checkpoint. */
  sequence: bigint
}

/** What it reads goes to `process`, in order. It has at most the channels that the last heartbeat gave it. */
export function tunnelWorker(
  api: TunnelApi,
  tunnelId: string,
  process: (records: TunnelRead[], channelId: string) => void,
  timeoutSeconds?: bigint,
) {
  let clientId: string | undefined
  const readings = new Map<string, Reading>()

  /** It has to connect again when it is told so, and has nothing then. */
  async function unlessGone(task: () => Promise<void>): Promise<void> {
    try {
      await task()
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'OTSResourceGone') throw error
      clientId = undefined
      readings.clear()
    }
  }

  return {
    get clientId() {
      return clientId
    },
    get channelIds() {
      return [...readings.keys()]
    },

    beat: () =>
      unlessGone(async () => {
        clientId ??= await api.connect(tunnelId, timeoutSeconds)
        const reported = [...readings.values()].map(({ channel }) => channel)
        const channels = await api.heartbeat(tunnelId, clientId, reported)
        for (const id of readings.keys())
          if (!channels.some(({ channel_id }) => channel_id === id)) readings.delete(id)
        for (const channel of channels) {
          const id = channel.channel_id
          const reading = readings.get(id)
          if (channel.status === channelStatus.CLOSING) {
            // It stops at once, and says so next time.
            const closed = { ...channel, version: channel.version + 1n, status: channelStatus.CLOSE }
            readings.set(id, { ...(reading ?? { token: '', sequence: 0n }), channel: closed })
          } else if (reading && reading.channel.status === channel.status) reading.channel = channel
          else if (channel.status === channelStatus.TERMINATED)
            readings.set(id, { ...(reading ?? { token: FINISHED, sequence: 0n }), channel })
          else if (channel.status === channelStatus.OPEN) {
            const { checkpoint, sequence_number } = await api.getCheckpoint(tunnelId, clientId, id)
            readings.set(id, { channel, token: checkpoint, sequence: sequence_number })
          }
        }
      }),

    /** A page of each channel; how many records. */
    async read(): Promise<number> {
      let count = 0
      await unlessGone(async () => {
        for (const [id, reading] of readings) {
          if (reading.channel.status !== channelStatus.OPEN || reading.token === FINISHED) continue
          const { records, next_token } = await api.read(tunnelId, clientId!, id, reading.token)
          process(records.map(readOf), id)
          reading.token = next_token
          count += records.length
        }
      })
      return count
    },

    checkpoint: () =>
      unlessGone(async () => {
        for (const [id, reading] of readings) {
          if (reading.channel.status !== channelStatus.OPEN) continue
          await api.checkpoint(tunnelId, clientId!, id, reading.token, reading.sequence + 1n)
          reading.sequence++
        }
      }),

    /** As a worker ends that is told to; one that is killed just says nothing any more. */
    shutdown: () =>
      unlessGone(async () => {
        if (clientId !== undefined) await api.shutdown(tunnelId, clientId)
        clientId = undefined
        readings.clear()
      }),
  }
}

/** The extension of a change is the last but the checksum, and of one length. */
const EXTENSION_BYTES = 29
const CHECKSUM_BYTES = 2

export function readOf({
  action_type: action,
  record,
}: {
  action_type: number
  record: Uint8Array
}): TunnelRead {
  const bytes = Buffer.from(record)
  const at = bytes.length - EXTENSION_BYTES - CHECKSUM_BYTES
  const row = readPlainRow(bytes)
  if (bytes[at] !== 0x0b || bytes[at + 5] !== 0x0c || bytes[at + 10] !== 0x0d)
    return { action, row, place: undefined }
  assert.equal(bytes.readUInt32LE(at + 1), 24)
  assert.equal(bytes.readUInt32LE(at + 6), 19)
  return {
    action,
    row,
    place: { timestampUs: bytes.readBigInt64LE(at + 16), rowIndex: bytes.readUInt32LE(at + 25) },
  }
}
