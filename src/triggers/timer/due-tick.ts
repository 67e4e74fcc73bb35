import { newestTick, nextTick, type TimerSchedule } from '../../lib/timer-schedule.ts'

/** A tick that is later than this, because the platform was down or its clock was put forward, is not made up for. */
export const lateMsMax = 3_600_000

export interface Progress {
  schedule: TimerSchedule
  sinceMs: number
  doneMs?: number | undefined
}

export interface DueTick {
  tickMs: number
  /** It is fired; otherwise it is too late for that. */
  fires: boolean
  /** The earliest tick that was missed and is passed over, too late itself or overtaken by a later one. */
  missedFromMs?: number
}

/** Of the ticks that are not done with the newest counts, whatever came between: at most one is fired. Pure. */
export function dueTick({ schedule, sinceMs, doneMs }: Progress, nowMs: number): DueTick | undefined {
  const afterMs = doneMs ?? sinceMs
  const tickMs = newestTick(schedule, { sinceMs, afterMs, atMs: nowMs })
  if (tickMs === undefined) return undefined
  const fires = nowMs - tickMs <= lateMsMax
  const first = nextTick(schedule, { sinceMs, afterMs })!
  const missedFromMs = fires && first === tickMs ? undefined : first
  return { tickMs, fires, ...(missedFromMs === undefined ? {} : { missedFromMs }) }
}
