/**
 * A day of an instance, minute by minute, with the planner of the city: it learns of an order when it is placed, and of nothing
 * before. What it commits is done exactly so; the solution is what was done.
 */
import { createPlanner } from '../dispatcher/create-planner.ts'
import type { PlannerOptions } from '../dispatcher/options.ts'
import type { Commitment, Effort, Planner } from '../dispatcher/planner.ts'
import { type Instance, type MdrpOrder, type Point, travelMinutes } from './instance.ts'
import type { Assignment, Delivery, Move, Solution } from './solution.ts'

const minuteMs = 60_000
/** What is not picked up so long after the last order and the last shift stays undelivered. */
const endMinutes = 180

export interface ReplayOptions {
  effort: Effort
  /** For each minute. */
  ruins: number
  random: () => number
  planner?: Partial<PlannerOptions>
}

export interface Replayed {
  solution: Solution
  /** Processor time is not asked for here; how many ticks there were. */
  ticks: number
}

export function replay(
  instance: Instance,
  { effort, ruins, random, planner: given }: ReplayOptions,
): Replayed {
  const places = placesOf(instance)
  const { rules } = instance
  const minutes = (from: number, to: number): number =>
    travelMinutes(rules, places.points[from]!, places.points[to]!)
  const planner = createPlanner(
    {
      ms: (from, to) => minutes(from, to) * minuteMs,
      metres: (from, to) => minutes(from, to) * rules.metresPerMinute,
    },
    {
      ground: { x: (place) => places.points[place]!.x, y: (place) => places.points[place]!.y },
      random,
      pickupMs: rules.pickupService * minuteMs,
      dropoffMs: rules.dropoffService * minuteMs,
      leadMs: 0,
      ...given,
    },
  )
  const day = dayOf(instance, places, planner)
  const byPlacement = [...instance.orders.values()].sort((a, b) => a.placedAt - b.placedAt)
  const lastOff = Math.max(...[...instance.couriers.values()].map(({ offAt }) => offAt))
  const end = Math.max(lastOff, byPlacement.at(-1)!.placedAt) + endMinutes
  let next = 0
  let ticks = 0
  for (let now = byPlacement[0]!.placedAt; now <= end && day.open > 0; now++) {
    for (; byPlacement[next]?.placedAt === now; next++) day.place(byPlacement[next]!)
    for (const commitment of planner.tick(now * minuteMs, { effort, ruins })) day.carryOut(commitment, now)
    ticks++
  }
  return { solution: day.solution, ticks }
}

interface Places {
  points: Point[]
  numbers: Map<string, number>
  ids: string[]
}

function placesOf({ orders, restaurants, couriers }: Instance): Places {
  const all = [...restaurants, ...orders, ...couriers]
  const ids = all.map(([id]) => id)
  return { points: all.map(([, point]) => point), numbers: new Map(ids.map((id, index) => [id, index])), ids }
}

interface Day {
  readonly solution: Solution
  /** Orders that were not yet assigned, be they placed or not. */
  readonly open: number
  place(order: MdrpOrder): void
  carryOut(commitment: Commitment, now: number): void
}

function dayOf(instance: Instance, { points, numbers, ids }: Places, planner: Planner): Day {
  const { rules } = instance
  const assignments: Assignment[] = []
  const deliveries: Delivery[] = []
  const moves = new Map<string, Move[]>()
  let open = instance.orders.size

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

  return {
    solution: { assignments, deliveries, moves },
    get open() {
      return open
    },

    place({ id, restaurant, placedAt, readyAt }) {
      planner.putOrder({
        orderId: id,
        pickup: numbers.get(restaurant)!,
        dropoff: numbers.get(id)!,
        placedAtMs: placedAt * minuteMs,
        readyAtMs: readyAt * minuteMs,
        targetAtMs: (placedAt + rules.targetClickToDoor) * minuteMs,
        load: 1,
        refusedBy: [],
      })
    },

    carryOut({ riderId, orderIds, stops }, now) {
      const rider = where.get(riderId)!
      const mine = moves.get(riderId) ?? []
      moves.set(riderId, mine)
      const restaurant = stops[0]!.place
      let at = Math.max(now, rider.freeAt)
      let place = rider.place
      const go = (to: number): void => {
        mine.push({ departAt: at, from: ids[place]!, to: ids[to]! })
        at += travelMinutes(rules, points[place]!, points[to]!)
        place = to
      }
      go(restaurant)
      const ready = Math.max(...orderIds.map((id) => instance.orders.get(id)!.readyAt))
      const pickupAt = Math.max(at + rules.pickupService / 2, ready)
      at = pickupAt + rules.pickupService / 2
      assignments.push({ assignedAt: now, pickupAt, courier: riderId, orders: orderIds })
      for (const stop of stops) {
        if (stop.kind === 'pickup') continue
        go(stop.place)
        const dropoffAt = at + rules.dropoffService / 2
        deliveries.push({ order: stop.orderId, courier: riderId, pickupAt, dropoffAt })
        at = dropoffAt + rules.dropoffService / 2
      }
      rider.place = place
      rider.freeAt = at
      open -= orderIds.length
      for (const id of orderIds) planner.removeOrder(id)
      putRider(riderId, place, at)
    },
  }
}
