/**
 * The vendor's cron expressions: `seconds minutes hours day-of-month month day-of-week`, with `*`, lists, ranges and steps;
 * months and days of the week by number or name (1 or MON is Monday, 7 or SUN Sunday), `?` for a day that is not given.
 * Source: the page on scaling rules of provisioned instances, "field description".
 */
import { offsetChange, offsetMs } from './zoned-time.ts'

export interface Cron {
  /** Ascending, as minutes and hours. */
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
    seconds: ascending(seconds!),
    minutes: ascending(minutes!),
    hours: ascending(hours!),
    daysOfMonth: daysOfMonth!,
    months: months!,
    daysOfWeek: daysOfWeek!,
  }
}

const ascending = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b)

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
const searchMs = 8 * 366 * dayMs

/*
 * Where the clocks of the zone change, a time that they skip does not fire. One that they show twice fires the first time;
 * but an expression for every hour goes by the hours that pass, and fires in both.
 * A search goes through stretches of time with one offset to UTC, within which local times are only shifted.
 */

/** The earliest time, ms, after `afterMs` at which the expression fires; undefined: it never does. Pure. */
export function nextFire(cron: Cron, timeZone: string, afterMs: number): number | undefined {
  const endMs = afterMs + searchMs
  let fromMs = (Math.floor(afterMs / 1000) + 1) * 1000
  while (fromMs <= endMs) {
    if (!isForEveryHour(cron)) fromMs = repetitionAt(timeZone, fromMs)?.endMs ?? fromMs
    const offset = offsetMs(timeZone, fromMs)
    const local = matchingLocal(cron, fromMs + offset, 'forward')
    if (local === undefined) return undefined
    const fire = local - offset
    const changeMs = offsetChange(timeZone, fromMs, Math.min(fire, endMs + 1000))
    if (changeMs === undefined) return fire <= endMs ? fire : undefined
    fromMs = changeMs
  }
  return undefined
}

/** The latest time, ms, from `notBeforeMs` up to `atMs`, both included, at which the expression fires. Pure. */
export function previousFire(
  cron: Cron,
  timeZone: string,
  atMs: number,
  notBeforeMs: number = Number.NEGATIVE_INFINITY,
): number | undefined {
  const endMs = Math.max(Math.ceil(notBeforeMs / 1000) * 1000, Math.floor(atMs / 1000) * 1000 - searchMs)
  let fromMs = Math.floor(atMs / 1000) * 1000
  while (fromMs >= endMs) {
    const offset = offsetMs(timeZone, fromMs)
    const local = matchingLocal(cron, fromMs + offset, 'back')
    if (local === undefined) return undefined
    const fire = local - offset
    const changeMs = offsetChange(timeZone, fromMs, Math.max(fire, endMs))
    const repetition = isForEveryHour(cron) ? undefined : repetitionAt(timeZone, fire)
    if (changeMs !== undefined) fromMs = changeMs
    else if (repetition) fromMs = repetition.startMs - 1000
    else return fire >= endMs ? fire : undefined
  }
  return undefined
}

const isForEveryHour = ({ hours }: Cron): boolean => hours.length === 24

/** The stretch of time around an instant in which the clocks show what they have shown already. */
function repetitionAt(timeZone: string, atMs: number): { startMs: number; endMs: number } | undefined {
  const setBackMs = offsetMs(timeZone, atMs - dayMs) - offsetMs(timeZone, atMs)
  if (setBackMs <= 0) return undefined
  const startMs = offsetChange(timeZone, atMs, atMs - dayMs)! + 1000
  const endMs = startMs + setBackMs
  return atMs < endMs ? { startMs, endMs } : undefined
}

/** The nearest local time (read as UTC, whole seconds) that has the fields, from `fromMs` on or back. */
function matchingLocal(cron: Cron, fromMs: number, direction: 'forward' | 'back'): number | undefined {
  const stepMs = direction === 'forward' ? dayMs : -dayMs
  let midnightMs = Math.floor(fromMs / dayMs) * dayMs
  let timeMs = fromMs - midnightMs
  for (let searchedMs = 0; searchedMs <= searchMs; searchedMs += dayMs) {
    if (firesOn(cron, new Date(midnightMs))) {
      const found = direction === 'forward' ? timeFrom(cron, timeMs) : timeUpTo(cron, timeMs)
      if (found !== undefined) return midnightMs + found
    }
    midnightMs += stepMs
    timeMs = direction === 'forward' ? 0 : dayMs - 1
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

const hourMs = 3_600_000
const minuteMs = 60_000

/** The first time of day, ms since midnight, at or after one. */
function timeFrom({ hours, minutes, seconds }: Cron, atMs: number): number | undefined {
  for (const hour of hours) {
    if ((hour + 1) * hourMs <= atMs) continue
    for (const minute of minutes) {
      const startMs = hour * hourMs + minute * minuteMs
      if (startMs + minuteMs <= atMs) continue
      const second = seconds.find((it) => startMs + it * 1000 >= atMs)
      if (second !== undefined) return startMs + second * 1000
    }
  }
  return undefined
}

/** The last time of day, ms since midnight, at or before one. */
function timeUpTo({ hours, minutes, seconds }: Cron, atMs: number): number | undefined {
  for (const hour of hours.toReversed()) {
    if (hour * hourMs > atMs) continue
    for (const minute of minutes.toReversed()) {
      const startMs = hour * hourMs + minute * minuteMs
      if (startMs > atMs) continue
      const second = seconds.findLast((it) => startMs + it * 1000 <= atMs)
      if (second !== undefined) return startMs + second * 1000
    }
  }
  return undefined
}
