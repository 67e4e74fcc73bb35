/**
 * A day of an instance, minute by minute, with the planner of the city: it learns of an order when it is placed, and of nothing
 * before. What it commits is done exactly so; the solution is what was done.
 */
import { createPlanner } from '../dispatcher/create-planner.ts'
import type { PlannerOptions } from '../dispatcher/options.ts'
import type { Effort } from '../dispatcher/planner.ts'
import { dayOf, minuteMs, placesOf } from './day.ts'
import { type Instance, travelMinutes } from './instance.ts'
import type { Solution } from './solution.ts'

/** What is not picked up so long after the last order and the last shift stays undelivered. */
const endMinutes = 180

export interface ReplayOptions {
  effort: Effort
  /** For each minute. */
  ruins: number
  random: () => number
  /** Whether the planner is told when a meal will be ready, or only the mean of its restaurant, and learns the rest when it is fetched. */
  preparation?: 'known' | 'estimated'
  planner?: Partial<PlannerOptions>
}

export function replay(instance: Instance, options: ReplayOptions): Solution {
  const { effort, ruins, random, preparation = 'known', planner: given } = options
  const places = placesOf(instance)
  const { points } = places
  const { rules } = instance
  const minutes = (from: number, to: number): number => travelMinutes(rules, points[from]!, points[to]!)
  const planner = createPlanner(
    {
      ms: (from, to) => minutes(from, to) * minuteMs,
      metres: (from, to) => minutes(from, to) * rules.metresPerMinute,
    },
    {
      ground: { x: (place) => points[place]!.x, y: (place) => points[place]!.y },
      random,
      pickupMs: rules.pickupService * minuteMs,
      dropoffMs: rules.dropoffService * minuteMs,
      leadMs: 0,
      ...given,
    },
  )
  const day = dayOf(instance, places, planner, preparation)
  const byPlacement = [...instance.orders.values()].sort((a, b) => a.placedAt - b.placedAt)
  const lastOff = Math.max(...[...instance.couriers.values()].map(({ offAt }) => offAt))
  const end = Math.max(lastOff, byPlacement.at(-1)!.placedAt) + endMinutes
  let next = 0
  for (let now = byPlacement[0]!.placedAt; now <= end && day.open > 0; now++) {
    for (; byPlacement[next]?.placedAt === now; next++) day.place(byPlacement[next]!)
    day.tell(now)
    for (const commitment of planner.tick(now * minuteMs, { effort, ruins })) day.carryOut(commitment, now)
  }
  return day.solution
}
