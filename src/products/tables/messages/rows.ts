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
  string,
} from '../../../lib/protobuf.ts'
import { consumedCapacity, errorMessage } from './common.ts'

export const rowExistence = { ignore: 0, expectExist: 1, expectNotExist: 2 } as const
export const returnType = { none: 0, primaryKey: 1, afterModify: 2 } as const
export const direction = { forward: 0, backward: 1 } as const
export const operationType = { put: 1, update: 2, delete: 3 } as const

const condition = message({
  row_existence: required(1, oneOf(0, 1, 2)),
  column_condition: optional(2, bytes),
})
export type ConditionMessage = MessageContent<typeof condition>

const timeRange = message({
  start_time: optional(1, int64),
  end_time: optional(2, int64),
  specific_time: optional(3, int64),
})
const returnContent = message({
  return_type: optional(1, oneOf(0, 1, 2)),
  return_column_names: repeated(2, string),
})
export type ReturnContentMessage = MessageContent<typeof returnContent>

export const getRowRequest = message({
  table_name: required(1, string),
  primary_key: required(2, bytes),
  columns_to_get: repeated(3, string),
  time_range: optional(4, timeRange),
  max_versions: optional(5, int32),
  cache_blocks: optional(6, bool),
  filter: optional(7, bytes),
  start_column: optional(8, string),
  end_column: optional(9, string),
  token: optional(10, bytes),
  transaction_id: optional(11, string),
})
export const getRowResponse = message({
  consumed: required(1, consumedCapacity),
  row: required(2, bytes),
  next_token: required(3, bytes),
})

export const putRowRequest = message({
  table_name: required(1, string),
  row: required(2, bytes),
  condition: required(3, condition),
  return_content: optional(4, returnContent),
  transaction_id: optional(5, string),
})
export const updateRowRequest = message({
  table_name: required(1, string),
  row_change: required(2, bytes),
  condition: required(3, condition),
  return_content: optional(4, returnContent),
  transaction_id: optional(5, string),
})
export const deleteRowRequest = message({
  table_name: required(1, string),
  primary_key: required(2, bytes),
  condition: required(3, condition),
  return_content: optional(4, returnContent),
  transaction_id: optional(5, string),
})
/** Of PutRow, UpdateRow and DeleteRow. */
export const writeRowResponse = message({ consumed: required(1, consumedCapacity), row: optional(2, bytes) })

const tableInBatchGetRowRequest = message({
  table_name: required(1, string),
  primary_key: repeated(2, bytes),
  token: repeated(3, bytes),
  columns_to_get: repeated(4, string),
  time_range: optional(5, timeRange),
  max_versions: optional(6, int32),
  cache_blocks: optional(7, bool),
  filter: optional(8, bytes),
  start_column: optional(9, string),
  end_column: optional(10, string),
})
export const batchGetRowRequest = message({ tables: repeated(1, tableInBatchGetRowRequest) })
const rowInBatchGetRowResponse = message({
  is_ok: required(1, bool),
  error: optional(2, errorMessage),
  consumed: optional(3, consumedCapacity),
  row: optional(4, bytes),
  next_token: optional(5, bytes),
})
export type RowInBatchGetRowResponse = MessageContent<typeof rowInBatchGetRowResponse>
export const batchGetRowResponse = message({
  tables: repeated(
    1,
    message({ table_name: required(1, string), rows: repeated(2, rowInBatchGetRowResponse) }),
  ),
})

const rowInBatchWriteRowRequest = message({
  type: required(1, oneOf(1, 2, 3)),
  row_change: required(2, bytes),
  condition: required(3, condition),
  return_content: optional(4, returnContent),
})
export const batchWriteRowRequest = message({
  tables: repeated(
    1,
    message({ table_name: required(1, string), rows: repeated(2, rowInBatchWriteRowRequest) }),
  ),
  transaction_id: optional(2, string),
  /** Of the SDK for Java. */
  is_atomic: optional(3, bool),
})
const rowInBatchWriteRowResponse = message({
  is_ok: required(1, bool),
  error: optional(2, errorMessage),
  consumed: optional(3, consumedCapacity),
  row: optional(4, bytes),
})
export type RowInBatchWriteRowResponse = MessageContent<typeof rowInBatchWriteRowResponse>
export const batchWriteRowResponse = message({
  tables: repeated(
    1,
    message({ table_name: required(1, string), rows: repeated(2, rowInBatchWriteRowResponse) }),
  ),
})

export const getRangeRequest = message({
  table_name: required(1, string),
  direction: required(2, oneOf(0, 1)),
  columns_to_get: repeated(3, string),
  time_range: optional(4, timeRange),
  max_versions: optional(5, int32),
  limit: optional(6, int32),
  inclusive_start_primary_key: required(7, bytes),
  exclusive_end_primary_key: required(8, bytes),
  cache_blocks: optional(9, bool),
  filter: optional(10, bytes),
  start_column: optional(11, string),
  end_column: optional(12, string),
  token: optional(13, bytes),
  transaction_id: optional(14, string),
  data_block_type_hint: optional(15, oneOf(0, 1)),
  return_entire_primary_keys: optional(16, bool),
  compress_type_hint: optional(17, oneOf(0)),
})
export const getRangeResponse = message({
  consumed: required(1, consumedCapacity),
  rows: required(2, bytes),
  next_start_primary_key: optional(3, bytes),
  next_token: optional(4, bytes),
  data_block_type: optional(5, oneOf(0, 1)),
  compress_type: optional(6, oneOf(0)),
})

export const startLocalTransactionRequest = message({
  table_name: required(1, string),
  key: required(2, bytes),
})
export const startLocalTransactionResponse = message({ transaction_id: required(1, string) })
/** CommitTransaction and AbortTransaction. */
export const transactionRequest = message({ transaction_id: required(1, string) })
