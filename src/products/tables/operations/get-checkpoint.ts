import { getCheckpointRequest, getCheckpointResponse } from '../messages/tunnels.ts'
import { tunnelOperation } from '../product.ts'
import { checkNotExpired, requireChannel, requireTunnel } from '../tunnels/tunnel.ts'

export const getCheckpoint = tunnelOperation({
  name: 'GetCheckpoint',
  path: 'getcheckpoint',
  action: 'ConsumeTunnel',
  request: getCheckpointRequest,
  response: getCheckpointResponse,

  async handle({ tunnel_id: tunnelId, client_id: clientId, channel_id: channelId }, context) {
    const { tunnel, table } = await requireTunnel(context.records, context, tunnelId)
    checkNotExpired(tunnel, table)
    const { checkpoint, sequence } = requireChannel(tunnel, channelId)
    context.tunnelClients.requireHolder(tunnelId, clientId, channelId)
    return { checkpoint, sequence_number: BigInt(sequence) }
  },
})
