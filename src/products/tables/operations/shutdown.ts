import { nothing } from '../messages/common.ts'
import { shutdownRequest } from '../messages/tunnels.ts'
import { tunnelOperation } from '../product.ts'
import { requireTunnel } from '../tunnels/tunnel.ts'

export const shutdown = tunnelOperation({
  name: 'Shutdown',
  path: 'shutdown',
  action: 'ConsumeTunnel',
  request: shutdownRequest,
  response: nothing,

  async handle({ tunnel_id: tunnelId, client_id: clientId }, context) {
    await requireTunnel(context.records, context, tunnelId)
    context.tunnelClients.shutdown(tunnelId, clientId)
    return {}
  },
})
