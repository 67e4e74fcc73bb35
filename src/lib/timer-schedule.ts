/**
 * The expressions of time triggers: `@every 5m`, and six cron fields (cron.ts) that are read in UTC unless
 * `CRON_TZ=Asia/Shanghai ` goes before them. Source: the vendor's page "Time triggers".
 */
import { type Cron, nextFire, parseCron, previousFire } from './cron.ts'
import { isTimeZone } from './zoned-time.ts'

export type TimerSchedule =
  | { is: 'every'; intervalMs: number }
  | { is: 'cron'; cron: Cron /** An IANA name. */; timeZone: string }

/** The vendor's page offers whole minutes; whoever wants seconds has cron. */
export const intervalMsMin = 60_000
/** A year: beyond it one should name the day. */
export const intervalMsMax = 366 * 86_400_000

const unitsMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000 }

/** Undefined when the text is neither. */
export function parseTimerSchedule(text: string): TimerSchedule | undefined {
  const trimmed = text.trim()
  const [, duration] = /^@every\s+(\S+)$/.exec(trimmed) ?? []
  if (duration !== undefined) {
    const intervalMs = durationMs(duration)
    return intervalMs === undefined ? undefined : { is: 'every', intervalMs }
  }
  const [, timeZone = 'UTC', fields = ''] = /^(?:CRON_TZ=([A-Za-z]\S*)\s+)?([^@=]+)$/.exec(trimmed) ?? []
  const cron = parseCron(fields)
  return cron && isTimeZone(timeZone) ? { is: 'cron', cron, timeZone } : undefined
}

/** Hours, minutes and seconds in this order, each at most once: `1h30m`. */
function durationMs(text: string): number | undefined {
  const [whole, ...parts] = /^(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const ms = Object.values(unitsMs).reduce(
    (sum, unitMs, index) => sum + Number(parts[index] ?? 0) * unitMs,
    0,
  )
  return ms >= intervalMsMin && ms <= intervalMsMax ? ms : undefined
}

/**
 * The ticks of a schedule are the whole seconds after `sinceMs`, when it came into force, at which it fires; intervals are
 * counted from then. This is the first tick after `afterMs`; undefined: there is none. Pure.
 */
export function nextTick(
  schedule: TimerSchedule,
  { sinceMs, afterMs }: { sinceMs: number; afterMs: number },
): number | undefined {
  if (schedule.is === 'cron') return nextFire(schedule.cron, schedule.timeZone, Math.max(sinceMs, afterMs))
  const startMs = firstSecond(sinceMs)
  const intervals = Math.floor((Math.max(startMs, afterMs) - startMs) / schedule.intervalMs)
  return startMs + (intervals + 1) * schedule.intervalMs
}

/** The last tick that is after `afterMs` and not after `atMs`; undefined: there is none. Pure. */
export function newestTick(
  schedule: TimerSchedule,
  { sinceMs, afterMs, atMs }: { sinceMs: number; afterMs: number; atMs: number },
): number | undefined {
  if (schedule.is === 'cron') {
    return previousFire(schedule.cron, schedule.timeZone, atMs, Math.max(sinceMs, afterMs) + 1)
  }
  const startMs = firstSecond(sinceMs)
  const tickMs = startMs + Math.floor((atMs - startMs) / schedule.intervalMs) * schedule.intervalMs
  return tickMs > Math.max(startMs, afterMs) ? tickMs : undefined
}

const firstSecond = (ms: number): number => Math.ceil(ms / 1000) * 1000
