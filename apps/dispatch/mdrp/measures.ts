/** The figures by which solutions are compared, as Reyes et al. define them. All times are minutes. */
import type { Instance } from './instance.ts'
import type { Solution } from './solution.ts'

export interface Measures {
  orders: number
  undeliveredPercent: number
  clickToDoorMean: number
  clickToDoorP90: number
  /** Beyond the target, mean over all that were delivered. */
  overageMean: number
  readyToPickupMean: number
  readyToPickupP90: number
  dollarsPerOrder: number
  ordersPerBundle: number
}

export function measure(
  { orders, couriers, rules }: Instance,
  { assignments, deliveries }: Solution,
): Measures {
  const clickToDoor = deliveries.map(({ order, dropoffAt }) => dropoffAt - orders.get(order)!.placedAt)
  const readyToPickup = deliveries.map(({ order, pickupAt }) => pickupAt - orders.get(order)!.readyAt)
  const served = new Map<string, number>()
  for (const { courier } of deliveries) served.set(courier, (served.get(courier) ?? 0) + 1)
  let pay = 0
  for (const { id, onAt, offAt } of couriers.values()) {
    const byOrder = (served.get(id) ?? 0) * rules.payPerOrder
    pay += Math.max(byOrder, ((offAt - onAt) / 60) * rules.guaranteedPayPerHour)
  }
  return {
    orders: orders.size,
    undeliveredPercent: (100 * (orders.size - deliveries.length)) / orders.size,
    clickToDoorMean: mean(clickToDoor),
    clickToDoorP90: p90(clickToDoor),
    overageMean: mean(clickToDoor.map((minutes) => Math.max(0, minutes - rules.targetClickToDoor))),
    readyToPickupMean: mean(readyToPickup),
    readyToPickupP90: p90(readyToPickup),
    dollarsPerOrder: pay / deliveries.length,
    ordersPerBundle: mean(assignments.map(({ orders }) => orders.length)),
  }
}

/** Of each figure, over the instances, as the published tables have it. */
export function meanOf(all: readonly Measures[]): Measures {
  const names = Object.keys(all[0]!) as (keyof Measures)[]
  return Object.fromEntries(
    names.map((name) => [name, mean(all.map((one) => one[name]))]),
  ) as unknown as Measures
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** Between two values in proportion, as the official evaluator has it. */
function p90(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = 0.9 * (sorted.length - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (at - low)
}
