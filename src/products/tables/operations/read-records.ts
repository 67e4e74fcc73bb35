import { readRecordsRequest, readRecordsResponse } from '../messages/tunnels.ts'
import { tunnelOperation } from '../product.ts'
import { changesOf } from '../table.ts'
import { readBase, readStream } from '../tunnels/read.ts'
import { FINISHED } from '../tunnels/token.ts'
import { checkNotExpired, requireChannel, requireTunnel } from '../tunnels/tunnel.ts'

export const readRecords = tunnelOperation({
  name: 'ReadRecords',
  path: 'readrecords',
  action: 'ConsumeTunnel',
  request: readRecordsRequest,
  response: readRecordsResponse,
  dataPlane: true,

  async handle(request, context) {
    const { tunnel_id: tunnelId, client_id: clientId, channel_id: channelId, token } = request
    const { tunnel, table } = await requireTunnel(context.records, context, tunnelId)
    checkNotExpired(tunnel, table)
    const { type } = requireChannel(tunnel, channelId)
    context.tunnelClients.requireHolder(tunnelId, clientId, channelId)
    if (token === FINISHED) return { records: [], next_token: FINISHED, may_more_record: false }
    if (type === 'BaseData') return readBase(token, table, context)

    const { streamId, endMs } = tunnel
    // There is such a stream, or the tunnel is expired.
    const changesTable = changesOf(table, table.stream!)
    const read = await readStream(token, { streamId, changesTable, endMs }, table, context)
    // Changes may have been removed before they were read; the note of it is older.
    const { tunnel: now, table: tableNow } = await requireTunnel(context.records, context, tunnelId)
    checkNotExpired(now, tableNow)
    return read
  },
})
