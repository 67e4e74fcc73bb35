import { type Cron, parseCron, previousFire } from './cron.ts'
import { instantOf, type LocalTime, utcOf } from './zoned-time.ts'

/** `at(2024-08-01T20:00:00)`: once; `cron(0 0 20 * * *)`: again and again. */
export type Schedule = { is: 'at'; local: LocalTime } | { is: 'cron'; cron: Cron }

export function parseSchedule(text: string): Schedule | undefined {
  const [, kind, inner = ''] = /^\s*(at|cron)\((.*)\)\s*$/.exec(text) ?? []
  if (kind === 'at') {
    const local = parseLocalTime(inner.trim())
    return local && { is: 'at', local }
  }
  const cron = kind === 'cron' ? parseCron(inner) : undefined
  return cron && { is: 'cron', cron }
}

/** The latest time, ms, at which it fired, from `notBeforeMs` up to `atMs`, both included. Pure. */
export function lastFire(
  schedule: Schedule,
  timeZone: string,
  { atMs, notBeforeMs }: { atMs: number; notBeforeMs: number },
): number | undefined {
  if (schedule.is === 'cron') return previousFire(schedule.cron, timeZone, atMs, notBeforeMs)
  const fire = instantOf(timeZone, schedule.local)
  return fire !== undefined && fire >= notBeforeMs && fire <= atMs ? fire : undefined
}

/**
 * A time as policies give it: with `Z` it is UTC, without it is of the zone, and digits are ms since the epoch.
 * Undefined when it is none of these, or when the clocks of the zone never show it.
 */
export function parsePolicyTime(text: string, timeZone: string): number | undefined {
  if (/^\d{13}$/.test(text)) return Number(text)
  const local = parseLocalTime(text)
  return local && (text.endsWith('Z') ? utcOf(local) : instantOf(timeZone, local))
}

const LOCAL_TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,3})?Z?$/

function parseLocalTime(text: string): LocalTime | undefined {
  const [, ...numbers] = (LOCAL_TIME.exec(text) ?? []).map(Number)
  const [year, month, day, hour, minute, second] = numbers
  if (year === undefined || second === undefined) return undefined
  const local = { year, month: month!, day: day!, hour: hour!, minute: minute!, second }
  // What does not come back as it was (the 31st of June) is no time.
  const date = new Date(utcOf(local))
  const same =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() + 1 === month &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second
  return same ? local : undefined
}
