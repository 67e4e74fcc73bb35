/** How many orders come when: a day with a noon and an evening peak, and arrivals of it. Times are milliseconds since midnight. */
import type { Random } from './random.ts'

export const hourMs = 3_600_000
const dayMs = 24 * hourMs

/**
 * Orders of a delivery platform by hour, the noon hour being 1. A guess at the usual picture, as no platform publishes its
 * own; what matters to a dispatcher is how steep it is, and that is a setting (`peak`).
 */
const byHour = [
  0.12, 0.08, 0.06, 0.05, 0.05, 0.07, 0.13, 0.22, 0.25, 0.24, 0.42, 0.88, 1, 0.55, 0.28, 0.26, 0.38, 0.72,
  0.86, 0.62, 0.42, 0.33, 0.26, 0.18,
]

/** A stretch of the day with so many times the orders that it would have. */
export interface Surge {
  fromMs: number
  untilMs: number
  times: number
}

export interface Demand {
  /** The mean of the day, without the surges. */
  ordersPerHour: number
  /** Orders in the busiest moment by the mean: 1 is a flat day. */
  peak: number
  surges?: readonly Surge[]
}

export const leastPeak = 1
export const highestPeak = 8

/** Orders for each millisecond, at each time of the day. */
export function arrivalRate({ ordersPerHour, peak, surges = [] }: Demand): {
  at(msOfDay: number): number
  highest: number
} {
  if (!(peak >= leastPeak && peak <= highestPeak))
    throw new RangeError(`a peak is between ${leastPeak} and ${highestPeak} times the mean`)
  const { power, mean } = sharpened(peak)
  const perMs = ordersPerHour / hourMs
  const at = (msOfDay: number): number => {
    let times = 1
    for (const surge of surges) if (msOfDay >= surge.fromMs && msOfDay < surge.untilMs) times *= surge.times
    return (perMs * shape(msOfDay) ** power * times) / mean
  }
  // Surges may overlap.
  const most = surges.reduce((product, { times }) => product * Math.max(1, times), 1)
  return { at, highest: (perMs / mean) * most }
}

/** The next arrival after this time: a Poisson process by thinning. Undefined: none within a day. */
export function nextArrival(rate: ReturnType<typeof arrivalRate>, fromMs: number, random: Random) {
  if (rate.highest === 0) return undefined
  for (let atMs = fromMs; atMs < fromMs + dayMs; ) {
    atMs += random.exponential(rate.highest)
    if (random.chance(rate.at(atMs) / rate.highest)) return atMs
  }
  return undefined
}

/** Between the hours the curve goes straight; it is highest, 1, in the middle of the noon hour. */
function shape(msOfDay: number): number {
  const hours = (((msOfDay / hourMs - 0.5) % 24) + 24) % 24
  const from = Math.floor(hours)
  const share = hours - from
  return byHour[from]! * (1 - share) + byHour[(from + 1) % 24]! * share
}

/** The power of the curve whose highest value is `peak` times its mean: the mean falls as the power grows. */
function sharpened(peak: number): { power: number; mean: number } {
  let [low, high] = [0, 60]
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2
    if (1 / meanOf(middle) < peak) low = middle
    else high = middle
  }
  return { power: low, mean: meanOf(low) }
}

const samples = 24 * 30
function meanOf(power: number): number {
  let sum = 0
  for (let index = 0; index < samples; index++) sum += shape((index / samples) * dayMs) ** power
  return sum / samples
}
