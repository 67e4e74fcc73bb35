/** What is planned for one rider: trips, each to one restaurant and from there to the doors of one order or more. */
import type { PlannedOrder, PlannedRider } from './planner.ts'

/** An order as the planner keeps it. */
export interface Entry {
  order: PlannedOrder
  /**
   * open: to be planned, or planned in `plan`. held: among the committed stops of a rider. resting: it was, and the
   * caller has not said what has become of it; it is not planned until it does.
   */
  state: 'open' | 'held' | 'resting'
  plan: Plan | undefined
  /** When no rider at all could take it, looked at last; -Infinity for never. */
  refusedByAllAtMs: number
}

/** Never changed: another trip takes its place. */
export interface Trip {
  pickup: number
  /** In the order of their doors. */
  entries: readonly Entry[]
  /** When the last of its meals is ready. */
  readyAtMs: number
  load: number
}

export interface Plan {
  rider: PlannedRider
  /** In the index of riders. */
  slot: number
  /** Never changed: another array takes its place, so a reference is enough to go back. */
  trips: readonly Trip[]
  /** The time for which `marks` are right. */
  markedAtMs: number
  /** For each trip, and then for the end, `markWidth` numbers: see `markAt`. */
  marks: number[]
}

/** Numbers of a mark: time, place, metres ridden so far, cost so far. */
export const markWidth = 4

export function tripOf(entries: readonly Entry[]): Trip {
  let readyAtMs = Number.NEGATIVE_INFINITY
  let load = 0
  for (const { order } of entries) {
    if (order.readyAtMs > readyAtMs) readyAtMs = order.readyAtMs
    load += order.load
  }
  return { pickup: entries[0]!.order.pickup, entries, readyAtMs, load }
}

/** The trips of a plan without some entries; trips that are left empty go, too. */
export function without(trips: readonly Trip[], gone: (entry: Entry) => boolean): Trip[] {
  const left: Trip[] = []
  for (const trip of trips) {
    if (!trip.entries.some(gone)) left.push(trip)
    else {
      const entries = trip.entries.filter((entry) => !gone(entry))
      if (entries.length > 0) left.push(tripOf(entries))
    }
  }
  return left
}
