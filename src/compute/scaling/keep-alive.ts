/**
 * How long an idle instance is kept, and when one is started ahead of the next call, learnt from the function's own
 * idle times. After "Serverless in the Wild" (Shahrad et al., USENIX ATC 2020), section 4; what differs is said where it does.
 */
import {
  binVariation,
  type HistogramShape,
  histogramShape,
  type IdleHistogram,
  observations,
  percentileBin,
} from './idle-histogram.ts'

export interface KeepAliveSettings extends HistogramShape {
  /** What is done while nothing can be learnt: kept for this long. */
  fixedMs: number
  /** Fewer idle times than this say nothing. */
  observationsMin: number
  /** Below this variation of its bins a histogram says nothing. */
  variationMin: number
  /** When a larger share of the idle times than this lies beyond the range, the histogram is not what to look at. */
  outOfBoundsShareMax: number
  /** Shares of the idle times that are shorter than the pre-warm window, and than its end. */
  head: number
  tail: number
  /** By how much of itself each end of the windows is moved outwards. */
  margin: number
}

/** The paper's numbers, but for `fixedMs`, which is the platform's own. It keeps for the range of the histogram there. */
export const keepAliveSettings: KeepAliveSettings = {
  ...histogramShape,
  fixedMs: 300_000,
  observationsMin: 10,
  variationMin: 2,
  outOfBoundsShareMax: 0.5,
  head: 0.05,
  tail: 0.99,
  margin: 0.1,
}

/** Counted from the end of the last call. */
export interface KeepAliveWindows {
  decidedBy: 'fixed' | 'histogram' | 'outOfBounds'
  /** No instance is needed before this; 0: it is kept from the start. */
  preWarmMs: number
  /** From `preWarmMs` on an instance is kept for this long. */
  keepAliveMs: number
}

/** Pure. */
export function keepAliveWindows(
  histogram: IdleHistogram,
  settings: KeepAliveSettings = keepAliveSettings,
): KeepAliveWindows {
  const { binMs, head, tail, margin, fixedMs } = settings
  const fixed: KeepAliveWindows = { decidedBy: 'fixed', preWarmMs: 0, keepAliveMs: fixedMs }
  const seen = observations(histogram)
  if (seen < settings.observationsMin) return fixed
  if (histogram.outOfBounds > seen * settings.outOfBoundsShareMax) {
    return outOfBoundsWindows(histogram.recentOutOfBoundsMs) ?? fixed
  }
  if (binVariation(histogram, settings) < settings.variationMin) return fixed
  const preWarmMs = percentileBin(histogram, head) * binMs * (1 - margin)
  const endMs = (percentileBin(histogram, tail) + 1) * binMs * (1 + margin)
  return { decidedBy: 'histogram', preWarmMs, keepAliveMs: endMs - preWarmMs }
}

/** The paper's margin around a forecast. */
const forecastMargin = 0.15
/** Idle times that differ by more than the margin around them are no forecast. */
const variationMax = forecastMargin

/**
 * The paper fits an ARIMA model to idle times beyond the range. There are so few of them that little more than their mean
 * is in it: we take the mean of the latest where they agree, and nothing where they do not.
 */
function outOfBoundsWindows(recentMs: readonly number[]): KeepAliveWindows | undefined {
  if (recentMs.length < 3) return undefined
  const meanMs = recentMs.reduce((sum, ms) => sum + ms, 0) / recentMs.length
  const deviationMs = Math.sqrt(recentMs.reduce((sum, ms) => sum + (ms - meanMs) ** 2, 0) / recentMs.length)
  if (deviationMs > meanMs * variationMax) return undefined
  return {
    decidedBy: 'outOfBounds',
    preWarmMs: meanMs * (1 - forecastMargin),
    keepAliveMs: meanMs * 2 * forecastMargin,
  }
}
