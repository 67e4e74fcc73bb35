/** One rider: where they are, what they have, and what comes next of it. Pure: `riders.ts` carries it out. */

import { metresBetween } from '../../model/geometry.ts'
import type { Order, Position } from '../../model/order.ts'
import type { RideStep } from './actions.ts'
import type { Random } from './random.ts'
import { along, type Roads, type Way } from './roads.ts'
import type { Shift } from './shifts.ts'

export interface Rider {
  riderId: string
  random: Random
  shifts: Shift[]
  duty: 'off' | 'on' | 'vanished'
  onUntilMs: number
  capacity: number
  /** Since the battery was last full. */
  riddenMetres: number
  /** How much slower than the streets allow. */
  slowness: number
  /** Where they stand, or where the journey ends. */
  place: number
  journey: { way: Way; leftAtMs: number; arrivesAtMs: number } | undefined
  /** Orders that they accepted, as last told. */
  held: Map<string, Order>
  /** Offers that they are thinking about or will not answer, by order, with the version of the offer. */
  considered: Map<string, number>
  /** On the way, handing over, waiting for food or for an answer: what comes next is asked for when that ends. */
  isBusy: boolean
  /** Counts the spells of being there; what was begun in an earlier one is over. */
  spell: number
}

export function whereIs(rider: Rider, roads: Roads, nowMs: number): Position {
  const { journey } = rider
  if (!journey || nowMs >= journey.arrivesAtMs) return roads.position(rider.place)
  const share = (nowMs - journey.leftAtMs) / (journey.arrivesAtMs - journey.leftAtMs)
  return along(journey.way, share * journey.way.ms.at(-1)!)
}

/** What to do next with one of the orders: go somewhere, or take a step where they stand. */
export interface Next {
  order: Order
  place: number
  step: RideStep
}

const steps: Partial<Record<Order['state'], RideStep>> = {
  RIDER_ACCEPTED: 'at-merchant',
  AT_MERCHANT: 'picked-up',
  PICKED_UP: 'at-customer',
  AT_CUSTOMER: 'delivered',
  RETURNING: 'returned',
}

/** The nearest thing to do; what is ready where they stand comes first. Undefined: nothing is held. */
export function nextOf(rider: Rider, roads: Roads, isReady: (orderId: string) => boolean): Next | undefined {
  const here = roads.position(rider.place)
  let best: (Next & { cost: number }) | undefined
  for (const order of rider.held.values()) {
    const step = steps[order.state]
    if (!step) continue
    const isAtDoor = order.state === 'PICKED_UP' || order.state === 'AT_CUSTOMER'
    const place = roads.nearest(isAtDoor ? order.dropoff : order.pickup)
    const metres = place === rider.place ? 0 : metresBetween(here, roads.position(place))
    // Waiting for food is what one does when nothing else is to be done here.
    const waits = step === 'picked-up' && !isReady(order.orderId)
    const cost = metres + (waits ? 0.5 : 0)
    if (!best || cost < best.cost) best = { order, place, step, cost }
  }
  return best
}
