/** Upper bounds in seconds: from a warm call of a millisecond to one that runs for as long as most functions may. */
export const durationBounds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600,
]

export interface HistogramCounts {
  /** How many were at most as long as each bound and longer than the one before; one more place for the rest. */
  readonly buckets: number[]
  sum: number
  count: number
}

export const emptyHistogram = (): HistogramCounts => ({
  buckets: new Array<number>(durationBounds.length + 1).fill(0),
  sum: 0,
  count: 0,
})

/** A few comparisons: this is done for every call. */
export function observe(histogram: HistogramCounts, seconds: number): void {
  let at = 0
  while (at < durationBounds.length && seconds > durationBounds[at]!) at++
  histogram.buckets[at]!++
  histogram.sum += seconds
  histogram.count++
}
