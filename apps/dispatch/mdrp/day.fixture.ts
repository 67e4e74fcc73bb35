/** A small instance of the meal delivery routing problem, made here: a town of 6 km by 6 km. */
import { seeded } from '../dispatcher/chance.ts'
import type { Courier, Instance, MdrpOrder, Point } from './instance.ts'

export const rules = {
  metresPerMinute: 300,
  pickupService: 4,
  dropoffService: 4,
  targetClickToDoor: 40,
  maximumClickToDoor: 90,
  payPerOrder: 10,
  guaranteedPayPerHour: 15,
}

export const byId = <V extends { id: string }>(all: readonly V[]): Map<string, V> =>
  new Map(all.map((one) => [one.id, one]))

export function day({
  seed,
  orders,
  couriers,
  untilAt = 240,
}: {
  seed: number
  orders: number
  couriers: number
  untilAt?: number
}): Instance {
  const random = seeded(seed)
  const somewhere = (): Point => ({ x: Math.floor(random() * 6000), y: Math.floor(random() * 6000) })
  const restaurants = new Map(Array.from({ length: 5 }, (_, index) => [`r${index}`, somewhere()]))
  const made = Array.from({ length: orders }, (_, index): MdrpOrder => {
    const placedAt = Math.floor(random() * untilAt)
    const readyAt = placedAt + 5 + Math.floor(random() * 20)
    return { id: `o${index}`, ...somewhere(), placedAt, readyAt, restaurant: `r${Math.floor(random() * 5)}` }
  })
  const riders = Array.from({ length: couriers }, (_, index): Courier => {
    const onAt = Math.floor(random() * 60)
    return { id: `c${index}`, ...somewhere(), onAt, offAt: onAt + 120 + Math.floor(random() * 120) }
  })
  return { name: 'made', rules, orders: byId(made), restaurants, couriers: byId(riders) }
}
