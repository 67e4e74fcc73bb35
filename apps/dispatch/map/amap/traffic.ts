/** The state of traffic along a step, as AMap's `tmcs`. */
import type { Position } from '../../model/order.ts'
import type { CityMap } from '../city-map.ts'
import { cut } from '../graph/metric.ts'
import type { Step } from '../road-network.ts'

export interface Stretch {
  status: string
  metres: number
  points: Position[]
}

/** Upper bounds of how many times as long it takes as on a free road. */
const STATUSES = [
  { below: 1.25, status: '畅通' },
  { below: 1.75, status: '缓行' },
  { below: 2.5, status: '拥堵' },
  { below: Number.POSITIVE_INFINITY, status: '严重拥堵' },
] as const

export const statusOf = (factor: number | undefined): string =>
  factor === undefined ? '未知' : STATUSES.find(({ below }) => factor < below)!.status

/** Neighbouring pieces in the same state are one. */
export function stretchesOf(city: CityMap, step: Step): Stretch[] {
  const found: { status: string; metres: number }[] = []
  for (const { arc, metres } of step.pieces) {
    const status = statusOf(city.trafficFactor(arc))
    const last = found.at(-1)
    if (last?.status === status) last.metres += metres
    else found.push({ status, metres })
  }
  const whole = Math.max(0.1, step.metres)
  let begun = 0
  return found.map(({ status, metres }) => {
    const from = begun / whole
    begun += metres
    const points = found.length === 1 ? step.points : cut(step.points, from, Math.min(1, begun / whole))
    return { status, metres, points }
  })
}
