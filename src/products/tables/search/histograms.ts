/** Groups of numbers and of times, each as wide as the others, or a part of the calendar. */
import type { Condition, Grouping } from '../../../ports/search-index.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import {
  type DateTimeValueMessage,
  dateHistogramGroups,
  type GroupBySortMessage,
  groupByDateHistogram,
  groupByHistogram,
  histogramGroups,
} from '../messages/aggregations.ts'
import { type Counting, countedField } from './counted.ts'
import { zoneMs } from './dates.ts'
import {
  countedWithin,
  eachWithin,
  GROUPS_MAX,
  grouped,
  type Inner,
  innerOrderOf,
  orderOf,
  type Results,
} from './groups-within.ts'
import { decoded } from './schema.ts'
import { encodedFor, variant, variantFor } from './variant.ts'

type HistogramGroup = { key: number; count: number } & Results

export async function byHistogram(body: Uint8Array, counting: Counting): Promise<Buffer> {
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
/** Units of which some are longer than others. */
const MONTHS: Record<number, number> = { 1: 12, 2: 3, 3: 1 }
/** The first Monday of the epoch, where weeks begin. */
const MONDAY_MS = 4 * 86_400_000

export async function byDateHistogram(body: Uint8Array, counting: Counting): Promise<Buffer> {
  const message = decoded(groupByDateHistogram, body, 'group by date histogram')
  const wanted = countedField(message.field_name, message.missing, counting.fields)
  const { field } = counting.fields.get(message.field_name)!
  if (wanted.type !== 'date')
    throw parameterInvalid(`The field [${message.field_name}] of a date histogram must be a date.`)
  const zone = zoneMs(message.time_zone ?? 'Z')
  if (zone === undefined) throw parameterInvalid(`Invalid time zone: '${message.time_zone?.slice(0, 100)}'.`)
  const { unit, value = 1 } = message.interval
  if (!(value > 0)) throw parameterInvalid('The interval of a date histogram must be greater than 0.')
  const numberOf = (bytes: Uint8Array): number => Number(variantFor(field, bytes))
  const months = MONTHS[unit ?? 0]
  if (months !== undefined) {
    if (message.offset) throw notImplemented('An offset of a date histogram of months')
    return dateGroups(await calendar(counting, wanted, { months: months * value, zone }, message, numberOf))
  }
  const width = lengthMs(message.interval)
  const isWeeks = unit === 4
  const offset = (message.offset ? lengthMs(message.offset) : 0) - zone + (isWeeks ? MONDAY_MS : 0)
  return dateGroups(await histogram(counting, wanted, { width, offset }, message, numberOf))
}

const dateGroups = (groups: readonly HistogramGroup[]): Buffer =>
  dateHistogramGroups.encode({
    items: groups.map(({ key, count, ...inner }) => ({
      timestamp: BigInt(Math.round(key)),
      row_count: BigInt(count),
      ...inner,
    })),
  })

function lengthMs({ value = 1, unit = 9 }: DateTimeValueMessage): number {
  const unitMs = UNIT_MS[unit]
  if (unitMs === undefined) throw parameterInvalid(`Unknown unit of time: ${unit}.`)
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
): Promise<HistogramGroup[]> {
  const { field, missing } = wanted
  const { width, offset } = interval
  refuseInnerOrder(message)
  const { min, max } = rangeOf(message, numberOf)
  const asked = orderOf(message.sort)
  const atLeast = Number(message.min_doc_count ?? 0n)
  const inRange = between(field, min, max === undefined ? undefined : max + width)
  const found = await grouped(inRange ? counting.within(inRange) : counting, {
    ...wanted,
    interval,
    order: asked ?? [],
    atLeast: Math.max(1, atLeast),
    limit: GROUPS_MAX + 1,
  })
  if (found.length > GROUPS_MAX) throw parameterInvalid(`A histogram has more than ${GROUPS_MAX} groups.`)
  const groups = found
    .map(({ key, count }) => ({ key: Number(key), count }))
    .filter(({ key }) => (min === undefined || key + width > min) && (max === undefined || key <= max))
  // With gaps, the order is that of the keys: a gap has no other place.
  const all = atLeast > 0 || asked ? groups : withGaps(groups, width)
  return eachWithin(all, counting, message, ({ key }): Condition => {
    const holdsMissing =
      missing !== undefined && Math.floor((Number(missing) - offset) / width) * width + offset === key
    return bucket(wanted, key, key + width, holdsMissing)
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

/** Groups of months: where each begins is a matter of the calendar, and each is counted for itself. */
async function calendar(
  counting: Counting,
  wanted: Pick<Grouping, 'field' | 'missing'>,
  { months, zone }: { months: number; zone: number },
  message: HistogramMessage,
  numberOf: (bytes: Uint8Array) => number,
): Promise<HistogramGroup[]> {
  refuseInnerOrder(message)
  const { found, condition, context } = counting
  counting.spend()
  const measured = await context.searchIndexes.measure(found.index.id, condition, wanted)
  const range = rangeOf(message, numberOf)
  const first = Math.max(Number(measured.min), range.min ?? Number.NEGATIVE_INFINITY)
  const last = Math.min(Number(measured.max), range.max ?? Number.POSITIVE_INFINITY)
  const starts: number[] = []
  for (let at = monthOf(first + zone, months); measured.count > 0; at += months) {
    const start = Date.UTC(1970, at) - zone
    if (start > last) break
    if (starts.length === GROUPS_MAX)
      throw parameterInvalid(`A histogram has more than ${GROUPS_MAX} groups.`)
    starts.push(start)
  }
  const missing = wanted.missing === undefined ? undefined : Number(wanted.missing)
  const buckets = starts.map((start) => {
    const end = Date.UTC(1970, monthOf(start + zone, months) + months) - zone
    return bucket(wanted, start, end, missing !== undefined && missing >= start && missing < end)
  })
  const counted = await countedWithin(buckets, counting, message)
  const atLeast = Number(message.min_doc_count ?? 0n)
  const groups = counted
    .map((group, at): HistogramGroup => ({ key: starts[at]!, ...group }))
    .filter(({ count }) => count >= atLeast)
  for (const { by, descending } of (orderOf(message.sort) ?? []).toReversed())
    groups.sort((a, b) => (a[by] - b[by]) * (descending ? -1 : 1))
  return groups
}

function refuseInnerOrder({ sort }: HistogramMessage): void {
  if (innerOrderOf(sort)) throw notImplemented('Sorting a histogram by a sub-aggregation')
}

/** Months since the epoch, down to the first of so many that belong together. */
function monthOf(localMs: number, months: number): number {
  const date = new Date(localMs)
  const month = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
  return Math.floor(month / months) * months
}

function bucket(
  { field }: Pick<Grouping, 'field'>,
  from: number,
  to: number,
  holdsMissing: boolean,
): Condition {
  const range: Condition = {
    is: 'range',
    field,
    from: { value: from, inclusive: true },
    to: { value: to, inclusive: false },
  }
  return holdsMissing ? { is: 'or', of: [range, { is: 'not', of: { is: 'exists', field } }] } : range
}

function rangeOf(
  { field_range }: HistogramMessage,
  numberOf: (bytes: Uint8Array) => number,
): { min: number | undefined; max: number | undefined } {
  const [min, max] = [field_range?.min, field_range?.max].map((bytes) =>
    bytes && bytes.length > 0 && 'value' in variant(bytes) ? numberOf(bytes) : undefined,
  )
  return { min, max }
}

function between(field: string, min: number | undefined, max: number | undefined): Condition | undefined {
  if (min === undefined && max === undefined) return undefined
  return {
    is: 'range',
    field,
    ...(min === undefined ? {} : { from: { value: min, inclusive: true } }),
    ...(max === undefined ? {} : { to: { value: max, inclusive: true } }),
  }
}
