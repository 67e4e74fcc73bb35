/** What a keep-alive policy would have cost: the calls of one function, replayed on a clock that is moved by hand. */
import { type Cancel, ManualClock } from '../../lib/clock.ts'
import { emptyHistogram, type IdleHistogram, observeIdle } from './idle-histogram.ts'
import {
  type KeepAliveSettings,
  type KeepAliveWindows,
  keepAliveSettings,
  keepAliveWindows,
} from './keep-alive.ts'
import type { Quiet } from './presence.ts'
import { retirement } from './retirement.ts'

export interface FunctionTrace {
  /** In the order of their times, ms from the start of the trace. */
  calls: readonly { atMs: number; durationMs: number }[]
  memoryGb: number
  /** Where the trace ends: idling beyond it is not counted. */
  endMs: number
}

export interface SimulatedPolicy {
  fixedMs: number
  windowsOf(histogram: IdleHistogram): KeepAliveWindows
}

export const fixedKeepAlive = (fixedMs: number): SimulatedPolicy => ({
  fixedMs,
  windowsOf: () => ({ decidedBy: 'fixed', preWarmMs: 0, keepAliveMs: fixedMs }),
})

export const learntKeepAlive = (settings: KeepAliveSettings = keepAliveSettings): SimulatedPolicy => ({
  fixedMs: settings.fixedMs,
  windowsOf: (histogram) => keepAliveWindows(histogram, settings),
})

export interface Cost {
  calls: number
  /** Calls that found no idle instance. */
  coldStarts: number
  /** Memory of instances that idle, by the time for which they do. */
  wastedGbSeconds: number
}

/** An instance takes one call at a time, and starts in no time. */
export function simulateKeepAlive({ calls, memoryGb, endMs }: FunctionTrace, policy: SimulatedPolicy): Cost {
  const clock = new ManualClock()
  /** Since when each idle instance idles, the longest first. */
  const idleSinceMs: number[] = []
  let busy = 0
  let quiet: Quiet | undefined
  let histogram = emptyHistogram
  let coldStarts = 0
  let wastedMs = 0
  let lookAgain: Cancel | undefined

  function arrive(index: number): void {
    const nowMs = clock.monotonicMs()
    if (quiet) histogram = observeIdle(histogram, nowMs - quiet.sinceMs)
    quiet = undefined
    const sinceMs = idleSinceMs.pop()
    if (sinceMs === undefined) coldStarts++
    else wastedMs += nowMs - sinceMs
    busy++
    clock.after(calls[index]!.durationMs, end)
    expect(index + 1)
    look()
  }

  function end(): void {
    const nowMs = clock.monotonicMs()
    idleSinceMs.push(nowMs)
    busy--
    if (busy === 0) quiet = { sinceMs: nowMs, windows: policy.windowsOf(histogram) }
    look()
  }

  function look(): void {
    lookAgain?.()
    const nowMs = clock.monotonicMs()
    const { retire, start, untilMs } = retirement(nowMs, {
      sinceMs: idleSinceMs,
      quiet,
      fixedMs: policy.fixedMs,
      leadMs: 0,
    })
    for (const sinceMs of idleSinceMs.splice(0, retire)) wastedMs += nowMs - sinceMs
    if (start) idleSinceMs.push(nowMs)
    // A fraction of a millisecond that is lost in the sum of the clock would never pass.
    if (untilMs !== undefined) lookAgain = clock.after(Math.max(1, Math.ceil(untilMs - nowMs)), look)
  }

  function expect(index: number): void {
    const next = calls[index]
    if (next) clock.after(next.atMs - clock.monotonicMs(), () => arrive(index))
  }

  expect(0)
  clock.advance(endMs)
  for (const sinceMs of idleSinceMs) wastedMs += endMs - sinceMs
  return { calls: calls.length, coldStarts, wastedGbSeconds: (wastedMs / 1000) * memoryGb }
}
