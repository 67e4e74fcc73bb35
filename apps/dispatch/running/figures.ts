/** How the last hour went, as far as the dispatcher has seen it. */
import type { Order } from '../model/order.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** Of the deliveries that mean and percentile are made of: the newest ones of an hour. */
const maxDeliveries = 100_000

export interface FiguresNow {
  deliveredLastHour: number
  /** 1 while nothing was delivered. */
  onTimeShare: number
  clickToDoorMs: { mean: number; p90: number }
  perMinute: { atMs: number; placed: number; delivered: number }[]
}

export interface Figures {
  placed(order: Order): void
  delivered(order: Order): void
  now(nowMs: number): FiguresNow
}

export function figuresOf(): Figures {
  const minutes = new Map<number, { placed: number; delivered: number }>()
  let deliveries: { atMs: number; tookMs: number; onTime: boolean }[] = []

  function minute(atMs: number) {
    const at = Math.floor(atMs / minuteMs) * minuteMs
    const known = minutes.get(at) ?? { placed: 0, delivered: 0 }
    minutes.set(at, known)
    return known
  }

  return {
    placed: ({ placedAtMs }) => {
      minute(placedAtMs).placed++
    },
    delivered({ placedAtMs, promisedAtMs, times }) {
      const atMs = times.DELIVERED!
      minute(atMs).delivered++
      deliveries.push({ atMs, tookMs: atMs - placedAtMs, onTime: atMs <= promisedAtMs })
    },
    now(nowMs) {
      const fromMs = nowMs - hourMs
      deliveries = deliveries.filter(({ atMs }) => atMs > fromMs).slice(-maxDeliveries)
      for (const at of minutes.keys()) if (at <= fromMs - minuteMs) minutes.delete(at)
      const took = Float64Array.from(deliveries, ({ tookMs }) => tookMs).sort()
      const count = took.length
      return {
        deliveredLastHour: count,
        onTimeShare: count === 0 ? 1 : deliveries.filter(({ onTime }) => onTime).length / count,
        clickToDoorMs: {
          mean: count === 0 ? 0 : Math.round(took.reduce((sum, ms) => sum + ms, 0) / count),
          p90: count === 0 ? 0 : took[Math.ceil(count * 0.9) - 1]!,
        },
        perMinute: [...minutes]
          .filter(([atMs]) => atMs > fromMs)
          .sort(([a], [b]) => a - b)
          .map(([atMs, counts]) => ({ atMs, ...counts })),
      }
    },
  }
}
