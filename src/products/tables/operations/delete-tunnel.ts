import { nothing } from '../messages/common.ts'
import { tunnelNameRequest } from '../messages/tunnels.ts'
import { tunnelOperation } from '../product.ts'
import { replaceTable, tunnelKey } from '../table.ts'
import { requireTunnelNamed } from '../tunnels/tunnel.ts'

/** The stream of the table stays on. */
export const deleteTunnel = tunnelOperation({
  name: 'DeleteTunnel',
  path: 'delete',
  action: 'DeleteTunnel',
  request: tunnelNameRequest,
  response: nothing,

  async handle({ table_name: tableName, tunnel_name: name, tunnel_id: id }, context) {
    const { storedTable: stored, tunnel } = await requireTunnelNamed(context, tableName, { name, id })
    const tunnels = stored.value.tunnels?.filter((other) => other.id !== tunnel.id) ?? []
    await replaceTable(context.records, stored, { ...stored.value, tunnels }, [
      { remove: tunnelKey(context, tunnel.id) },
    ])
    context.tunnelClients.drop(tunnel.id)
    return {}
  },
})
