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

/** For how long instances of a function may idle, ms. */
export interface IdleLimits {
  /** The one that was used last. */
  newestMs: number
  othersMs: number
}

/**
 * While calls of a function run, an instance that has no work is kept for the fixed time: what is learnt is when the
 * function is called after all was quiet. Then one instance is kept or started as it was learnt, and the others for no
 * longer than that and the fixed time. Pure.
 */
export function idleLimits(
  nowMs: number,
  { quiet, fixedMs, leadMs }: Omit<IdleInstances, 'sinceMs'>,
): IdleLimits {
  if (!quiet) return { newestMs: fixedMs, othersMs: fixedMs }
  if (!presenceAt(nowMs, quiet, leadMs).wanted) return { newestMs: 0, othersMs: 0 }
  return { newestMs: Number.POSITIVE_INFINITY, othersMs: Math.min(fixedMs, quiet.windows.keepAliveMs) }
}

/** What becomes of the idle instances of a function, and when to look again. Pure. */
export function retirement(nowMs: number, idle: IdleInstances): Retirement {
  const { sinceMs, quiet, leadMs } = idle
  const { newestMs, othersMs } = idleLimits(nowMs, idle)
  const limitOf = (index: number): number => (index === sinceMs.length - 1 ? newestMs : othersMs)
  const kept = sinceMs.findIndex((ms, index) => nowMs - ms < limitOf(index))
  const retire = kept === -1 ? sinceMs.length : kept
  const presence = quiet && presenceAt(nowMs, quiet, leadMs)
  const next = kept === -1 ? Number.POSITIVE_INFINITY : sinceMs[kept]! + limitOf(kept)
  const untilMs = Math.min(next, presence?.untilMs ?? Number.POSITIVE_INFINITY)
  return {
    retire,
    start: sinceMs.length === 0 && presence?.wanted === true,
    untilMs: Number.isFinite(untilMs) ? untilMs : undefined,
  }
}
