/** Search indexes and searches. Names and numbers are the vendor's. */
import {
  bool,
  bytes,
  double,
  int32,
  int64,
  type MessageContent,
  message,
  oneOf,
  optional,
  repeated,
  required,
  string,
} from '../../../lib/protobuf.ts'
import { consumedCapacity } from './common.ts'

export const fieldType = {
  long: 1,
  double: 2,
  boolean: 3,
  keyword: 4,
  text: 5,
  nested: 6,
  geoPoint: 7,
  date: 8,
  vector: 9,
} as const
export const columnReturnType = { all: 1, specified: 2, none: 3, allFromIndex: 4 } as const
export const searchSyncPhase = { full: 1, incremental: 2 } as const
export const searchIndexStatus = { running: 3 } as const
export const sortOrder = { ascending: 0, descending: 1 } as const

export const singleWordParameter = message({
  case_sensitive: optional(1, bool),
  delimit_word: optional(2, bool),
})
export const splitParameter = message({ delimiter: optional(1, string) })
export const fuzzyParameter = message({ min_chars: optional(1, int32), max_chars: optional(2, int32) })

/** `field_schemas`: each a message like this one. */
export const fieldSchema = message({
  field_name: required(1, string),
  field_type: required(2, oneOf(1, 2, 3, 4, 5, 6, 7, 8, 9)),
  index_options: optional(3, oneOf(1, 2, 3, 4)),
  analyzer: optional(4, string),
  index: optional(5, bool),
  doc_values: optional(6, bool),
  store: optional(7, bool),
  field_schemas: repeated(8, bytes),
  is_array: optional(9, bool),
  analyzer_parameter: optional(10, bytes),
  is_virtual_field: optional(11, bool),
  source_field_names: repeated(12, string),
  date_formats: repeated(13, string),
  enable_highlighting: optional(14, bool),
  vector_options: optional(15, bytes),
})
export type FieldSchemaMessage = MessageContent<typeof fieldSchema>

const nestedFilter = message({ path: required(1, string), filter: required(2, bytes) })
const order = oneOf(0, 1)
const mode = oneOf(0, 1, 2)
const fieldSort = message({
  field_name: required(1, string),
  order: optional(2, order),
  mode: optional(3, mode),
  nested_filter: optional(4, nestedFilter),
  missing_value: optional(5, bytes),
  missing_field: optional(6, string),
})
const geoDistanceSort = message({
  field_name: required(1, string),
  points: repeated(2, string),
  order: optional(3, order),
  mode: optional(4, mode),
  distance_type: optional(5, oneOf(0, 1)),
  nested_filter: optional(6, nestedFilter),
})
const orderOnly = message({ order: optional(1, order) })
export const sorter = message({
  field_sort: optional(1, fieldSort),
  geo_distance_sort: optional(2, geoDistanceSort),
  score_sort: optional(3, orderOnly),
  pk_sort: optional(4, orderOnly),
  doc_sort: optional(5, orderOnly),
})
export const sort = message({ sorter: repeated(1, sorter) })
export type SorterMessage = MessageContent<typeof sorter>
export type SortMessage = MessageContent<typeof sort>

const indexSetting = message({
  number_of_shards: optional(1, int32),
  routing_fields: repeated(2, string),
  routing_partition_size: optional(3, int32),
})
export const indexSchema = message({
  field_schemas: repeated(1, fieldSchema),
  index_setting: optional(2, indexSetting),
  index_sort: optional(3, sort),
})

export const createSearchIndexRequest = message({
  table_name: required(1, string),
  index_name: required(2, string),
  schema: optional(3, indexSchema),
  source_index_name: optional(4, string),
  time_to_live: optional(5, int32),
})
export const updateSearchIndexRequest = message({
  table_name: required(1, string),
  index_name: required(2, string),
  time_to_live: optional(5, int32),
})
export const searchIndexRequest = message({
  table_name: required(1, string),
  index_name: required(2, string),
})
export const listSearchIndexRequest = message({ table_name: optional(1, string) })
export const listSearchIndexResponse = message({
  indices: repeated(1, message({ table_name: optional(1, string), index_name: optional(2, string) })),
})
export const describeSearchIndexResponse = message({
  schema: required(1, indexSchema),
  sync_stat: optional(
    2,
    message({ sync_phase: optional(1, oneOf(1, 2)), current_sync_timestamp: optional(2, int64) }),
  ),
  create_time: optional(6, int64),
  time_to_live: optional(7, int32),
  index_status: optional(
    8,
    message({ status: optional(1, oneOf(1, 2, 3)), status_description: optional(2, string) }),
  ),
})

const columnsToGet = message({
  return_type: optional(1, oneOf(1, 2, 3, 4)),
  column_names: repeated(2, string),
})
export type ColumnsToGetMessage = MessageContent<typeof columnsToGet>
export const searchRequest = message({
  table_name: required(1, string),
  index_name: required(2, string),
  columns_to_get: optional(3, columnsToGet),
  search_query: required(4, bytes),
  routing_values: repeated(5, bytes),
  timeout_ms: optional(6, int32),
})
/** `query`: a message of its own. */
export const searchQuery = message({
  offset: optional(1, int32),
  limit: optional(2, int32),
  query: optional(4, bytes),
  collapse: optional(5, message({ field_name: required(1, string) })),
  sort: optional(6, sort),
  get_total_count: optional(8, bool),
  token: optional(9, bytes),
  aggs: optional(10, bytes),
  group_bys: optional(11, bytes),
  highlight: optional(12, bytes),
})
const searchHit = message({ score: optional(3, double) })
export const searchResponse = message({
  total_hits: required(1, int64),
  rows: repeated(2, bytes),
  is_all_succeeded: required(3, bool),
  search_hits: repeated(5, searchHit),
  next_token: optional(6, bytes),
  aggs: optional(7, bytes),
  group_bys: optional(8, bytes),
  consumed: optional(9, consumedCapacity),
})

export const computeSplitsRequest = message({
  table_name: required(1, string),
  search_index_splits_options: optional(2, message({ index_name: optional(1, string) })),
})
export const computeSplitsResponse = message({
  session_id: optional(1, bytes),
  splits_size: optional(2, int32),
})
export const parallelScanRequest = message({
  table_name: required(1, string),
  index_name: required(2, string),
  columns_to_get: optional(3, columnsToGet),
  session_id: optional(4, bytes),
  scan_query: required(
    5,
    message({
      query: optional(1, bytes),
      limit: optional(2, int32),
      alive_time: optional(3, int32),
      token: optional(4, bytes),
      current_parallel_id: optional(5, int32),
      max_parallel: optional(6, int32),
    }),
  ),
  timeout_ms: optional(6, int32),
})
export const parallelScanResponse = message({ rows: repeated(1, bytes), next_token: optional(2, bytes) })
