/**
 * What the commands say to Table Store and read of its answers: of the vendor's messages the fields that they use, as
 * readers skip all others. The vendor's SDK would be a hundred times the size for the same nine operations.
 */
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
} from '../../lib/protobuf.ts'

export const errorMessage = message({ code: required(1, string), message: optional(2, string) })
export const nothing = message({})
export const tableName = message({ table_name: required(1, string) })
export const tableNames = message({ table_names: repeated(1, string) })

export const keyTypes = { integer: 1, string: 2, binary: 3 } as const
export type KeyType = keyof typeof keyTypes
/** `option` of a key column that the table numbers. */
export const AUTO_INCREMENT = 1

const keyColumn = message({
  name: required(1, string),
  type: required(2, oneOf(1, 2, 3)),
  option: optional(3, oneOf(AUTO_INCREMENT)),
})
const tableMeta = message({ table_name: required(1, string), primary_key: repeated(2, keyColumn) })
const tableOptions = message({ time_to_live: optional(1, int32), max_versions: optional(2, int32) })
const throughput = message({
  capacity_unit: required(1, message({ read: optional(1, int32), write: optional(2, int32) })),
})

export const createTable = message({
  table_meta: required(1, tableMeta),
  reserved_throughput: required(2, throughput),
  table_options: optional(3, tableOptions),
  stream_spec: optional(
    5,
    message({ enable_stream: required(1, bool), expiration_time: optional(2, int32) }),
  ),
})
export const describedTable = message({
  table_meta: required(1, tableMeta),
  table_options: required(3, tableOptions),
  stream_details: optional(
    5,
    message({ stream_id: optional(2, string), expiration_time: optional(3, int32) }),
  ),
  index_metas: repeated(
    8,
    message({
      name: required(1, string),
      primary_key: repeated(2, string),
      defined_column: repeated(3, string),
    }),
  ),
  creation_time: optional(9, int64),
})

/** IGNORE, EXPECT_EXIST, EXPECT_NOT_EXIST */
const condition = message({ row_existence: required(1, oneOf(0, 1, 2)) })
const returnContent = message({ return_type: optional(1, oneOf(0, 1, 2)) })
export const RETURN_KEY = 1

/** Of PutRow, UpdateRow and DeleteRow, whose second field is a row, a change and a key. */
export const writeRow = message({
  table_name: required(1, string),
  row: required(2, bytes),
  condition: required(3, condition),
  return_content: optional(4, returnContent),
})
export const writtenRow = message({ row: optional(2, bytes) })

export const getRow = message({
  table_name: required(1, string),
  primary_key: required(2, bytes),
  columns_to_get: repeated(3, string),
  max_versions: required(5, int32),
})
export const gottenRow = message({ row: required(2, bytes) })

export const getRange = message({
  table_name: required(1, string),
  direction: required(2, oneOf(0, 1)),
  columns_to_get: repeated(3, string),
  max_versions: required(5, int32),
  limit: optional(6, int32),
  inclusive_start_primary_key: required(7, bytes),
  exclusive_end_primary_key: required(8, bytes),
})
export const gottenRange = message({ rows: required(2, bytes), next_start_primary_key: optional(3, bytes) })
