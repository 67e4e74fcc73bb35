/** Messages of tunnels, after `tunnel_service_api.proto` of the SDK for Java. */

import {
  bool,
  bytes,
  int64,
  type MessageContent,
  message,
  oneOf,
  optional,
  repeated,
  required,
  string,
} from '../../../lib/protobuf.ts'

export const tunnelType = { BaseData: 1, Stream: 2, BaseAndStream: 3 } as const

export const startFlag = { latest: 0, earliest: 1 } as const

/** Offsets are unsigned there: who reads one beyond 63 bits has a negative number. */
export const streamTunnelConfig = message({
  flag: optional(1, oneOf(0, 1)),
  startOffset: optional(2, int64),
  endOffset: optional(3, int64),
})
export type StreamTunnelConfigMessage = MessageContent<typeof streamTunnelConfig>

export const createTunnelRequest = message({
  tunnel: required(
    1,
    message({
      table_name: required(1, string),
      tunnel_name: required(3, string),
      tunnel_type: required(4, oneOf(1, 2, 3)),
      StreamTunnelConfig: optional(5, streamTunnelConfig),
      /** A message of newer SDKs: columns of the row as it was before. */
      stream_record_options: optional(7, bytes),
    }),
  ),
})
export const createTunnelResponse = message({ tunnel_id: required(1, string) })

/** Of DeleteTunnel and DescribeTunnel. */
export const tunnelNameRequest = message({
  table_name: required(1, string),
  tunnel_name: required(2, string),
  tunnel_id: optional(3, string),
})

export const listTunnelRequest = message({ table_name: optional(1, string) })

const tunnelInfo = message({
  tunnel_id: required(1, string),
  tunnel_type: required(2, string),
  table_name: required(3, string),
  instance_name: required(4, string),
  stream_id: required(5, string),
  stage: required(6, string),
  expired: optional(7, bool),
  tunnel_name: optional(8, string),
  public: optional(9, bool),
  stream_tunnel_config: optional(10, streamTunnelConfig),
  /** In nanoseconds, as the SDK for Go reads it. */
  create_time: optional(11, int64),
})
export type TunnelInfoMessage = MessageContent<typeof tunnelInfo>

export const listTunnelResponse = message({ tunnels: repeated(1, tunnelInfo) })

export const describeTunnelResponse = message({
  tunnel: required(1, tunnelInfo),
  channels: repeated(
    2,
    message({
      channel_id: required(1, string),
      channel_type: optional(2, string),
      channel_status: optional(3, string),
      client_id: optional(4, string),
      channel_rpo: optional(5, int64),
      channel_count: optional(6, int64),
    }),
  ),
  tunnel_rpo: optional(3, int64),
})

export const connectRequest = message({
  tunnel_id: required(1, string),
  client_config: optional(
    2,
    message({
      /** In seconds. */
      timeout: optional(1, int64),
      client_tag: optional(2, string),
    }),
  ),
})
export const connectResponse = message({ client_id: required(1, string) })

export const channelStatus = { OPEN: 1, CLOSING: 2, CLOSE: 3, TERMINATED: 4 } as const

const channel = message({
  channel_id: required(1, string),
  version: required(2, int64),
  status: required(3, oneOf(1, 2, 3, 4)),
  detail: optional(4, bytes),
})
export type ChannelMessage = MessageContent<typeof channel>

export const heartbeatRequest = message({
  tunnel_id: required(1, string),
  client_id: required(2, string),
  channels: repeated(3, channel),
})
export const heartbeatResponse = message({ channels: repeated(1, channel) })

/** Versions are not looked at. */
export const scheduleRequest = message({ tunnel_id: required(1, string), channels: repeated(2, channel) })

export const shutdownRequest = message({ tunnel_id: required(1, string), client_id: required(2, string) })

const channelOfClient = {
  tunnel_id: required(1, string),
  client_id: required(2, string),
  channel_id: required(3, string),
}

export const getCheckpointRequest = message(channelOfClient)
export const getCheckpointResponse = message({
  checkpoint: required(1, string),
  sequence_number: required(2, int64),
})

export const checkpointRequest = message({
  ...channelOfClient,
  checkpoint: required(4, string),
  sequence_number: required(5, int64),
})

export const readRecordsRequest = message({ ...channelOfClient, token: required(4, string) })
export const readRecordsResponse = message({
  records: repeated(1, message({ action_type: required(1, oneOf(1, 2, 3)), record: required(2, bytes) })),
  next_token: required(2, string),
  may_more_record: optional(3, bool),
})

export const token = message({ version: required(1, int64), content: required(2, bytes) })
/** What it has in common with its second version, which only counts records besides. */
export const tokenContent = message({
  primary_key: optional(1, bytes),
  iterator: optional(2, string),
  timestamp: optional(3, int64),
})
