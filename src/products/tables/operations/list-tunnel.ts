import { listTunnelRequest, listTunnelResponse, type TunnelInfoMessage } from '../messages/tunnels.ts'
import { tunnelOperation } from '../product.ts'
import { tablesIn, tunnelKey } from '../table.ts'
import { tunnelInfo } from '../tunnels/info.ts'
import { requireTunnelTable, type TunnelRecord } from '../tunnels/tunnel.ts'

export const listTunnel = tunnelOperation({
  name: 'ListTunnel',
  path: 'list',
  action: 'ListTunnel',
  request: listTunnelRequest,
  response: listTunnelResponse,

  async handle({ table_name: name }, context) {
    const { records } = context
    const tables = name ? [await requireTunnelTable(context, name)] : await tablesIn(records, context)
    const tunnels: TunnelInfoMessage[] = []
    for (const { value: table } of tables) {
      for (const { id } of table.tunnels ?? []) {
        const stored = await records.get<TunnelRecord>(tunnelKey(context, id))
        // One that is deleted meanwhile.
        if (stored) tunnels.push(tunnelInfo(stored.value, table, context))
      }
    }
    return { tunnels }
  },
})
