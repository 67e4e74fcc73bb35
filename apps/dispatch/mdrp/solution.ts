/** What was done on a day, in the parts that the rules ask for. Times are minutes, places are ids of the instance. */

export interface Assignment {
  assignedAt: number
  pickupAt: number
  courier: string
  /** In the order of their doors. */
  orders: readonly string[]
}

export interface Delivery {
  order: string
  courier: string
  pickupAt: number
  dropoffAt: number
}

/** From an order's door, a restaurant, or the place where a courier begins, which has the courier's id. */
export interface Move {
  departAt: number
  from: string
  to: string
}

export interface Solution {
  assignments: readonly Assignment[]
  deliveries: readonly Delivery[]
  /** Of each courier that moved, in their order. */
  moves: ReadonlyMap<string, readonly Move[]>
}
