/** What a search counts besides its rows. Results are messages as bytes. Names and numbers are the vendor's. */
import {
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
import { query } from './queries.ts'
import { sort } from './search.ts'

export const aggregationType = {
  avg: 1,
  max: 2,
  min: 3,
  sum: 4,
  count: 5,
  distinctCount: 6,
  topRows: 7,
  percentiles: 8,
} as const
export const groupByType = {
  field: 1,
  range: 2,
  filter: 3,
  geoDistance: 4,
  histogram: 5,
  dateHistogram: 6,
} as const

/** A name, a kind, and what that kind wants to know. */
const asked = message({ name: required(1, string), type: required(2, int32), body: required(3, bytes) })
export type Asked = MessageContent<typeof asked>
/** Aggregations and groupings alike. */
export const askedList = message({ asked: repeated(1, asked) })

/** Of avg, max, min, sum, count and distinct count. */
export const fieldAggregation = message({ field_name: required(1, string), missing: optional(2, bytes) })
export const topRowsAggregation = message({ limit: optional(1, int32), sort: optional(2, sort) })
export const percentilesAggregation = message({
  field_name: required(1, string),
  percentiles: repeated(2, double),
  missing: optional(3, bytes),
})

const orderOnly = message({ order: optional(1, oneOf(0, 1)) })
const groupBySort = message({
  sorters: repeated(
    1,
    message({
      group_key_sort: optional(1, orderOnly),
      row_count_sort: optional(2, orderOnly),
      sub_agg_sort: optional(
        3,
        message({ sub_agg_name: required(1, string), order: optional(2, oneOf(0, 1)) }),
      ),
    }),
  ),
})
export type GroupBySortMessage = MessageContent<typeof groupBySort>
const range = message({ from: optional(1, double), to: optional(2, double) })
const fieldRange = message({ min: optional(1, bytes), max: optional(2, bytes) })
const dateTimeValue = message({ value: optional(1, int32), unit: optional(2, int32) })
export type DateTimeValueMessage = MessageContent<typeof dateTimeValue>

export const groupByField = message({
  field_name: required(1, string),
  size: optional(2, int32),
  sort: optional(3, groupBySort),
  sub_aggs: optional(4, bytes),
  sub_group_bys: optional(5, bytes),
  min_doc_count: optional(6, int64),
})
export const groupByRange = message({
  field_name: required(1, string),
  ranges: repeated(2, range),
  sub_aggs: optional(3, bytes),
  sub_group_bys: optional(4, bytes),
})
export const groupByFilter = message({
  filters: repeated(1, query),
  sub_aggs: optional(2, bytes),
  sub_group_bys: optional(3, bytes),
})
export const groupByGeoDistance = message({
  field_name: required(1, string),
  origin: required(2, message({ lat: required(1, double), lon: required(2, double) })),
  ranges: repeated(3, range),
  sub_aggs: optional(4, bytes),
  sub_group_bys: optional(5, bytes),
})
export const groupByHistogram = message({
  field_name: required(1, string),
  interval: required(2, bytes),
  missing: optional(3, bytes),
  min_doc_count: optional(4, int64),
  sort: optional(5, groupBySort),
  field_range: optional(6, fieldRange),
  sub_aggs: optional(7, bytes),
  sub_group_bys: optional(8, bytes),
  offset: optional(9, bytes),
})
export const groupByDateHistogram = message({
  field_name: required(1, string),
  interval: required(2, dateTimeValue),
  field_range: optional(3, fieldRange),
  missing: optional(4, bytes),
  min_doc_count: optional(5, int64),
  time_zone: optional(6, string),
  sort: optional(7, groupBySort),
  sub_aggs: optional(8, bytes),
  sub_group_bys: optional(9, bytes),
  offset: optional(10, dateTimeValue),
})

/** Of avg, max, min and sum. */
export const numberResult = message({ value: optional(1, double) })
/** Of count and distinct count. */
export const countResult = message({ value: optional(1, int64) })
export const topRowsResult = message({ rows: repeated(1, bytes) })
export const percentilesResult = message({
  items: repeated(1, message({ key: required(1, double), value: required(2, bytes) })),
})

/** Aggregations and groupings alike. */
export const resultList = message({
  results: repeated(
    1,
    message({ name: required(1, string), type: required(2, int32), result: required(3, bytes) }),
  ),
})

export const fieldGroups = message({
  items: repeated(
    1,
    message({
      key: required(1, string),
      row_count: required(2, int64),
      sub_aggs_result: optional(3, bytes),
      sub_group_bys_result: optional(4, bytes),
    }),
  ),
})
/** Of ranges and of distances. */
export const rangeGroups = message({
  items: repeated(
    1,
    message({
      from: optional(1, double),
      to: optional(2, double),
      row_count: required(3, int64),
      sub_aggs_result: optional(4, bytes),
      sub_group_bys_result: optional(5, bytes),
    }),
  ),
})
export const filterGroups = message({
  items: repeated(
    1,
    message({
      row_count: required(1, int64),
      sub_aggs_result: optional(2, bytes),
      sub_group_bys_result: optional(3, bytes),
    }),
  ),
})
export const histogramGroups = message({
  items: repeated(
    1,
    message({
      key: required(1, bytes),
      value: required(2, int64),
      sub_aggs_result: optional(3, bytes),
      sub_group_bys_result: optional(4, bytes),
    }),
  ),
})
export const dateHistogramGroups = message({
  items: repeated(
    1,
    message({
      timestamp: required(1, int64),
      row_count: required(2, int64),
      sub_aggs_result: optional(3, bytes),
      sub_group_bys_result: optional(4, bytes),
    }),
  ),
})
