/** The cheapest place for an order among the trips of a rider: in a trip to its restaurant, or as a trip of its own. */
import { costOf, type Entry, type Plan, type Trip, tripOf } from './plan.ts'
import type { Schedule } from './schedule.ts'

export interface Insertion {
  /** What it adds to the cost of the plan. */
  cost: number
  plan: Plan
  trip: number
  /** The index in that trip; undefined: a trip of its own, before that one. */
  before: number | undefined
}

export const mayTake = ({ rider }: Plan, { order }: Entry): boolean =>
  order.load <= rider.capacity && !order.refusedBy.includes(rider.riderId)

/** Answers `best` where nothing cheaper is possible. `lastOnly`: behind everything else, as costs little to find. */
export function cheapest(
  schedule: Schedule,
  plan: Plan,
  entry: Entry,
  best: Insertion | undefined,
  lastOnly = false,
): Insertion | undefined {
  let bound = best?.cost ?? Number.POSITIVE_INFINITY
  if (schedule.atLeast(plan, entry) >= bound || !mayTake(plan, entry)) return best
  const { trips } = plan
  const { walk } = schedule
  for (let index = lastOnly ? trips.length : 0; index <= trips.length; index++) {
    schedule.resume(plan, index)
    schedule.rideAlone(plan, entry)
    const alone = rest(schedule, plan, index, index, bound)
    if (alone < bound) {
      bound = alone
      best = { cost: alone, plan, trip: index, before: undefined }
    }
    const trip = trips[index]
    if (!trip || trip.pickup !== entry.order.pickup) continue
    if (trip.load + entry.order.load > plan.rider.capacity) continue
    for (let before = 0; before <= trip.entries.length; before++) {
      schedule.resume(plan, index)
      schedule.ride(plan, trip, entry, before)
      if (!walk.possible) continue
      const joined = rest(schedule, plan, index, index + 1, bound)
      if (joined < bound) {
        bound = joined
        best = { cost: joined, plan, trip: index, before }
      }
    }
  }
  return best
}

/** Walks on with the trips from `next` on, and answers what all that is from `index` on costs more than now; Infinity: impossible, or not below `bound`. */
function rest(schedule: Schedule, plan: Plan, index: number, next: number, bound: number): number {
  const { walk } = schedule
  const { marks, trips } = plan
  // What comes after can only come later, and so cost more than it does now.
  const saved = index === next ? marks[index * 4 + 3]! : marks[next * 4 + 3]!
  if (!walk.possible || walk.cost - saved >= bound) return Number.POSITIVE_INFINITY
  for (let at = next; at < trips.length; at++) {
    schedule.ride(plan, trips[at]!)
    if (!walk.possible || walk.cost - marks[(at + 1) * 4 + 3]! >= bound) return Number.POSITIVE_INFINITY
  }
  const cost = walk.cost - costOf(plan)
  return cost < bound ? cost : Number.POSITIVE_INFINITY
}

/** The trips as they are with the order in its place. */
export function inserted({ plan, trip, before }: Insertion, entry: Entry): Trip[] {
  if (before === undefined) return plan.trips.toSpliced(trip, 0, tripOf([entry]))
  return plan.trips.with(trip, tripOf(plan.trips[trip]!.entries.toSpliced(before, 0, entry)))
}
