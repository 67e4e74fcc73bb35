/**
 * What the dispatcher decides with: pure, without input or output, and the same code for the running city and for the
 * instances it is measured on. Places are numbers that the caller's `Travel` knows; times are milliseconds on the caller's clock.
 */

/** Time and way between two places by the vehicles of the riders. */
export interface Travel {
  ms(from: number, to: number): number
  metres(from: number, to: number): number
}

export interface PlannedOrder {
  orderId: string
  pickup: number
  dropoff: number
  placedAtMs: number
  /** When it can be picked up, as far as is known. */
  readyAtMs: number
  /** Wanted at the door. */
  targetAtMs: number
  load: number
  /** Riders that it is not given to. */
  refusedBy: readonly string[]
}

export interface Stop {
  kind: 'pickup' | 'dropoff'
  orderId: string
  place: number
}

export interface PlannedRider {
  riderId: string
  /** Where the rider is or, on the way, will next be free to be sent elsewhere. */
  place: number
  /** From when on the rider can leave there. */
  freeAtMs: number
  onFromMs: number
  /** No pick-up that begins after this. */
  onUntilMs: number
  capacity: number
  rangeMetres: number
  /** What was committed and is still to be done, in its order: fixed, but for what may be put behind it. */
  committed: readonly Stop[]
}

/** A rider is to leave now, for these stops. */
export interface Commitment {
  riderId: string
  orderIds: string[]
  stops: Stop[]
  leaveAtMs: number
}

/** What a plan says of an order that is not yet committed. */
export interface Tentative {
  riderId: string
  pickupAtMs: number
  dropoffAtMs: number
}

/** How much is thought about each decision; falls in steps under load, and never leaves an order out. */
export type Effort = 'ruin-and-recreate' | 'few-ruins' | 'insertion' | 'insertion-20' | 'matching' | 'nearest'

export interface TickBudget {
  /** Ruins at the most; what is not reached within `untilMs` is left. */
  ruins: number
  /** Whether to stop early: a deadline on the caller's clock, or nothing for a repeatable run. */
  isOver?: () => boolean
  effort: Effort
}

export interface Planner {
  /** New or changed. */
  putOrder(order: PlannedOrder): void
  /** Cancelled, delivered, or taken out of the planner's hands. */
  removeOrder(orderId: string): void
  putRider(rider: PlannedRider): void
  /** What was planned for the rider and not committed is planned anew. */
  removeRider(riderId: string): void
  /** The event path: puts one order into the plans as they are. Undefined: no rider can take it now. */
  insert(orderId: string, nowMs: number): Tentative | undefined
  tentative(orderId: string): Tentative | undefined
  /** Improves all plans within the budget, and takes out what has to leave now. */
  tick(nowMs: number, budget: TickBudget): Commitment[]
  /** Orders without a rider in any plan. */
  unplanned(): string[]
}
