import {
  bool,
  bytes,
  int32,
  int64,
  type MessageContent,
  message,
  oneOf,
  optional,
  repeated,
  required,
  sint64,
  string,
} from '../../../lib/protobuf.ts'
import { capacityUnit, consumedCapacity } from './common.ts'

export const primaryKeyTypes = { integer: 1, string: 2, binary: 3 } as const
const AUTO_INCREMENT = 1

export const primaryKeySchema = message({
  name: required(1, string),
  type: required(2, oneOf(1, 2, 3)),
  option: optional(3, oneOf(AUTO_INCREMENT)),
})
const definedColumn = message({ name: required(1, string), type: required(2, oneOf(1, 2, 3, 4, 7)) })

export const indexUpdateMode = { async: 0, sync: 1 } as const
export const indexType = { global: 0, local: 1 } as const
export const indexSyncPhase = { full: 1, incremental: 2 } as const

export const indexMeta = message({
  name: required(1, string),
  primary_key: repeated(2, string),
  defined_column: repeated(3, string),
  index_update_mode: required(4, oneOf(0, 1)),
  index_type: required(5, oneOf(0, 1)),
  index_sync_phase: optional(6, oneOf(0, 1, 2)),
})

export type IndexMetaMessage = MessageContent<typeof indexMeta>

const tableMeta = message({
  table_name: required(1, string),
  primary_key: repeated(2, primaryKeySchema),
  defined_column: repeated(3, definedColumn),
  index_meta: repeated(4, indexMeta),
})
export type TableMetaMessage = MessageContent<typeof tableMeta>

const tableOptions = message({
  time_to_live: optional(1, int32),
  max_versions: optional(2, int32),
  bloom_filter_type: optional(3, oneOf(1, 2, 3)),
  block_size: optional(4, int32),
  deviation_cell_version_in_sec: optional(5, int64),
  allow_update: optional(6, bool),
  /** Of the SDK for Java. */
  update_full_row: optional(7, bool),
})
export type TableOptionsMessage = MessageContent<typeof tableOptions>

const reservedThroughput = message({ capacity_unit: required(1, capacityUnit) })
export type ReservedThroughputMessage = MessageContent<typeof reservedThroughput>

const reservedThroughputDetails = message({
  capacity_unit: required(1, capacityUnit),
  last_increase_time: required(2, int64),
  last_decrease_time: optional(3, int64),
})
const streamSpecification = message({
  enable_stream: required(1, bool),
  expiration_time: optional(2, int32),
  /** Of the SDK for Java. */
  columns_to_get: repeated(3, string),
})
export type StreamSpecificationMessage = MessageContent<typeof streamSpecification>

const streamDetails = message({
  enable_stream: required(1, bool),
  stream_id: optional(2, string),
  expiration_time: optional(3, int32),
  last_enable_time: optional(4, int64),
})
const partitionRange = message({ begin: required(1, bytes), end: required(2, bytes) })
/** Of the SDK for Java. */
const sseSpecification = message({ enable: required(1, bool) })

export const createTableRequest = message({
  table_meta: required(1, tableMeta),
  reserved_throughput: required(2, reservedThroughput),
  table_options: optional(3, tableOptions),
  partitions: repeated(4, partitionRange),
  stream_spec: optional(5, streamSpecification),
  sse_spec: optional(6, sseSpecification),
  index_metas: repeated(7, indexMeta),
  /** Of the SDK for Java. Local transactions are open to every table here. */
  enable_local_txn: optional(8, bool),
})
export const updateTableRequest = message({
  table_name: required(1, string),
  reserved_throughput: optional(2, reservedThroughput),
  table_options: optional(3, tableOptions),
  stream_spec: optional(4, streamSpecification),
})
export const updateTableResponse = message({
  reserved_throughput_details: required(1, reservedThroughputDetails),
  table_options: required(2, tableOptions),
  stream_details: optional(3, streamDetails),
})
/** DescribeTable, DeleteTable and others that name a table and nothing else. */
export const tableNameRequest = message({ table_name: required(1, string) })

export const describeTableResponse = message({
  table_meta: required(1, tableMeta),
  reserved_throughput_details: required(2, reservedThroughputDetails),
  table_options: required(3, tableOptions),
  table_status: required(4, oneOf(1, 2, 3, 4, 5)),
  stream_details: optional(5, streamDetails),
  shard_splits: repeated(6, bytes),
  index_metas: repeated(8, indexMeta),
  /** Of the SDK for Java; in microseconds. */
  creation_time: optional(9, int64),
})
export const listTableResponse = message({ table_names: repeated(1, string) })

export const addDefinedColumnRequest = message({
  table_name: required(1, string),
  columns: repeated(2, definedColumn),
})
export const deleteDefinedColumnRequest = message({
  table_name: required(1, string),
  columns: repeated(2, string),
})

export const createIndexRequest = message({
  main_table_name: required(1, string),
  index_meta: required(2, indexMeta),
  include_base_data: optional(3, bool),
})
export const dropIndexRequest = message({
  main_table_name: required(1, string),
  index_name: required(2, string),
})

export const computeSplitPointsBySizeRequest = message({
  table_name: required(1, string),
  split_size: required(2, int64),
  split_size_unit_in_byte: optional(3, int64),
  /** Of the SDK for Java. */
  split_point_limit: optional(4, int32),
})
export const computeSplitPointsBySizeResponse = message({
  consumed: required(1, consumedCapacity),
  schema: repeated(2, primaryKeySchema),
  split_points: repeated(3, bytes),
  locations: repeated(4, message({ location: required(1, string), repeat: required(2, sint64) })),
})
