import { describeTunnelResponse, tunnelNameRequest } from '../messages/tunnels.ts'
import { type TablesContext, tunnelOperation } from '../product.ts'
import { tunnelInfo } from '../tunnels/info.ts'
import { FINISHED, placeInStream } from '../tunnels/token.ts'
import {
  type ChannelRecord,
  channelsToShow,
  isFinished,
  requireTunnelNamed,
  type TunnelRecord,
} from '../tunnels/tunnel.ts'

export const describeTunnel = tunnelOperation({
  name: 'DescribeTunnel',
  path: 'describe',
  action: 'DescribeTunnel',
  request: tunnelNameRequest,
  response: describeTunnelResponse,

  async handle({ table_name: tableName, tunnel_name: name, tunnel_id: id }, context) {
    const { storedTable, tunnel } = await requireTunnelNamed(context, tableName, { name, id })
    const shown = channelsToShow(tunnel)
    const stream = tunnel.channels.find(({ type }) => type === 'Stream')
    return {
      tunnel: tunnelInfo(tunnel, storedTable.value, context),
      channels: shown.map((channel) => ({
        channel_id: channel.id,
        channel_type: channel.type,
        ...holderOf(channel, tunnel, context),
        channel_rpo: consumedNs(channel, tunnel),
      })),
      tunnel_rpo: stream ? consumedNs(stream, tunnel) : 0n,
    }
  },
})

function holderOf(channel: ChannelRecord, tunnel: TunnelRecord, { tunnelClients }: TablesContext) {
  const holder = tunnelClients.holderOf(tunnel.id, channel.id)
  const status = isFinished(channel)
    ? 'TERMINATED'
    : (holder?.status ?? (channel.held === 'suspended' ? 'CLOSE' : 'WAIT'))
  return { channel_status: status, client_id: holder?.clientId ?? '' }
}

/** When the last change came that was read durably; 0: none yet. */
function consumedNs({ type, checkpoint }: ChannelRecord, { streamId, endMs = 0 }: TunnelRecord): bigint {
  if (type === 'BaseData') return 0n
  if (checkpoint === FINISHED) return BigInt(endMs) * 1_000_000n
  return placeInStream(checkpoint, streamId).timeNs ?? 0n
}
