/** An order of the shared dispatch system, as it is kept and as it is told. Positions are WGS-84 in degrees, times milliseconds since the epoch. */

export interface Position {
  lng: number
  lat: number
}

/**
 * Where an order stands between its customer and its rider. The kitchen goes on beside it (`KitchenState`): rider and kitchen race.
 *
 * CREATED → PAID → MERCHANT_ACCEPTED → OFFERED → RIDER_ACCEPTED → AT_MERCHANT → PICKED_UP → AT_CUSTOMER → DELIVERED;
 * an offer that is refused, times out or whose rider is lost leads back to MERCHANT_ACCEPTED; CANCELLED is reached from
 * everything before PICKED_UP; RETURNING and RETURNED from PICKED_UP and AT_CUSTOMER where nobody takes it.
 */
export type OrderState =
  | 'CREATED'
  | 'PAID'
  | 'MERCHANT_ACCEPTED'
  | 'OFFERED'
  | 'RIDER_ACCEPTED'
  | 'AT_MERCHANT'
  | 'PICKED_UP'
  | 'AT_CUSTOMER'
  | 'DELIVERED'
  | 'CANCELLED'
  | 'RETURNING'
  | 'RETURNED'

export type KitchenState = 'WAITING' | 'COOKING' | 'READY' | 'HANDED_OVER'

export interface Order {
  orderId: string
  /** The city, or the part of one, that has one dispatcher. */
  shard: string
  customerId: string
  merchantId: string
  state: OrderState
  kitchen: KitchenState
  /** Counts the changes of the order; every write is conditional on it. */
  version: number
  /** Whoever holds the lease of the shard writes its token here; a lower one is refused. */
  fence: number
  pickup: Position
  dropoff: Position
  dropoffAddress: string
  lines: { name: string; count: number; priceCents: number }[]
  totalCents: number
  /** Parts of a rider's capacity that it takes. */
  load: number
  placedAtMs: number
  /** Of its newest version; never falls. */
  changedAtMs: number
  /** When the kitchen means to be ready, later when it was. */
  readyAtMs: number
  /** Promised at the customer's door. */
  promisedAtMs: number
  /** Expected at the customer's door; it changes with every plan. */
  expectedAtMs: number
  /** From OFFERED on; in the state CANCELLED the one it was with then. */
  riderId: string | undefined
  /** In the state OFFERED: until when the rider may take it. */
  offerExpiresAtMs: number | undefined
  /** Riders that refused it, were too late or were lost with it; not offered to them again. */
  refusedBy: string[]
  /** When each state was reached, the last time. */
  times: Partial<Record<OrderState | 'READY', number>>
  /** Keys of photos in the bucket. */
  photos: string[]
  cancelReason: string | undefined
}

export const endStates: readonly OrderState[] = ['DELIVERED', 'CANCELLED', 'RETURNED']

export const isOpen = ({ state }: { state: OrderState }): boolean => !endStates.includes(state)

/** The rider has taken it, and it takes a part of the vehicle. */
export const carriedStates: readonly OrderState[] = [
  'RIDER_ACCEPTED',
  'AT_MERCHANT',
  'PICKED_UP',
  'AT_CUSTOMER',
  'RETURNING',
]
