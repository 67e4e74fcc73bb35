/** What came of it, as numbers: counts, and times in histograms of a fixed size. */
import type { Happening } from './stage.ts'

/** Values from 0 up, each kept to within 5 %: `quantile` answers the upper end of where it lies. */
export interface Histogram {
  add(value: number): void
  quantile(share: number): number
  readonly count: number
  readonly mean: number
}

const step = 1.05
const buckets = 512
/** A microsecond where values are milliseconds; the last bucket ends at 1.05^511 of it, 18 hours, and holds what is longer, too. */
const least = 0.001

export function createHistogram(): Histogram {
  const counts = new Float64Array(buckets)
  let [count, sum] = [0, 0]
  return {
    add(value) {
      const bucket = value <= least ? 0 : Math.ceil(Math.log(value / least) / Math.log(step))
      counts[Math.min(bucket, buckets - 1)]! += 1
      count++
      sum += value
    },
    quantile(share) {
      if (count === 0) return Number.NaN
      let left = share * count
      for (let bucket = 0; bucket < buckets; bucket++) {
        left -= counts[bucket]!
        if (left <= 0 && counts[bucket]! > 0) return least * step ** bucket
      }
      return least * step ** (buckets - 1)
    },
    get count() {
      return count
    },
    get mean() {
      return count === 0 ? Number.NaN : sum / count
    },
  }
}

export interface Figures {
  happened(what: Happening): void
  placed: number
  unplaced: number
  offered: number
  vanished: number
  cameBack: number
  ended: Record<'DELIVERED' | 'CANCELLED' | 'RETURNED', number>
  /** Delivered no later than promised, by the platform's own clock. */
  onTime: number
  /** From placed to delivered, as the platform has it, in its own time. */
  clickToDoorMs: Histogram
  /** From READY, as the platform has it, to picked up. */
  readyToPickupMs: Histogram
}

export function createFigures(): Figures {
  const figures: Figures = {
    placed: 0,
    unplaced: 0,
    offered: 0,
    vanished: 0,
    cameBack: 0,
    ended: { DELIVERED: 0, CANCELLED: 0, RETURNED: 0 },
    onTime: 0,
    clickToDoorMs: createHistogram(),
    readyToPickupMs: createHistogram(),
    happened(what) {
      switch (what.kind) {
        case 'placed':
          figures.placed++
          break
        case 'unplaced':
          figures.unplaced++
          break
        case 'offered':
          figures.offered++
          break
        case 'vanished':
          figures.vanished++
          break
        case 'came-back':
          figures.cameBack++
          break
        case 'ended':
          ended(figures, what.order)
      }
    },
  }
  return figures
}

function ended(figures: Figures, { state, times, placedAtMs, promisedAtMs }: EndedOrder): void {
  if (state !== 'DELIVERED' && state !== 'CANCELLED' && state !== 'RETURNED') return
  figures.ended[state]++
  const deliveredAtMs = times.DELIVERED
  if (state !== 'DELIVERED' || deliveredAtMs === undefined) return
  if (deliveredAtMs <= promisedAtMs) figures.onTime++
  figures.clickToDoorMs.add(deliveredAtMs - placedAtMs)
  if (times.READY !== undefined && times.PICKED_UP !== undefined)
    figures.readyToPickupMs.add(Math.max(0, times.PICKED_UP - times.READY))
}

type EndedOrder = Extract<Happening, { kind: 'ended' }>['order']
