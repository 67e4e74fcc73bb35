/** What a search counts besides its rows: numbers over all documents that it finds, and the same within groups of them. */

import { writePlainRows } from '../../../lib/plain-buffer/write.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import {
  type Asked,
  aggregationType,
  countResult,
  fieldAggregation,
  numberResult,
  percentilesAggregation,
  percentilesResult,
  topRowsAggregation,
  topRowsResult,
} from '../messages/aggregations.ts'
import { type Counting, countedField } from './counted.ts'
import { decoded } from './schema.ts'
import { readFound } from './search-rows.ts'
import { sortOf } from './sort.ts'
import { encodedFor } from './variant.ts'

const TOP_ROWS_MAX = 100
const TOP_ROWS = 10

export async function aggregated({ type, body }: Asked, counting: Counting): Promise<Buffer> {
  const { found, condition, fields, context } = counting
  const { searchIndexes } = context
  const { id } = found.index
  if (type === aggregationType.topRows) return topRows(body, counting)
  if (type === aggregationType.percentiles) return percentiles(body, counting)
  if (!measured.has(type)) throw notImplemented(`An aggregation of type ${type}`)
  const message = decoded(fieldAggregation, body, 'aggregation')
  const wanted = countedField(message.field_name, message.missing, fields)
  const isCount = type === aggregationType.count || type === aggregationType.distinctCount
  if (!isCount && wanted.type === 'keyword')
    throw parameterInvalid(`The keyword field [${message.field_name}] cannot be computed with.`)
  counting.spend()
  const { count, distinct, sum, min, max } = await searchIndexes.measure(id, condition, wanted)
  switch (type) {
    case aggregationType.count:
      return countResult.encode({ value: BigInt(count) })
    case aggregationType.distinctCount:
      return countResult.encode({ value: BigInt(distinct) })
    case aggregationType.sum:
      return numberResult.encode({ value: sum })
    case aggregationType.avg:
      return numberResult.encode({ value: count === 0 ? Number.NaN : sum / count })
    case aggregationType.min:
      return numberResult.encode({ value: min === undefined ? Number.POSITIVE_INFINITY : Number(min) })
    default:
      return numberResult.encode({ value: max === undefined ? Number.NEGATIVE_INFINITY : Number(max) })
  }
}

const measured: ReadonlySet<number> = new Set([
  aggregationType.avg,
  aggregationType.max,
  aggregationType.min,
  aggregationType.sum,
  aggregationType.count,
  aggregationType.distinctCount,
])

async function topRows(body: Uint8Array, counting: Counting): Promise<Buffer> {
  const { found, condition, fields, reader, context } = counting
  const { limit = TOP_ROWS, sort } = decoded(topRowsAggregation, body, 'top rows aggregation')
  if (limit < 1 || limit > TOP_ROWS_MAX)
    throw parameterInvalid(`The limit of top rows must be in range: [1, ${TOP_ROWS_MAX}].`)
  counting.spend()
  const hits = await context.searchIndexes.find(found.index.id, {
    condition,
    sort: sortOf(sort, { fields, reader }),
    offset: 0,
    limit,
  })
  const rows = await readFound(
    hits.map(({ key }) => key),
    undefined,
    found,
    context,
  )
  return topRowsResult.encode({ rows: rows.flatMap((row) => (row ? [writePlainRows([row])] : [])) })
}

async function percentiles(body: Uint8Array, counting: Counting): Promise<Buffer> {
  const { found, condition, fields, context } = counting
  const { field_name, percentiles, missing } = decoded(
    percentilesAggregation,
    body,
    'percentiles aggregation',
  )
  const { field } = fields.get(field_name) ?? {}
  const { type, ...wanted } = countedField(field_name, missing, fields)
  if (type === 'keyword' || !field)
    throw parameterInvalid(`The keyword field [${field_name}] cannot be computed with.`)
  if (percentiles.length === 0 || percentiles.some((one) => !(one >= 0 && one <= 100)))
    throw parameterInvalid('Percentiles must be in range: [0, 100].')
  counting.spend()
  const fractions = percentiles.map((one) => one / 100)
  const values = await context.searchIndexes.quantiles(found.index.id, condition, { ...wanted, fractions })
  const isExact = type === 'long' || type === 'date'
  return percentilesResult.encode({
    items: values.map((value, at) => ({
      key: percentiles[at]!,
      // Between two whole numbers there is a number that is not whole.
      value: encodedFor(isExact && Number.isInteger(value) ? field : { ...field, type: 'double' }, value),
    })),
  })
}
