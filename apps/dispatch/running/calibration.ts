/**
 * What a better informed map says of today's traffic, as one factor of all times: now and then it is asked for a few rides through
 * the city, and our own times are stretched as those were. Nothing that decides waits for it, an absurd answer moves little, and
 * when it does not answer the times go back to our own.
 */
import type { FallbackProvider } from '../map/providers/with-fallback.ts'
import type { Ways } from './ways.ts'

export interface Calibration {
  /** Those given, with times by the factor. */
  ways: Ways
  /** In the words of the overview. */
  source(): string
  /** Asks for these rides, one after the other. Never rejects. */
  ask(rides: readonly [from: number, to: number][]): Promise<void>
}

/** Shorter ones say more of snapping and junctions than of traffic. */
const shortestMs = 60_000
const slowest = 2.5
const fastest = 0.6
/** Of what was asked last, in the factor. */
const weight = 0.3
/** Plans are not thought over anew for less. */
const step = 0.05

export function calibrated(ways: Ways, provider: FallbackProvider): Calibration {
  let known = 1
  let factor = 1

  return {
    ways: { ...ways, ms: (from, to) => ways.ms(from, to) * factor },
    source: () => provider.state().answeredBy,

    async ask(rides) {
      const ratios: number[] = []
      for (const [from, to] of rides) {
        const own = ways.ms(from, to)
        if (!(own >= shortestMs) || own === Number.POSITIVE_INFINITY) continue
        // It falls back by itself, and what is its own says nothing of traffic.
        const ride = await provider.ride(ways.positionOf(from), ways.positionOf(to)).catch(() => undefined)
        if (ride === undefined || provider.state().answeredBy !== 'amap') continue
        ratios.push(Math.min(slowest, Math.max(fastest, ride.ms / own)))
      }
      const middle = ratios.sort((a, b) => a - b)[ratios.length >> 1] ?? 1
      known += (middle - known) * weight
      if (Math.abs(known - factor) >= step) factor = known
    },
  }
}
