import { connectRequest, connectResponse } from '../messages/tunnels.ts'
import { tunnelOperation } from '../product.ts'
import { checkNotExpired, requireTunnel } from '../tunnels/tunnel.ts'

export const connect = tunnelOperation({
  name: 'Connect',
  path: 'connect',
  action: 'ConsumeTunnel',
  request: connectRequest,
  response: connectResponse,

  async handle({ tunnel_id: tunnelId, client_config: config }, context) {
    const { tunnel, table } = await requireTunnel(context.records, context, tunnelId)
    checkNotExpired(tunnel, table)
    const { timeout: timeoutSeconds, client_tag: tag } = config ?? {}
    return { client_id: context.tunnelClients.connect(tunnelId, { timeoutSeconds, tag }) }
  },
})
