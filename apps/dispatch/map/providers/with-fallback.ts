/**
 * A provider that is asked first, and our own engine for when that one is slow, wrong or gone. After a few failures in a row it
 * is left alone for a while, then one question tries whether it is back (a circuit breaker). It says who answers.
 */
import type { Position } from '../../model/order.ts'
import { metresBetween } from '../graph/metric.ts'
import { MapAnswerError } from './lenient.ts'
import type { MapProvider, Ride } from './provider.ts'

/** Failures in a row before it is left alone. */
const FAILURES_MAX = 3
const REST_MS = 30_000
const DEADLINE_MS = 1_500

/** Nobody rides shorter than straight (with what snapping to roads takes away), or faster than this. */
const SHORTER_THAN_STRAIGHT = 0.8
const SNAP_METRES = 300
const KM_PER_HOUR_MAX = 150
const DETOUR_MAX = 20
const DETOUR_METRES = 20_000

export interface Clock {
  monotonicMs(): number
  after(delayMs: number, task: () => void): () => void
}

export interface MapState {
  answeredBy: 'own' | 'amap' | 'own, as amap does not answer'
  /** Of the last failure; empty while the first provider is well. */
  why: string
  failures: number
}

export interface FallbackOptions {
  first: MapProvider
  own: MapProvider
  clock: Clock
  deadlineMs?: number
  restMs?: number
}

export type FallbackProvider = MapProvider & { state(): MapState }

export function withFallback({
  first,
  own,
  clock,
  deadlineMs = DEADLINE_MS,
  restMs = REST_MS,
}: FallbackOptions): FallbackProvider {
  // biome-ignore format: one line
  let failuresInARow = 0
  let failures = 0
  let why = ''
  let askAgainAtMs = Number.NEGATIVE_INFINITY
  let isTrying = false

  /** While it rests nobody asks it; after that one question at a time, until it answers one. */
  const mayAsk = (): boolean =>
    failuresInARow < FAILURES_MAX || (!isTrying && clock.monotonicMs() >= askAgainAtMs)

  async function answered<Value>(
    ask: (provider: MapProvider, signal?: AbortSignal) => Promise<Value>,
    check: (value: Value) => void,
  ): Promise<Value> {
    if (!mayAsk()) return ask(own)
    const isTrial = failuresInARow >= FAILURES_MAX
    if (isTrial) isTrying = true
    try {
      const value = await beforeDeadline((signal) => ask(first, signal))
      check(value)
      failuresInARow = 0
      why = ''
      return value
    } catch (error) {
      failuresInARow++
      failures++
      why = error instanceof Error ? error.message : String(error)
      askAgainAtMs = clock.monotonicMs() + restMs
      return ask(own)
    } finally {
      if (isTrial) isTrying = false
    }
  }

  async function beforeDeadline<Value>(ask: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const abort = new AbortController()
    let cancel: () => void = () => undefined
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(deadlineMs, () => {
        reject(new MapAnswerError(`no answer within ${deadlineMs} ms`))
        abort.abort()
      })
    })
    try {
      return await Promise.race([ask(abort.signal), late])
    } finally {
      cancel()
    }
  }

  return {
    name: first.name,
    ride: (from, to) =>
      answered(
        (provider, signal) => provider.ride(from, to, signal),
        (ride) => checkRide(from, to, ride),
      ),
    distances: (origins, destination) =>
      answered(
        (provider, signal) => provider.distances(origins, destination, signal),
        (found) => {
          if (found.length !== origins.length)
            throw new MapAnswerError('not as many distances as were asked for')
          found.forEach((one, at) => {
            if (one !== undefined) checkPlausible(origins[at]!, destination, one)
          })
        },
      ),
    address: (position) =>
      answered(
        (provider, signal) => provider.address(position, signal),
        () => undefined,
      ),
    state: () => ({
      answeredBy:
        first.name === 'own' ? 'own' : failuresInARow === 0 ? 'amap' : 'own, as amap does not answer',
      why,
      failures,
    }),
  }
}

function checkRide(from: Position, to: Position, ride: Ride | undefined): void {
  if (ride === undefined) return
  checkPlausible(from, to, ride)
  const first = ride.points[0]
  const last = ride.points.at(-1)
  if (first === undefined || last === undefined) throw new MapAnswerError('a way without a line')
  const away = Math.max(metresBetween(first, from), metresBetween(last, to))
  if (away > DETOUR_METRES) throw new MapAnswerError('a way between other places than were asked for')
}

function checkPlausible(from: Position, to: Position, { ms, metres }: { ms: number; metres: number }): void {
  const straight = metresBetween(from, to)
  if (metres < straight * SHORTER_THAN_STRAIGHT - SNAP_METRES)
    throw new MapAnswerError(`${metres} m of way where it is ${Math.round(straight)} m as the crow flies`)
  if (metres > straight * DETOUR_MAX + DETOUR_METRES)
    throw new MapAnswerError(`${metres} m of way for ${Math.round(straight)} m`)
  if (metres > 1 && metres * 3600 > ms * KM_PER_HOUR_MAX)
    throw new MapAnswerError(`${metres} m in ${ms} ms, which nobody rides`)
}
