/** What the API of the dispatch system answers (README of apps/dispatch), as the pages read it. */
import type { Effort } from '../../../dispatcher/planner.ts'
import type { Order as KeptOrder, Position } from '../../../model/order.ts'

export type { OrderState, Position } from '../../../model/order.ts'
export type { Rider } from '../../../model/rider.ts'

export type Role = 'customer' | 'merchant' | 'rider' | 'operations'

/** Without what is the dispatcher's business; what is undefined is not told at all. */
export type Order = Omit<KeptOrder, 'fence' | 'refusedBy'>

export interface Shop {
  merchantId: string
  name: string
  position: Position
  menu: { name: string; priceCents: number }[]
  cookingMs: number
}

export interface OrderSeen {
  order: Order
  rider?: { position: Position; positionAtMs: number }
}

/** What a rider says of an order that is offered or in hand. */
export type RideStep =
  | 'accept'
  | 'refuse'
  | 'at-merchant'
  | 'picked-up'
  | 'at-customer'
  | 'delivered'
  | 'returning'
  | 'returned'

export type CityMap = 'own' | 'amap' | 'own, as amap does not answer'

export interface Minute {
  atMs: number
  placed: number
  delivered: number
}

/** What runs below: one function of the platform. */
export interface FunctionLoad {
  name: string
  instances: number
  callsPerMinute: number
  errorsPerMinute: number
  meanMs: number
}

export interface Overview {
  nowMs: number
  waiting: number
  underway: number
  deliveredLastHour: number
  /** 0 to 1. */
  onTimeShare: number
  clickToDoorMs: { mean: number; p90: number }
  riders: { onDuty: number; busy: number }
  dispatcher: {
    /** Undefined or null: nobody. */
    owner?: string | null
    token: number
    effort: Effort
    tickMs: number
    decisions: number
    map: CityMap
  }
  perMinute: Minute[]
  /** Where the installation tells it. */
  functions?: FunctionLoad[]
}

export interface Report {
  columns: string[]
  rows: (string | number | null)[][]
}
