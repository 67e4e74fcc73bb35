/** What a planner is set to, beside the travel times. All times are milliseconds. */

/** Where places lie on a plane, in metres; only to find riders that are near. */
export interface Ground {
  x(place: number): number
  y(place: number): number
}

/** A plan costs the sum over its orders of the time from placed to the door, and of these. */
export interface Weights {
  /** For each ms at the door after the target, in addition. */
  late: number
  /** For each ms that a meal waits for its rider. */
  waiting: number
  /** For each ms that a rider is under way or at a stop. */
  riding: number
  /** For each metre between where a rider will be free and where orders come from. */
  afar: number
}

export interface PlannerOptions {
  ground: Ground
  /** From 0 (inclusive) to 1 (exclusive). A seeded one makes runs repeatable. */
  random: () => number
  /** Time at a restaurant: half of it before the meal can be taken, half of it after. */
  pickupMs: number
  /** Time at a door: half of it before the meal is handed over, half of it after. */
  dropoffMs: number
  /** So long before a rider has to leave, the rider is committed: time to see an offer, and until the next tick. */
  leadMs: number
  /** Riders are to be there so long before the meal is said to be ready, because it may be ready early. */
  earlyMs: number
  /** Riders that are looked at for an order, the nearest ones; more only where none of them can take it. */
  candidates: number
  /** Riders whose shift begins later than in this time are not planned with. */
  aheadMs: number
  weights: Weights
}

const minuteMs = 60_000

export const defaults: Omit<PlannerOptions, 'ground' | 'random'> = {
  pickupMs: 2 * minuteMs,
  dropoffMs: 2 * minuteMs,
  leadMs: 15_000,
  earlyMs: 0,
  candidates: 60,
  aheadMs: 60 * minuteMs,
  weights: { late: 0.3, waiting: 0.1, riding: 0.02, afar: 30 },
}
