import { presenceAt, type Quiet } from './presence.ts'

export interface IdleInstances {
  /** Since when each idles, ms, the longest first. */
  sinceMs: readonly number[]
  /** Undefined while a call of the function runs. */
  quiet: Quiet | undefined
  /** How long an instance is kept that nothing was learnt of. */
  fixedMs: number
  /** How long before a timer calls an instance is started. */
  leadMs: number
}

export interface Retirement {
  /** How many of those that idle the longest are let go. */
  retire: number
  /** One is started ahead of a call. */
  start: boolean
  /** When to look again, if no call comes before; undefined: never. */
  untilMs: number | undefined
}

/**
 * What becomes of the idle instances of a function. While calls of it run, an instance that has no work is kept for the
 * fixed time: what is learnt is when the function is called after all was quiet. Then one instance is kept or started as
 * it was learnt, and the others for no longer than that and the fixed time. Pure.
 */
export function retirement(nowMs: number, { sinceMs, quiet, fixedMs, leadMs }: IdleInstances): Retirement {
  if (!quiet) return oldestBeyond(nowMs, sinceMs, fixedMs)
  const { wanted, untilMs } = presenceAt(nowMs, quiet, leadMs)
  if (!wanted) return { retire: sinceMs.length, start: false, untilMs }
  const others = oldestBeyond(nowMs, sinceMs.slice(0, -1), Math.min(fixedMs, quiet.windows.keepAliveMs))
  return { retire: others.retire, start: sinceMs.length === 0, untilMs: earlier(untilMs, others.untilMs) }
}

function oldestBeyond(nowMs: number, sinceMs: readonly number[], idleMs: number): Retirement {
  const kept = sinceMs.findIndex((ms) => nowMs - ms < idleMs)
  if (kept === -1) return { retire: sinceMs.length, start: false, untilMs: undefined }
  return { retire: kept, start: false, untilMs: sinceMs[kept]! + idleMs }
}

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
