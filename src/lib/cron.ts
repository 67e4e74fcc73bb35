/**
 * The vendor's cron expressions: `seconds minutes hours day-of-month month day-of-week`, with `*`, lists, ranges and steps;
 * months and days of the week by number or name (1 or MON is Monday, 7 or SUN Sunday), `?` for a day that is not given.
 * Source: the page on scaling rules of provisioned instances, "field description".
 */
import { instantOf, type LocalTime, localTime, offsetMs, utcOf } from './zoned-time.ts'

export interface Cron {
  seconds: readonly number[]
  minutes: readonly number[]
  hours: readonly number[]
  daysOfMonth: ReadonlySet<number>
  months: ReadonlySet<number>
  /** 1 (Monday) to 7. */
  daysOfWeek: ReadonlySet<number>
}

interface Field {
  low: number
  high: number
  names?: readonly string[]
  mayBeOpen?: boolean
}

const fields: readonly Field[] = [
  { low: 0, high: 59 },
  { low: 0, high: 59 },
  { low: 0, high: 23 },
  { low: 1, high: 31, mayBeOpen: true },
  { low: 1, high: 12, names: 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ') },
  { low: 1, high: 7, names: 'MON TUE WED THU FRI SAT SUN'.split(' '), mayBeOpen: true },
]

const LENGTH_MAX = 256

/** The six fields of a cron expression, or undefined when it is none. Both days hold where both are given. */
export function parseCron(text: string): Cron | undefined {
  if (text.length > LENGTH_MAX) return undefined
  const parts = text.trim().split(/\s+/)
  if (parts.length !== fields.length) return undefined
  const sets = parts.map((part, index) => parseField(part, fields[index]!))
  if (sets.some((set) => set === undefined)) return undefined
  const [seconds, minutes, hours, daysOfMonth, months, daysOfWeek] = sets as Set<number>[]
  return {
    seconds: descending(seconds!),
    minutes: descending(minutes!),
    hours: descending(hours!),
    daysOfMonth: daysOfMonth!,
    months: months!,
    daysOfWeek: daysOfWeek!,
  }
}

const descending = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => b - a)

function parseField(text: string, field: Field): Set<number> | undefined {
  const values = new Set<number>()
  for (const item of text.split(',')) {
    const [, range = '', step] = /^([^/]+)(?:\/(\d{1,2}))?$/.exec(item) ?? []
    const span = parseRange(range, field, step !== undefined)
    if (!span || step === '0' || step === '00') return undefined
    for (let value = span.from; value <= span.to; value += Number(step ?? 1)) values.add(value)
  }
  return values
}

/** With a step, a single number is where it begins: `0/30`. */
function parseRange(text: string, field: Field, hasStep: boolean): { from: number; to: number } | undefined {
  if (text === '*' || (text === '?' && field.mayBeOpen)) return { from: field.low, to: field.high }
  const [, first, last] = /^([^-]+)(?:-([^-]+))?$/.exec(text) ?? []
  const from = numberOf(first, field)
  const to = last === undefined ? (hasStep ? field.high : from) : numberOf(last, field)
  return from === undefined || to === undefined || from > to ? undefined : { from, to }
}

function numberOf(text: string | undefined, { low, high, names = [] }: Field): number | undefined {
  if (text === undefined) return undefined
  const named = names.indexOf(text.toUpperCase())
  if (named >= 0) return low + named
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
  return value >= low && value <= high ? value : undefined
}

const dayMs = 86_400_000
/** The longest time between two 29ths of February, which is the longest between two times of any expression. */
const daysBackMax = 8 * 366

/**
 * The latest time, ms, at or before `atMs` and not before `notBeforeMs`, at which the expression fires by the clocks of
 * the zone. A time that the clocks skip does not fire; one that they show twice fires the first time. Pure.
 */
export function previousFire(
  cron: Cron,
  timeZone: string,
  atMs: number,
  notBeforeMs: number = Number.NEGATIVE_INFINITY,
): number | undefined {
  const now = localTime(timeZone, atMs)
  // Within the day of a change of the clocks, later times may already have been shown.
  const steady = offsetMs(timeZone, atMs - dayMs) === offsetMs(timeZone, atMs)
  const latestMs = utcOf(now) + (steady ? 0 : 3 * 3_600_000)
  let midnightMs = Date.UTC(now.year, now.month - 1, now.day + (steady ? 0 : 1))
  for (let days = 0; days <= daysBackMax; days++, midnightMs -= dayMs) {
    if (midnightMs + 2 * dayMs < notBeforeMs) return undefined
    const date = new Date(midnightMs)
    if (!firesOn(cron, date)) continue
    for (const local of timesOf(cron, date, latestMs)) {
      const fire = instantOf(timeZone, local)
      if (fire !== undefined && fire <= atMs) return fire < notBeforeMs ? undefined : fire
    }
  }
  return undefined
}

function firesOn({ daysOfMonth, months, daysOfWeek }: Cron, date: Date): boolean {
  return (
    daysOfMonth.has(date.getUTCDate()) &&
    months.has(date.getUTCMonth() + 1) &&
    daysOfWeek.has(date.getUTCDay() || 7)
  )
}

/** The times of a day, latest first, none later than `latestMs` (read as UTC). */
function* timesOf({ hours, minutes, seconds }: Cron, date: Date, latestMs: number): Iterable<LocalTime> {
  const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
  for (const hour of hours) {
    if (utcOf({ ...day, hour, minute: 0, second: 0 }) > latestMs) continue
    for (const minute of minutes) {
      if (utcOf({ ...day, hour, minute, second: 0 }) > latestMs) continue
      for (const second of seconds) {
        const local = { ...day, hour, minute, second }
        if (utcOf(local) <= latestMs) yield local
      }
    }
  }
}
