/** What time alone makes due: steps that nobody else would take. */
import type { Order } from '../model/order.ts'
import type { DispatcherStep } from '../model/transition.ts'
import type { City } from './city.ts'

const minuteMs = 60_000

export const deadlines = {
  /** An order that is not paid. */
  payMs: 15 * minuteMs,
  /** A merchant who does not answer. */
  merchantMs: 10 * minuteMs,
  /** A rider who is so long behind the time at which the meal was to be picked up, and is not at the merchant. */
  lateMs: 10 * minuteMs,
  /** A rider who has the meal and of whom nothing is heard. */
  writeOffMs: 60 * minuteMs,
}

export interface Due {
  orderId: string
  step: DispatcherStep
}

export interface DeadlineFacts {
  city: City
  token: number
  nowMs: number
  /** When the riders were to pick up what they have accepted, as was expected when they did. */
  pickupDueAtMs: ReadonlyMap<string, number>
}

export function stepsDue(facts: DeadlineFacts): Due[] {
  const due: Due[] = []
  for (const order of facts.city.orders.values()) {
    const step = stepDue(order, facts)
    if (step !== undefined) due.push({ orderId: order.orderId, step })
  }
  return due
}

function stepDue(
  order: Order,
  { city, token, nowMs, pickupDueAtMs }: DeadlineFacts,
): DispatcherStep | undefined {
  const { state, times, riderId } = order
  switch (state) {
    case 'CREATED':
      return nowMs >= order.placedAtMs + deadlines.payMs
        ? { kind: 'lapse', reason: 'it was not paid', token }
        : undefined
    case 'PAID':
      return nowMs >= times.PAID! + deadlines.merchantMs
        ? { kind: 'lapse', reason: 'the merchant did not answer', token }
        : undefined
    case 'OFFERED':
      if (nowMs >= order.offerExpiresAtMs!) return { kind: 'offer-expired', token }
      return city.isAvailable(riderId!) ? undefined : { kind: 'rider-lost', riderId: riderId!, token }
    case 'RIDER_ACCEPTED':
    case 'AT_MERCHANT': {
      const dueAtMs = pickupDueAtMs.get(order.orderId)
      const isLate =
        state === 'RIDER_ACCEPTED' && dueAtMs !== undefined && nowMs >= dueAtMs + deadlines.lateMs
      return isLate || !city.isAvailable(riderId!)
        ? { kind: 'rider-lost', riderId: riderId!, token }
        : undefined
    }
    case 'PICKED_UP':
    case 'AT_CUSTOMER':
    case 'RETURNING': {
      // Off duty is no reason: the meal has to come to its end all the same.
      const heardAtMs = city.riders.get(riderId!)?.heardAtMs
      return heardAtMs !== undefined && nowMs >= heardAtMs + deadlines.writeOffMs
        ? { kind: 'write-off', reason: 'lost with its rider', token }
        : undefined
    }
    default:
      return undefined
  }
}
