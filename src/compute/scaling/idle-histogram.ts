/**
 * How long a function idles between its calls: a histogram of fixed size, a plain JSON value that survives a restart.
 * After "Serverless in the Wild" (Shahrad et al., USENIX ATC 2020), section 4.2.
 */
export interface IdleHistogram {
  /** Idle times by bin, the last bins left out while they are empty. */
  readonly counts: readonly number[]
  /** Idle times at or beyond the range. */
  readonly outOfBounds: number
  /** The latest of those, ms, oldest first. */
  readonly recentOutOfBoundsMs: readonly number[]
}

export interface HistogramShape {
  /** Width of a bin, ms. */
  binMs: number
  /** Number of bins; `bins * binMs` is the range. */
  bins: number
  /** When this many idle times are in it all counts are halved, so that what was long ago weighs less. */
  observationsMax: number
}

/** One minute and four hours are the paper's. */
export const histogramShape: HistogramShape = { binMs: 60_000, bins: 240, observationsMax: 1000 }

export const emptyHistogram: IdleHistogram = { counts: [], outOfBounds: 0, recentOutOfBoundsMs: [] }

/** Enough to see whether they agree, and few enough to follow a change. */
const recentMax = 8

/** The histogram with one more idle time, ms. Pure. */
export function observeIdle(
  histogram: IdleHistogram,
  idleMs: number,
  { binMs, bins, observationsMax }: HistogramShape = histogramShape,
): IdleHistogram {
  const bin = Math.floor(Math.max(0, idleMs) / binMs)
  const counts = [...histogram.counts]
  let { outOfBounds, recentOutOfBoundsMs } = histogram
  if (bin >= bins) {
    outOfBounds++
    recentOutOfBoundsMs = [...recentOutOfBoundsMs, idleMs].slice(-recentMax)
  } else {
    while (counts.length <= bin) counts.push(0)
    counts[bin]!++
  }
  const observed = { counts, outOfBounds, recentOutOfBoundsMs }
  return observations(observed) < observationsMax ? observed : halved(observed)
}

export const observations = ({ counts, outOfBounds }: IdleHistogram): number =>
  counts.reduce((sum, count) => sum + count, outOfBounds)

/** The bin in which the given share (0 to 1) of the idle times within the range is reached; 0 when there are none. */
export function percentileBin({ counts }: IdleHistogram, share: number): number {
  const within = counts.reduce((sum, count) => sum + count, 0)
  let reached = 0
  for (const [bin, count] of counts.entries()) {
    reached += count
    if (count > 0 && reached >= within * share) return bin
  }
  return 0
}

/** Standard deviation of the bins' counts by their mean: high when a few bins hold most, near 0 when it says nothing. */
export function binVariation({ counts }: IdleHistogram, { bins }: HistogramShape = histogramShape): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / bins
  if (mean === 0) return 0
  const squares = counts.reduce((sum, count) => sum + count * count, 0) / bins
  return Math.sqrt(Math.max(0, squares - mean * mean)) / mean
}

function halved({ counts, outOfBounds, recentOutOfBoundsMs }: IdleHistogram): IdleHistogram {
  const half = counts.map((count) => Math.floor(count / 2))
  while (half.at(-1) === 0) half.pop()
  return { counts: half, outOfBounds: Math.floor(outOfBounds / 2), recentOutOfBoundsMs }
}
