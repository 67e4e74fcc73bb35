/** When a rider would be where, and what that costs. The walk is one object that is written over, as it is taken millions of times. */
import type { Demand } from './demand.ts'
import type { PlannerOptions } from './options.ts'
import { type Entry, markWidth, type Plan, type Trip } from './plan.ts'
import type { Travel } from './planner.ts'

export interface Walk {
  atMs: number
  place: number
  metres: number
  cost: number
  /** False: a meal would be picked up after the end of the shift, or the battery would not last. */
  possible: boolean
}

export interface Schedule {
  readonly walk: Walk
  /** Sets the walk to where the rider is free when all that is committed is done. */
  start(plan: Plan, nowMs: number, orderOf: (orderId: string) => Entry | undefined): void
  /** Sets the walk to the mark before a trip. */
  resume(plan: Plan, index: number): void
  /** Walks a trip, with `extra` put before its entry of that index. */
  ride(plan: Plan, trip: Trip, extra?: Entry, before?: number): void
  /** What it costs that the rider will be free at the place of the walk. */
  endCost(): number
  costOf(plan: Plan): number
  /** Walks a trip for one order. */
  rideAlone(plan: Plan, entry: Entry): void
  /** The least that an order can add to a plan: taken at once, with nothing else in the way. */
  atLeast(plan: Plan, entry: Entry): number
  /** Marks all trips anew. False: from some trip on they are impossible; the marks up to it are right. */
  mark(plan: Plan): boolean
  /** Tells when each meal of a trip is at its door, from the mark before it on. */
  times(
    plan: Plan,
    index: number,
    tell: (entry: Entry, pickupAtMs: number, dropoffAtMs: number) => void,
  ): void
  /** When the rider has to leave for the first trip. */
  leaveAtMs(plan: Plan): number
}

export function scheduleOf(travel: Travel, options: PlannerOptions, demand: Demand): Schedule {
  const { earlyMs } = options
  const { late, waiting, riding, afar } = options.weights
  const atRestaurantMs = options.pickupMs / 2
  const atDoorMs = options.dropoffMs / 2
  const walk: Walk = { atMs: 0, place: 0, metres: 0, cost: 0, possible: true }

  function go(plan: Plan, place: number): void {
    const tookMs = travel.ms(walk.place, place)
    walk.atMs += tookMs
    if (plan.rider.rangeMetres !== Number.POSITIVE_INFINITY) {
      walk.metres += travel.metres(walk.place, place)
      if (walk.metres > plan.rider.rangeMetres) walk.possible = false
    }
    walk.place = place
    walk.cost += riding * tookMs
  }

  /** To the restaurant, and away with the meals; answers when they were picked up. */
  function fetch(plan: Plan, pickup: number, readyAtMs: number): number {
    go(plan, pickup)
    const pickupAtMs = Math.max(walk.atMs + atRestaurantMs, readyAtMs)
    if (pickupAtMs > plan.rider.onUntilMs) walk.possible = false
    walk.atMs = pickupAtMs + atRestaurantMs
    return pickupAtMs
  }

  function deliver(plan: Plan, entry: Entry, pickupAtMs: number): number {
    const { dropoff, placedAtMs, readyAtMs, targetAtMs } = entry.order
    go(plan, dropoff)
    const doorAtMs = walk.atMs + atDoorMs
    walk.atMs = doorAtMs + atDoorMs
    walk.cost += doorAtMs - placedAtMs + waiting * (pickupAtMs - readyAtMs)
    if (doorAtMs > targetAtMs) walk.cost += late * (doorAtMs - targetAtMs)
    return doorAtMs
  }

  function ride(plan: Plan, trip: Trip, extra?: Entry, before = -1): void {
    const readyAtMs = extra ? Math.max(trip.readyAtMs, extra.order.readyAtMs) : trip.readyAtMs
    const pickupAtMs = fetch(plan, trip.pickup, readyAtMs)
    const { entries } = trip
    for (let index = 0; index < entries.length; index++) {
      if (index === before) deliver(plan, extra!, pickupAtMs)
      deliver(plan, entries[index]!, pickupAtMs)
    }
    if (before === entries.length) deliver(plan, extra!, pickupAtMs)
  }

  function resume({ marks }: Plan, index: number): void {
    const from = index * markWidth
    walk.atMs = marks[from]!
    walk.place = marks[from + 1]!
    walk.metres = marks[from + 2]!
    walk.cost = marks[from + 3]!
    walk.possible = true
  }

  function keep({ marks }: Plan, index: number): void {
    const from = index * markWidth
    marks[from] = walk.atMs
    marks[from + 1] = walk.place
    marks[from + 2] = walk.metres
    marks[from + 3] = walk.cost
  }

  return {
    walk,
    endCost: () => (afar === 0 ? 0 : afar * demand.metres(walk.place)),
    costOf({ marks, trips }) {
      const end = trips.length * markWidth
      return marks[end + 3]! + (afar === 0 ? 0 : afar * demand.metres(marks[end + 1]!))
    },
    resume,
    ride,

    start(plan, nowMs, orderOf) {
      const { rider } = plan
      walk.atMs = Math.max(rider.freeAtMs, rider.onFromMs, nowMs)
      walk.place = rider.place
      walk.metres = 0
      walk.possible = true
      let atRestaurant = -1
      for (const { kind, orderId, place } of rider.committed) {
        if (kind === 'pickup') {
          const readyAtMs = orderOf(orderId)?.order.readyAtMs ?? Number.NEGATIVE_INFINITY
          // Meals of one restaurant are taken together: the time there passes once.
          if (place === atRestaurant) walk.atMs = Math.max(walk.atMs, readyAtMs + atRestaurantMs)
          else fetch(plan, place, readyAtMs)
          atRestaurant = place
        } else {
          go(plan, place)
          walk.atMs += 2 * atDoorMs
          atRestaurant = -1
        }
      }
      // Nothing that is committed can be had cheaper, and it does not make the rest impossible.
      walk.cost = 0
      walk.possible = true
      keep(plan, 0)
    },

    rideAlone(plan, entry) {
      deliver(plan, entry, fetch(plan, entry.order.pickup, entry.order.readyAtMs))
    },

    atLeast(plan, { order }) {
      const { pickup, dropoff, readyAtMs, placedAtMs, targetAtMs } = order
      const fetchMs = travel.ms(plan.marks[1]!, pickup)
      const pickupAtMs = Math.max(plan.marks[0]! + fetchMs + atRestaurantMs, readyAtMs)
      if (pickupAtMs > plan.rider.onUntilMs) return Number.POSITIVE_INFINITY
      const doorAtMs = pickupAtMs + atRestaurantMs + travel.ms(pickup, dropoff) + atDoorMs
      const cost = doorAtMs - placedAtMs + waiting * (pickupAtMs - readyAtMs)
      return doorAtMs > targetAtMs ? cost + late * (doorAtMs - targetAtMs) : cost
    },

    mark(plan) {
      resume(plan, 0)
      for (let index = 0; index < plan.trips.length; index++) {
        ride(plan, plan.trips[index]!)
        keep(plan, index + 1)
        if (!walk.possible) return false
      }
      return true
    },

    times(plan, index, tell) {
      resume(plan, index)
      const trip = plan.trips[index]!
      const pickupAtMs = fetch(plan, trip.pickup, trip.readyAtMs)
      for (const entry of trip.entries) tell(entry, pickupAtMs, deliver(plan, entry, pickupAtMs))
    },

    leaveAtMs({ marks, trips }) {
      const { pickup, readyAtMs } = trips[0]!
      const latestMs = readyAtMs - earlyMs - atRestaurantMs - travel.ms(marks[1]!, pickup)
      return Math.max(marks[0]!, latestMs)
    },
  }
}
