import { parameterInvalid, sequenceNumberNotMatch } from '../errors.ts'
import { nothing } from '../messages/common.ts'
import { checkpointRequest } from '../messages/tunnels.ts'
import { tunnelOperation } from '../product.ts'
import type { TableRecord } from '../table.ts'
import { FINISHED, placeInBase, placeInStream } from '../tunnels/token.ts'
import {
  type ChannelRecord,
  checkNotExpired,
  replaceTunnel,
  requireChannel,
  requireTunnel,
  type TunnelRecord,
} from '../tunnels/tunnel.ts'

/** A channel is read up to here. Durable when it is answered; one with a number that is not higher is old. */
export const checkpoint = tunnelOperation({
  name: 'Checkpoint',
  path: 'checkpoint',
  action: 'ConsumeTunnel',
  request: checkpointRequest,
  response: nothing,

  async handle(request, context) {
    const { tunnel_id: tunnelId, client_id: clientId, channel_id: channelId } = request
    const { tunnel, table, stored } = await requireTunnel(context.records, context, tunnelId)
    checkNotExpired(tunnel, table)
    const channel = requireChannel(tunnel, channelId)
    context.tunnelClients.requireHolder(tunnelId, clientId, channelId)
    checkToken(request.checkpoint, channel, tunnel, table)
    const sequence = request.sequence_number
    if (sequence <= BigInt(channel.sequence)) throw sequenceNumberNotMatch()
    const noted = { ...channel, checkpoint: request.checkpoint, sequence: String(sequence) }
    const channels = tunnel.channels.map((other) => (other.id === channelId ? noted : other))
    await replaceTunnel(context.records, stored, { ...tunnel, channels })
    return {}
  },
})

/** Nothing is noted that could not be read from. */
function checkToken(
  text: string,
  { type }: ChannelRecord,
  { streamId, endMs }: TunnelRecord,
  table: TableRecord,
): void {
  if (text === FINISHED) {
    if (type === 'Stream' && endMs === undefined) throw parameterInvalid('The channel has no end.')
  } else if (type === 'BaseData') placeInBase(text, table)
  else placeInStream(text, streamId)
}
