import { parameterInvalid } from '../errors.ts'
import { nothing } from '../messages/common.ts'
import { channelStatus, scheduleRequest } from '../messages/tunnels.ts'
import { tunnelOperation } from '../product.ts'
import { type ChannelRecord, replaceTunnel, requireChannel, requireTunnel } from '../tunnels/tunnel.ts'

const heldBy = new Map<number, ChannelRecord['held']>([
  [channelStatus.OPEN, undefined],
  [channelStatus.CLOSING, 'suspended'],
  [channelStatus.TERMINATED, 'terminated'],
])

/** Suspends, terminates and opens channels by hand. Whoever reads one is told with the next heartbeat; checkpoints stay. */
export const schedule = tunnelOperation({
  name: 'Schedule',
  path: 'schedule',
  action: 'ConsumeTunnel',
  request: scheduleRequest,
  response: nothing,

  async handle({ tunnel_id: tunnelId, channels: wanted }, context) {
    const { tunnel, stored } = await requireTunnel(context.records, context, tunnelId)
    const held = new Map<string, ChannelRecord['held']>()
    for (const { channel_id: channelId, status } of wanted) {
      requireChannel(tunnel, channelId)
      if (!heldBy.has(status))
        throw parameterInvalid('A channel can be scheduled to be OPEN, CLOSING or TERMINATED.')
      held.set(channelId, heldBy.get(status))
    }
    const channels = tunnel.channels.map((channel) => {
      if (!held.has(channel.id)) return channel
      const { held: _, ...others } = channel
      const now = held.get(channel.id)
      return now ? { ...others, held: now } : others
    })
    await replaceTunnel(context.records, stored, { ...tunnel, channels })
    return {}
  },
})
