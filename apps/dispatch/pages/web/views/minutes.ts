/** The minutes of the chart: each that is over, none left out, as far back as the page has seen or was told. Pure. */
import type { Minute } from '../api/contract.ts'

const MINUTE_MS = 60_000
/** A day. */
const MINUTES_MAX = 1_440

/** What was known, with what is told now; what is told counts. */
export function withMinutes(known: readonly Minute[], told: readonly Minute[], nowMs: number): Minute[] {
  const byTime = new Map<number, Minute>()
  for (const minute of [...known, ...told]) byTime.set(startOf(minute.atMs), minute)
  const times = [...byTime.keys()]
  // The minute that runs is not over: it would look like a fall.
  const end = startOf(nowMs)
  const first = Math.max(Math.min(...times, end), end - MINUTES_MAX * MINUTE_MS)
  const minutes: Minute[] = []
  for (let atMs = first; atMs < end; atMs += MINUTE_MS) {
    const { placed = 0, delivered = 0 } = byTime.get(atMs) ?? {}
    minutes.push({ atMs, placed, delivered })
  }
  return minutes
}

const startOf = (atMs: number): number => Math.floor(atMs / MINUTE_MS) * MINUTE_MS
