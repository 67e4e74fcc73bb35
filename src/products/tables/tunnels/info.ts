import type { TunnelInfoMessage } from '../messages/tunnels.ts'
import type { TableRecord } from '../table.ts'
import { configMessage } from './config.ts'
import { isExpired, stageOf, type TunnelRecord } from './tunnel.ts'

export const tunnelInfo = (
  tunnel: TunnelRecord,
  table: TableRecord,
  { instance }: { instance: string },
): TunnelInfoMessage => ({
  tunnel_id: tunnel.id,
  tunnel_type: tunnel.type,
  table_name: tunnel.tableName,
  instance_name: instance,
  stream_id: tunnel.streamId,
  stage: stageOf(tunnel),
  expired: isExpired(tunnel, table),
  tunnel_name: tunnel.name,
  ...(tunnel.config ? { stream_tunnel_config: configMessage(tunnel.config) } : {}),
  create_time: BigInt(tunnel.createdMs) * 1_000_000n,
})
