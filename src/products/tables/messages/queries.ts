/** Queries of searches: a type, and a message of that type as bytes. Names and numbers are the vendor's. */
import {
  bool,
  bytes,
  double,
  float,
  int32,
  message,
  oneOf,
  optional,
  repeated,
  required,
  string,
} from '../../../lib/protobuf.ts'

export const queryType = {
  match: 1,
  matchPhrase: 2,
  term: 3,
  range: 4,
  prefix: 5,
  bool: 6,
  constScore: 7,
  functionScore: 8,
  nested: 9,
  wildcard: 10,
  matchAll: 11,
  geoBoundingBox: 12,
  geoDistance: 13,
  geoPolygon: 14,
  terms: 15,
  exists: 16,
} as const
export const operator = { or: 1, and: 2 } as const

export const query = message({ type: required(1, int32), query: required(2, bytes) })

export const matchQuery = message({
  field_name: required(1, string),
  text: required(2, string),
  minimum_should_match: optional(3, int32),
  operator: optional(4, oneOf(1, 2)),
  weight: optional(5, float),
})
export const matchPhraseQuery = message({
  field_name: required(1, string),
  text: required(2, string),
  weight: optional(3, float),
})
export const termQuery = message({
  field_name: required(1, string),
  term: required(2, bytes),
  weight: optional(3, float),
})
export const termsQuery = message({
  field_name: required(1, string),
  terms: repeated(2, bytes),
  weight: optional(3, float),
})
export const rangeQuery = message({
  field_name: required(1, string),
  range_from: optional(2, bytes),
  range_to: optional(3, bytes),
  include_lower: optional(4, bool),
  include_upper: optional(5, bool),
})
/** Of prefix queries (a prefix) and wildcard queries (a value). */
export const patternQuery = message({
  field_name: required(1, string),
  pattern: required(2, string),
  weight: optional(3, float),
})
export const boolQuery = message({
  must_queries: repeated(1, query),
  must_not_queries: repeated(2, query),
  filter_queries: repeated(3, query),
  should_queries: repeated(4, query),
  minimum_should_match: optional(5, int32),
})
export const constScoreQuery = message({ filter: required(1, query) })
export const functionScoreQuery = message({
  query: required(1, query),
  field_value_factor: required(2, message({ field_name: required(1, string) })),
})
export const nestedQuery = message({
  path: required(1, string),
  query: required(2, query),
  score_mode: optional(3, oneOf(1, 2, 3, 4, 5)),
  weight: optional(4, float),
  inner_hits: optional(5, bytes),
})
export const geoBoundingBoxQuery = message({
  field_name: required(1, string),
  top_left: required(2, string),
  bottom_right: required(3, string),
})
export const geoDistanceQuery = message({
  field_name: required(1, string),
  center_point: required(2, string),
  distance: required(3, double),
})
export const geoPolygonQuery = message({ field_name: required(1, string), points: repeated(2, string) })
export const existsQuery = message({ field_name: required(1, string) })
