import { bool, bytes, int32, message, oneOf, repeated, required, string } from '../../../lib/protobuf.ts'

export const filterType = { singleColumnValue: 1, compositeColumnValue: 2, columnPagination: 3 } as const
export const comparator = {
  equal: 1,
  notEqual: 2,
  greaterThan: 3,
  greaterEqual: 4,
  lessThan: 5,
  lessEqual: 6,
} as const
export const logicalOperator = { not: 1, and: 2, or: 3 } as const

/** `filter` is a message that `type` tells the kind of. */
export const filter = message({ type: required(1, oneOf(1, 2, 3)), filter: required(2, bytes) })

export const singleColumnValueFilter = message({
  comparator: required(1, oneOf(1, 2, 3, 4, 5, 6)),
  column_name: required(2, string),
  column_value: required(3, bytes),
  filter_if_missing: required(4, bool),
  latest_version_only: required(5, bool),
})
export const compositeColumnValueFilter = message({
  combinator: required(1, oneOf(1, 2, 3)),
  sub_filters: repeated(2, filter),
})
export const columnPaginationFilter = message({ offset: required(1, int32), limit: required(2, int32) })
