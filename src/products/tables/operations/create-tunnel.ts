import type { StoredRecord } from '../../../ports/records.ts'
import { notImplemented, parameterInvalid, quotaExhausted, tunnelExist } from '../errors.ts'
import { createTunnelRequest, createTunnelResponse, tunnelType } from '../messages/tunnels.ts'
import { type TablesContext, tunnelOperation } from '../product.ts'
import { newStream } from '../stream.ts'
import { changesOf, replaceTable, rowsOf, TableChanged, type TableRecord, tunnelKey } from '../table.ts'
import { EXPIRATION_HOURS_MAX } from '../table-options.ts'
import { keptConfig, sectionOf, startOf } from '../tunnels/config.ts'
import { baseToken, streamToken } from '../tunnels/token.ts'
import {
  type ChannelRecord,
  requireTunnelTable,
  TUNNELS_MAX,
  type TunnelRecord,
  type TunnelType,
} from '../tunnels/tunnel.ts'

const typeNames = new Map(
  (Object.entries(tunnelType) as [TunnelType, number][]).map(([name, type]) => [type, name]),
)

/** A table without a stream has one afterwards, which keeps changes as long as can be. */
export const createTunnel = tunnelOperation({
  name: 'CreateTunnel',
  path: 'create',
  action: 'CreateTunnel',
  request: createTunnelRequest,
  response: createTunnelResponse,

  async handle({ tunnel: asked }, context) {
    const { table_name: tableName, tunnel_name: name, StreamTunnelConfig: config } = asked
    if (asked.stream_record_options?.length) throw notImplemented('stream_record_options of a tunnel')
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(name))
      throw parameterInvalid(`Invalid tunnel name: '${name.slice(0, 300)}'.`)
    const { records, rows, ids, clock } = context
    const type = typeNames.get(asked.tunnel_type)!
    let stored = await requireTunnelTable(context, tableName)
    checkRoom(stored.value, name)
    const tunnel: TunnelRecord = {
      id: ids.uuid(),
      name,
      type,
      tableName,
      tableId: stored.value.id,
      createdMs: clock.now(),
      ...(config ? { config: keptConfig(config) } : {}),
      streamId: '',
      channels: [],
    }
    const addChannel = (kind: ChannelRecord['type'], checkpoint: string): void =>
      void tunnel.channels.push({ id: ids.uuid(), type: kind, checkpoint, sequence: '0' })

    if (type !== 'Stream') addChannel('BaseData', baseToken(undefined, stored.value))
    if (type !== 'BaseData') {
      const { expirationHours } = stored.value.stream ?? { expirationHours: EXPIRATION_HOURS_MAX }
      const section = sectionOf(config ?? {}, expirationHours, clock.now())
      if (!stored.value.stream) stored = await withStream(stored, context)
      const { stream } = stored.value
      if (!stream) throw new TableChanged()
      checkRoom(stored.value, name)
      // Before a row is read by anybody: what is written from now on comes behind it.
      const from = await startOf(section, rows, changesOf(stored.value, stream))
      addChannel('Stream', streamToken(stream, from, undefined))
      tunnel.streamId = stream.id
      if (section.endMs !== undefined) tunnel.endMs = section.endMs
    }

    const { id } = tunnel
    const tunnels = [...(stored.value.tunnels ?? []), { id, name }]
    await replaceTable(records, stored, { ...stored.value, tunnels }, [
      { put: tunnelKey(context, id), value: tunnel, expect: 'absent' },
    ])
    return { tunnel_id: id }
  },
})

function checkRoom({ tunnels = [] }: TableRecord, name: string): void {
  if (tunnels.some((tunnel) => tunnel.name === name)) throw tunnelExist(name)
  if (tunnels.length >= TUNNELS_MAX)
    throw quotaExhausted(`Number of tunnels of a table exceeded the quota: ${TUNNELS_MAX}.`)
}

/** When it answers, nobody writes any more who does not know of the stream. */
async function withStream(
  stored: StoredRecord<TableRecord>,
  context: TablesContext,
): Promise<StoredRecord<TableRecord>> {
  const { records, ids, clock, transactions, locks } = context
  const { value: table } = stored
  const stream = { ...newStream(table.name, ids, clock.now()), expirationHours: EXPIRATION_HOURS_MAX }
  await replaceTable(records, stored, { ...table, stream })
  await transactions.abortAll(rowsOf(table))
  await locks.passed(rowsOf(table))
  return requireTunnelTable(context, table.name)
}
