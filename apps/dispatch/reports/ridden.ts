/** Ways and times of riders, out of the fixes of the riding log. */
import { metresBetween } from '../model/geometry.ts'
import type { Order } from '../model/order.ts'
import { hourOf, type PositionRow } from '../store/store.ts'

/** Of one rider in one hour (since the epoch). */
export interface Ridden {
  riderId: string
  hour: number
  metres: number
  /** Without a meal. */
  emptyMetres: number
  onDutyMs: number
}

/** Between two fixes with more than this between them, nobody knows whether the rider was riding. */
const gapMs = 5 * 60_000

export interface RiddenSums {
  /** The fixes of one hour, those of each rider by time; hours come one after the other. */
  add(fixes: readonly PositionRow[]): void
  all(): Ridden[]
}

export function riddenBy(orders: readonly Order[]): RiddenSums {
  const meals = mealsByRider(orders)
  const last = new Map<string, PositionRow>()
  const sums = new Map<string, Ridden>()

  function step(from: PositionRow, to: PositionRow): void {
    const tookMs = to.atMs - from.atMs
    if (tookMs <= 0 || tookMs > gapMs) return
    const { riderId } = to
    const hour = hourOf(to.atMs)
    const name = `${riderId}#${hour}`
    const sum = sums.get(name) ?? { riderId, hour, metres: 0, emptyMetres: 0, onDutyMs: 0 }
    const metres = metresBetween(from.position, to.position)
    const middleMs = (from.atMs + to.atMs) / 2
    const hasMeal = meals.get(riderId)?.some(([fromMs, toMs]) => middleMs >= fromMs && middleMs < toMs)
    sum.metres += metres
    if (!hasMeal) sum.emptyMetres += metres
    sum.onDutyMs += tookMs
    sums.set(name, sum)
  }

  return {
    add(fixes) {
      for (const fix of fixes) {
        const before = last.get(fix.riderId)
        if (before !== undefined) step(before, fix)
        last.set(fix.riderId, fix)
      }
    },
    all: () => [...sums.values()],
  }
}

/** When each rider had meals: from and to, in ms. */
function mealsByRider(orders: readonly Order[]): Map<string, [number, number][]> {
  const meals = new Map<string, [number, number][]>()
  for (const { riderId, times } of orders) {
    if (riderId === undefined || times.PICKED_UP === undefined) continue
    const toMs = times.DELIVERED ?? times.RETURNED ?? Number.POSITIVE_INFINITY
    meals.set(riderId, [...(meals.get(riderId) ?? []), [times.PICKED_UP, toMs]])
  }
  return meals
}
