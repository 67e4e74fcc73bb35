/** What happens on a day: couriers do what is committed, and the planner is told what could be known of it. Times are minutes. */
import type { Commitment, Planner } from '../dispatcher/planner.ts'
import { type Instance, type MdrpOrder, type Point, travelMinutes } from './instance.ts'
import type { Assignment, Delivery, Move, Solution } from './solution.ts'

export const minuteMs = 60_000

export interface Places {
  points: Point[]
  numbers: Map<string, number>
  ids: string[]
}

export function placesOf({ orders, restaurants, couriers }: Instance): Places {
  const all = [...restaurants, ...orders, ...couriers]
  const ids = all.map(([id]) => id)
  return { points: all.map(([, point]) => point), numbers: new Map(ids.map((id, index) => [id, index])), ids }
}

export interface Day {
  readonly solution: Solution
  /** Orders that were not yet assigned, be they placed or not. */
  readonly open: number
  place(order: MdrpOrder): void
  carryOut(commitment: Commitment, now: number): void
  /** Tells the planner when couriers that wait for a meal are expected to be free, and brings back what could not be fetched. */
  tell(now: number): void
}

/** On the way to a restaurant, or waiting there. */
interface Fetching {
  courier: string
  orderIds: readonly string[]
  /** When a meal that is ready can be picked up. */
  readyToFetchAt: number
  pickupAt: number
  /** From the pick-up until the courier is free. */
  restMinutes: number
  place: number
  isTooLate: boolean
}

export function dayOf(
  instance: Instance,
  { points, numbers, ids }: Places,
  planner: Planner,
  preparation: 'known' | 'estimated',
): Day {
  const { rules, orders } = instance
  const assignments: Assignment[] = []
  const deliveries: Delivery[] = []
  const moves = new Map<string, Move[]>()
  const fetching = new Set<Fetching>()
  const expectedReadyAt = preparation === 'known' ? ({ readyAt }: MdrpOrder) => readyAt : estimate(orders)
  let open = orders.size

  function putRider(id: string, place: number, freeAt: number): void {
    const { onAt, offAt } = instance.couriers.get(id)!
    planner.putRider({
      riderId: id,
      place,
      freeAtMs: freeAt * minuteMs,
      onFromMs: onAt * minuteMs,
      onUntilMs: offAt * minuteMs,
      capacity: Number.POSITIVE_INFINITY,
      rangeMetres: Number.POSITIVE_INFINITY,
      committed: [],
    })
  }
  const where = new Map<string, { place: number; freeAt: number }>()
  for (const { id, onAt } of instance.couriers.values()) {
    where.set(id, { place: numbers.get(id)!, freeAt: onAt })
    putRider(id, numbers.get(id)!, onAt)
  }

  function place(order: MdrpOrder): void {
    planner.putOrder({
      orderId: order.id,
      pickup: numbers.get(order.restaurant)!,
      dropoff: numbers.get(order.id)!,
      placedAtMs: order.placedAt * minuteMs,
      readyAtMs: expectedReadyAt(order) * minuteMs,
      targetAtMs: (order.placedAt + rules.targetClickToDoor) * minuteMs,
      load: 1,
      refusedBy: [],
    })
  }

  function tell(now: number): void {
    for (const one of fetching) {
      const { courier, orderIds, readyToFetchAt, pickupAt, restMinutes, isTooLate } = one
      const { offAt } = instance.couriers.get(courier)!
      if (isTooLate && now > offAt) {
        fetching.delete(one)
        for (const id of orderIds) place(orders.get(id)!)
      } else if (now >= pickupAt) {
        fetching.delete(one)
        putRider(courier, one.place, pickupAt + restMinutes)
      } else {
        const ready = Math.max(...orderIds.map((id) => expectedReadyAt(orders.get(id)!)))
        putRider(courier, one.place, Math.max(readyToFetchAt, ready, now) + restMinutes)
      }
    }
  }

  return {
    solution: { assignments, deliveries, moves },
    get open() {
      return open
    },
    place,
    tell,

    carryOut({ riderId, orderIds, stops }, now) {
      const rider = where.get(riderId)!
      const mine = moves.get(riderId) ?? []
      moves.set(riderId, mine)
      let at = Math.max(now, rider.freeAt)
      const go = (to: number): void => {
        mine.push({ departAt: at, from: ids[rider.place]!, to: ids[to]! })
        at += travelMinutes(rules, points[rider.place]!, points[to]!)
        rider.place = to
      }
      go(stops[0]!.place)
      const readyToFetchAt = at + rules.pickupService / 2
      const pickupAt = Math.max(readyToFetchAt, ...orderIds.map((id) => orders.get(id)!.readyAt))
      // The meals were later than was thought, and the shift ends first.
      const isTooLate = pickupAt > instance.couriers.get(riderId)!.offAt
      if (!isTooLate) {
        at = pickupAt + rules.pickupService / 2
        assignments.push({ assignedAt: now, pickupAt, courier: riderId, orders: orderIds })
        for (const { kind, orderId, place } of stops) {
          if (kind === 'pickup') continue
          go(place)
          const dropoffAt = at + rules.dropoffService / 2
          deliveries.push({ order: orderId, courier: riderId, pickupAt, dropoffAt })
          at = dropoffAt + rules.dropoffService / 2
        }
      }
      rider.freeAt = at
      if (!isTooLate) open -= orderIds.length
      for (const id of orderIds) planner.removeOrder(id)
      const restMinutes = at - pickupAt
      fetching.add({
        courier: riderId,
        orderIds,
        readyToFetchAt,
        pickupAt,
        restMinutes,
        place: rider.place,
        isTooLate,
      })
      if (preparation === 'known') putRider(riderId, rider.place, at)
    },
  }
}

/** As if each meal of a restaurant took the mean of its day. */
function estimate(orders: Instance['orders']): (order: MdrpOrder) => number {
  const ofRestaurant = new Map<string, { minutes: number; count: number }>()
  for (const { restaurant, placedAt, readyAt } of orders.values()) {
    const sum = ofRestaurant.get(restaurant) ?? { minutes: 0, count: 0 }
    ofRestaurant.set(restaurant, { minutes: sum.minutes + readyAt - placedAt, count: sum.count + 1 })
  }
  return ({ restaurant, placedAt }) => {
    const { minutes, count } = ofRestaurant.get(restaurant)!
    return Math.round(placedAt + minutes / count)
  }
}
