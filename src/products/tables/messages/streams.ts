import {
  bool,
  bytes,
  int32,
  int64,
  message,
  oneOf,
  optional,
  repeated,
  required,
  string,
} from '../../../lib/protobuf.ts'
import { consumedCapacity } from './common.ts'

export const actionType = { putRow: 1, updateRow: 2, deleteRow: 3 } as const

export const listStreamRequest = message({ table_name: optional(1, string) })
export const listStreamResponse = message({
  streams: repeated(
    1,
    message({
      stream_id: required(1, string),
      table_name: required(2, string),
      creation_time: required(3, int64),
    }),
  ),
})

export const describeStreamRequest = message({
  stream_id: required(1, string),
  inclusive_start_shard_id: optional(2, string),
  shard_limit: optional(3, int32),
  /** Of the SDK for Java: there are no time series tables. */
  support_timeseries_data_table: optional(4, bool),
})
export const describeStreamResponse = message({
  stream_id: required(1, string),
  expiration_time: required(2, int32),
  table_name: required(3, string),
  creation_time: required(4, int64),
  stream_status: required(5, oneOf(1, 2)),
  shards: repeated(
    6,
    message({
      shard_id: required(1, string),
      parent_id: optional(2, string),
      parent_sibling_id: optional(3, string),
    }),
  ),
  next_shard_id: optional(7, string),
})

export const getShardIteratorRequest = message({
  stream_id: required(1, string),
  shard_id: required(2, string),
  /** Of the SDK for Java, in microseconds. */
  timestamp: optional(3, int64),
  token: optional(4, string),
})
export const getShardIteratorResponse = message({
  shard_iterator: required(1, string),
  next_token: optional(2, string),
})

export const getStreamRecordRequest = message({
  shard_iterator: required(1, string),
  limit: optional(2, int32),
  /** Of the SDK for Java. */
  table_name: optional(3, string),
})
export const getStreamRecordResponse = message({
  stream_records: repeated(
    1,
    message({ action_type: required(1, oneOf(1, 2, 3)), record: required(2, bytes) }),
  ),
  next_shard_iterator: optional(2, string),
  consumed: optional(3, consumedCapacity),
  may_more_record: optional(4, bool),
})
