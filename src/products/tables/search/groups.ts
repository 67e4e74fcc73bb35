/** Groups of what a search finds, each with its number of rows and what is counted within it. */
import type { Condition, Group } from '../../../ports/search-index.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import {
  type Asked,
  fieldGroups,
  filterGroups,
  groupByField,
  groupByFilter,
  groupByGeoDistance,
  groupByRange,
  groupByType,
  rangeGroups,
} from '../messages/aggregations.ts'
import { query as queryMessage } from '../messages/queries.ts'
import { type Counting, countedField } from './counted.ts'
import {
  type CountedWithin,
  countedWithin,
  eachWithin,
  GROUPS_MAX,
  grouped,
  innerOrderOf,
  innerValue,
  orderOf,
} from './groups-within.ts'
import { byDateHistogram, byHistogram } from './histograms.ts'
import { geoField } from './leaf-queries.ts'
import { decoded, type SearchField } from './schema.ts'

/** How many groups of a field there are, unless it is said; and ranges and filters at most. */
const GROUPS = 10
const RANGES_MAX = 100

export function groupsOf({ type, body }: Asked, counting: Counting): Promise<Buffer> {
  switch (type) {
    case groupByType.field:
      return byField(body, counting)
    case groupByType.range:
      return byRange(body, counting)
    case groupByType.filter:
      return byFilter(body, counting)
    case groupByType.geoDistance:
      return byGeoDistance(body, counting)
    case groupByType.histogram:
      return byHistogram(body, counting)
    case groupByType.dateHistogram:
      return byDateHistogram(body, counting)
    default:
      throw notImplemented(`A group by of type ${type}`)
  }
}

async function byField(body: Uint8Array, counting: Counting): Promise<Buffer> {
  const message = decoded(groupByField, body, 'group by field')
  const { size = GROUPS, field_name } = message
  if (size < 1 || size > GROUPS_MAX)
    throw parameterInvalid(`The size of a group by must be in range: [1, ${GROUPS_MAX}].`)
  const wanted = countedField(field_name, undefined, counting.fields)
  const { field } = counting.fields.get(field_name)!
  const inner = innerOrderOf(message.sort)
  const groups = await grouped(counting, {
    ...wanted,
    order: orderOf(message.sort) ?? [{ by: 'count', descending: true }],
    atLeast: Math.max(1, Number(message.min_doc_count ?? 1n)),
    // All of them have to be counted in, to know which come first.
    limit: inner ? GROUPS_MAX : size,
  })
  const all = await eachWithin(groups, counting, message, ({ key }) => ({
    is: 'oneOf',
    field: field_name,
    values: [key],
  }))
  if (inner) {
    const sign = inner.descending ? -1 : 1
    all.sort((a, b) => (innerValue(a, inner.name) - innerValue(b, inner.name)) * sign)
  }
  const items = all.slice(0, size)
  return fieldGroups.encode({
    items: items.map(({ key, count, ...inner }) => ({
      key: keyText(field, key),
      row_count: BigInt(count),
      ...inner,
    })),
  })
}

function keyText({ type }: SearchField, key: Group['key']): string {
  if (type === 'boolean') return String(Number(key) === 1)
  return type === 'double' && Number.isInteger(key) ? Number(key).toFixed(1) : String(key)
}

async function byRange(body: Uint8Array, counting: Counting): Promise<Buffer> {
  const message = decoded(groupByRange, body, 'group by range')
  const { field, type } = countedField(message.field_name, undefined, counting.fields)
  if (type === 'keyword') throw parameterInvalid(`The keyword field [${field}] cannot be computed with.`)
  checkRanges(message.ranges)
  const conditions = message.ranges.map(
    ({ from, to }): Condition => ({
      is: 'range',
      field,
      ...(isEnd(from) ? { from: { value: from, inclusive: true } } : {}),
      ...(isEnd(to) ? { to: { value: to, inclusive: false } } : {}),
    }),
  )
  const counted = await countedWithin(conditions, counting, message)
  return rangeGroups.encode({ items: withRanges(message.ranges, counted) })
}

async function byGeoDistance(body: Uint8Array, counting: Counting): Promise<Buffer> {
  const message = decoded(groupByGeoDistance, body, 'group by geo distance')
  const field = geoField(message.field_name, { fields: counting.fields, path: '' })
  const { lat: latitude, lon: longitude } = message.origin
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180))
    throw parameterInvalid('Invalid origin of group by geo distance.')
  const center = { latitude, longitude }
  checkRanges(message.ranges)
  // From a distance (inclusive) to another (exclusive): what is as far as the first, without what is nearer.
  const nearer = (radiusM: number): Condition =>
    radiusM <= 0 ? { is: 'or', of: [] } : { is: 'near', field, center, radiusM: below(radiusM) }
  const conditions = message.ranges.map(
    ({ from, to }): Condition => ({
      is: 'and',
      of: [
        isEnd(to) ? nearer(to) : { is: 'exists', field },
        ...(isEnd(from) ? [{ is: 'not', of: nearer(from) } as const] : []),
      ],
    }),
  )
  const counted = await countedWithin(conditions, counting, message)
  return rangeGroups.encode({ items: withRanges(message.ranges, counted) })
}

/** The number before it: what is at most so is less. */
function below(value: number): number {
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setFloat64(0, value)
  bytes.setBigInt64(0, bytes.getBigInt64(0) - 1n)
  return bytes.getFloat64(0)
}

type Ranges = readonly { from?: number | undefined; to?: number | undefined }[]

/** Clients write an open end as an infinity, or as the greatest double. */
const isEnd = (end: number | undefined): end is number =>
  end !== undefined && Number.isFinite(end) && Math.abs(end) !== Number.MAX_VALUE

function checkRanges(ranges: Ranges): void {
  if (ranges.length < 1 || ranges.length > RANGES_MAX)
    throw parameterInvalid(`The number of ranges must be in range: [1, ${RANGES_MAX}].`)
}

const withRanges = (ranges: Ranges, counted: readonly CountedWithin[]) =>
  counted.map(({ count, ...inner }, at) => ({
    from: ranges[at]!.from,
    to: ranges[at]!.to,
    row_count: BigInt(count),
    ...inner,
  }))

async function byFilter(body: Uint8Array, counting: Counting): Promise<Buffer> {
  const message = decoded(groupByFilter, body, 'group by filter')
  if (message.filters.length < 1 || message.filters.length > RANGES_MAX)
    throw parameterInvalid(`The number of filters must be in range: [1, ${RANGES_MAX}].`)
  const conditions = message.filters.map(
    (filter) => counting.reader.read(queryMessage.encode(filter)).condition,
  )
  const counted = await countedWithin(conditions, counting, message)
  return filterGroups.encode({
    items: counted.map(({ count, ...inner }) => ({ row_count: BigInt(count), ...inner })),
  })
}
