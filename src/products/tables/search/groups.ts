/** Groups of what a search finds, each with its number of rows and what is counted within it. */
import type { Condition, Group, Grouping } from '../../../ports/search-index.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import {
  type Asked,
  type DateTimeValueMessage,
  dateHistogramGroups,
  fieldGroups,
  filterGroups,
  type GroupBySortMessage,
  groupByDateHistogram,
  groupByField,
  groupByFilter,
  groupByGeoDistance,
  groupByHistogram,
  groupByRange,
  groupByType,
  histogramGroups,
  rangeGroups,
} from '../messages/aggregations.ts'
import { query as queryMessage } from '../messages/queries.ts'
import { sortOrder } from '../messages/search.ts'
import { type Counting, countedField } from './counted.ts'
import { zoneMs } from './dates.ts'
import { geoField } from './leaf-queries.ts'
import { decoded, type SearchField } from './schema.ts'
import { encodedFor, variant, variantFor } from './variant.ts'

/** The vendor's, of a field; of ranges and filters; and of a histogram with the gaps in it. */
const GROUPS_MAX = 2000
const GROUPS = 10
const RANGES_MAX = 100

interface Inner {
  sub_aggs?: Uint8Array | undefined
  sub_group_bys?: Uint8Array | undefined
}

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
  const groups = await grouped(counting, {
    ...wanted,
    order: orderOf(message.sort) ?? [{ by: 'count', descending: true }],
    atLeast: Math.max(1, Number(message.min_doc_count ?? 1n)),
    limit: size,
  })
  const items = await eachWithin(groups, counting, message, ({ key }) => ({
    is: 'oneOf',
    field: field_name,
    values: [key],
  }))
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

async function byHistogram(body: Uint8Array, counting: Counting): Promise<Buffer> {
  const message = decoded(groupByHistogram, body, 'group by histogram')
  const wanted = countedField(message.field_name, message.missing, counting.fields)
  const { field } = counting.fields.get(message.field_name)!
  if (wanted.type !== 'long' && wanted.type !== 'double')
    throw parameterInvalid(`The field [${message.field_name}] of a histogram must be a number.`)
  const width = Number(variantFor(field, message.interval))
  if (!(width > 0)) throw parameterInvalid('The interval of a histogram must be greater than 0.')
  const offset = message.offset ? Number(variantFor(field, message.offset)) : 0
  const groups = await histogram(counting, wanted, { width, offset }, message, (bytes) =>
    Number(variantFor(field, bytes)),
  )
  return histogramGroups.encode({
    items: groups.map(({ key, count, ...inner }) => ({
      key: encodedFor(field, Number.isInteger(key) && field.type === 'long' ? BigInt(key) : key),
      value: BigInt(count),
      ...inner,
    })),
  })
}

const UNIT_MS: Record<number, number> = {
  4: 7 * 86_400_000,
  5: 86_400_000,
  6: 3_600_000,
  7: 60_000,
  8: 1000,
  9: 1,
}
/** The first Monday of the epoch, where weeks begin. */
const MONDAY_MS = 4 * 86_400_000

async function byDateHistogram(body: Uint8Array, counting: Counting): Promise<Buffer> {
  const message = decoded(groupByDateHistogram, body, 'group by date histogram')
  const wanted = countedField(message.field_name, message.missing, counting.fields)
  const { field } = counting.fields.get(message.field_name)!
  if (wanted.type !== 'date')
    throw parameterInvalid(`The field [${message.field_name}] of a date histogram must be a date.`)
  const width = lengthMs(message.interval)
  if (!(width > 0)) throw parameterInvalid('The interval of a date histogram must be greater than 0.')
  const zone = zoneMs(message.time_zone ?? 'Z')
  if (zone === undefined) throw parameterInvalid(`Invalid time zone: '${message.time_zone?.slice(0, 100)}'.`)
  const isWeeks = message.interval.unit === 4
  const offset = (message.offset ? lengthMs(message.offset) : 0) - zone + (isWeeks ? MONDAY_MS : 0)
  const groups = await histogram(counting, wanted, { width, offset }, message, (bytes) =>
    Number(variantFor(field, bytes)),
  )
  return dateHistogramGroups.encode({
    items: groups.map(({ key, count, ...inner }) => ({
      timestamp: BigInt(Math.round(key)),
      row_count: BigInt(count),
      ...inner,
    })),
  })
}

function lengthMs({ value = 1, unit = 9 }: DateTimeValueMessage): number {
  const unitMs = UNIT_MS[unit]
  if (unitMs === undefined) throw notImplemented('A date histogram of months, quarters or years')
  return value * unitMs
}

interface HistogramMessage extends Inner {
  sort?: GroupBySortMessage | undefined
  field_range?: { min?: Uint8Array | undefined; max?: Uint8Array | undefined } | undefined
  min_doc_count?: bigint | undefined
}

async function histogram(
  counting: Counting,
  wanted: Pick<Grouping, 'field' | 'missing'>,
  interval: { width: number; offset: number },
  message: HistogramMessage,
  numberOf: (bytes: Uint8Array) => number,
): Promise<({ key: number; count: number } & Results)[]> {
  const { field, missing } = wanted
  const { width, offset } = interval
  const [min, max] = [message.field_range?.min, message.field_range?.max].map((bytes) =>
    bytes && bytes.length > 0 && 'value' in variant(bytes) ? numberOf(bytes) : undefined,
  )
  const asked = orderOf(message.sort)
  const atLeast = Number(message.min_doc_count ?? 0n)
  const found = await grouped(counting, {
    ...wanted,
    interval,
    order: asked ?? [],
    atLeast: Math.max(1, atLeast),
    limit: GROUPS_MAX + 1,
  })
  const inRange = found
    .map(({ key, count }) => ({ key: Number(key), count }))
    .filter(({ key }) => (min === undefined || key + width > min) && (max === undefined || key <= max))
  // With gaps, the order is that of the keys: a gap has no other place.
  const all = atLeast > 0 || asked ? inRange : withGaps(inRange, width)
  if (all.length > GROUPS_MAX) throw parameterInvalid(`A histogram has more than ${GROUPS_MAX} groups.`)
  return eachWithin(all, counting, message, ({ key }): Condition => {
    const holdsMissing = Math.floor((Number(missing) - offset) / width) * width + offset === key
    const range: Condition = {
      is: 'range',
      field,
      from: { value: key, inclusive: true },
      to: { value: key + width, inclusive: false },
    }
    return missing !== undefined && holdsMissing
      ? { is: 'or', of: [range, { is: 'not', of: { is: 'exists', field } }] }
      : range
  })
}

function withGaps(groups: readonly { key: number; count: number }[], width: number) {
  const filled: { key: number; count: number }[] = []
  for (const group of groups) {
    const before = filled.at(-1)
    const steps = before ? Math.round((group.key - before.key) / width) : 0
    if (filled.length + steps > GROUPS_MAX)
      throw parameterInvalid(`A histogram has more than ${GROUPS_MAX} groups.`)
    for (let step = 1; step < steps; step++) filled.push({ key: before!.key + step * width, count: 0 })
    filled.push(group)
  }
  return filled
}

function orderOf(sort: GroupBySortMessage | undefined): Grouping['order'] | undefined {
  if (!sort || sort.sorters.length === 0) return undefined
  return sort.sorters.map(({ group_key_sort, row_count_sort, sub_agg_sort }) => {
    if (sub_agg_sort) throw notImplemented('Sorting groups by a sub-aggregation')
    const order = (group_key_sort ?? row_count_sort)?.order ?? sortOrder.ascending
    return { by: group_key_sort ? 'key' : 'count', descending: order === sortOrder.descending }
  })
}

function grouped(counting: Counting, wanted: Grouping): Promise<Group[]> {
  counting.spend()
  const { found, condition, context } = counting
  return context.searchIndexes.groups(found.index.id, condition, wanted)
}

interface Results {
  sub_aggs_result?: Buffer
  sub_group_bys_result?: Buffer
}

type CountedWithin = { count: number } & Results

async function resultsWithin(
  condition: Condition,
  counting: Counting,
  { sub_aggs, sub_group_bys }: Inner,
): Promise<Results> {
  const inner = counting.within(condition)
  return {
    ...(sub_aggs ? { sub_aggs_result: await inner.aggregations(sub_aggs) } : {}),
    ...(sub_group_bys ? { sub_group_bys_result: await inner.groupings(sub_group_bys) } : {}),
  }
}

async function eachWithin<G>(
  groups: readonly G[],
  counting: Counting,
  message: Inner,
  conditionOf: (group: G) => Condition,
): Promise<(G & Results)[]> {
  const items: (G & Results)[] = []
  for (const group of groups)
    items.push({ ...group, ...(await resultsWithin(conditionOf(group), counting, message)) })
  return items
}

async function countedWithin(
  conditions: readonly Condition[],
  counting: Counting,
  message: Inner,
): Promise<CountedWithin[]> {
  const { found, context } = counting
  const items: CountedWithin[] = []
  for (const condition of conditions) {
    counting.spend()
    const count = await context.searchIndexes.count(found.index.id, counting.within(condition).condition)
    items.push({ count, ...(await resultsWithin(condition, counting, message)) })
  }
  return items
}
