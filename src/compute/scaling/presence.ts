import type { KeepAliveWindows } from './keep-alive.ts'

/** What is known of a function that no call is running of. Times on one clock, ms. */
export interface Quiet {
  /** When its last call ended. */
  sinceMs: number
  windows: KeepAliveWindows
  /** When a timer calls it next, where one does. */
  nextTimerMs?: number
}

export interface Presence {
  /** Whether an instance is to be there. */
  wanted: boolean
  /** When that changes; undefined when it stays so until the next call. */
  untilMs: number | undefined
}

/**
 * Whether a function without a call has an instance ready at a moment: within its keep-alive window, or within
 * `leadMs` before a timer calls it (a start and what it may be late) and as long after. Pure.
 */
export function presenceAt(
  nowMs: number,
  { sinceMs, windows: { preWarmMs, keepAliveMs }, nextTimerMs }: Quiet,
  leadMs: number,
): Presence {
  const spans: Span[] = [{ fromMs: sinceMs + preWarmMs, toMs: sinceMs + preWarmMs + keepAliveMs }]
  if (nextTimerMs !== undefined) spans.push({ fromMs: nextTimerMs - leadMs, toMs: nextTimerMs + leadMs })
  const at = (ms: number): boolean => spans.some(({ fromMs, toMs }) => fromMs <= ms && ms < toMs)
  const wanted = at(nowMs)
  const changes = spans.flatMap(({ fromMs, toMs }) => [fromMs, toMs])
  const next = changes.filter((ms) => ms > nowMs && at(ms) !== wanted)
  return { wanted, untilMs: next.length === 0 ? undefined : Math.min(...next) }
}

/** From `fromMs` on, up to but without `toMs`. */
interface Span {
  fromMs: number
  toMs: number
}
