/** The cheapest place for an order among the trips of a rider: in a trip to its restaurant, or as a trip of its own. */
import { type Entry, markWidth, type Plan, type Trip, tripOf } from './plan.ts'
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
  const now = schedule.costOf(plan)
  // Where the rider is free at the end may become cheaper, by no more than it costs now.
  const saving = now - plan.marks[plan.trips.length * markWidth + 3]!
  if (schedule.atLeast(plan, entry) - saving >= bound || !mayTake(plan, entry)) return best
  const { trips } = plan
  const { walk } = schedule
  for (let index = lastOnly ? trips.length : 0; index <= trips.length; index++) {
    schedule.resume(plan, index)
    schedule.rideAlone(plan, entry)
    const alone = rest(schedule, plan, index, now, bound + saving)
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
      const joined = rest(schedule, plan, index + 1, now, bound + saving)
      if (joined < bound) {
        bound = joined
        best = { cost: joined, plan, trip: index, before }
      }
    }
  }
  return best
}

/** Walks on with the trips from `next` on, and answers what the plan then costs more than `now`; Infinity: impossible, or well above `bound`. */
function rest(schedule: Schedule, plan: Plan, next: number, now: number, bound: number): number {
  const { walk } = schedule
  const { marks, trips } = plan
  // What comes after can only come later, and so cost more than it does now.
  if (!walk.possible || walk.cost - marks[next * markWidth + 3]! >= bound) return Number.POSITIVE_INFINITY
  for (let at = next; at < trips.length; at++) {
    schedule.ride(plan, trips[at]!)
    if (!walk.possible || walk.cost - marks[(at + 1) * markWidth + 3]! >= bound) {
      return Number.POSITIVE_INFINITY
    }
  }
  return walk.cost + schedule.endCost() - now
}

/** The trips as they are with the order in its place. */
export function inserted({ plan, trip, before }: Insertion, entry: Entry): Trip[] {
  if (before === undefined) return plan.trips.toSpliced(trip, 0, tripOf([entry]))
  return plan.trips.with(trip, tripOf(plan.trips[trip]!.entries.toSpliced(before, 0, entry)))
}
