import { channelStatus, heartbeatRequest, heartbeatResponse } from '../messages/tunnels.ts'
import { tunnelOperation } from '../product.ts'
import type { ChannelStatus } from '../tunnels/channels.ts'
import { channelsOfTunnel, checkNotExpired, requireTunnel } from '../tunnels/tunnel.ts'

const names = new Map(
  (Object.entries(channelStatus) as [ChannelStatus, number][]).map(([name, status]) => [status, name]),
)

export const heartbeat = tunnelOperation({
  name: 'Heartbeat',
  path: 'heartbeat',
  action: 'ConsumeTunnel',
  request: heartbeatRequest,
  response: heartbeatResponse,
  dataPlane: true,

  async handle({ tunnel_id: tunnelId, client_id: clientId, channels }, context) {
    const { tunnel, table } = await requireTunnel(context.records, context, tunnelId)
    checkNotExpired(tunnel, table)
    const reported = channels.map(({ channel_id: channelId, version, status }) => ({
      channelId,
      version,
      status: names.get(status)!,
    }))
    const held = context.tunnelClients.heartbeat(tunnelId, clientId, reported, channelsOfTunnel(tunnel))
    return {
      channels: held.map(({ channelId, version, status }) => ({
        channel_id: channelId,
        version,
        status: channelStatus[status],
      })),
    }
  },
})
