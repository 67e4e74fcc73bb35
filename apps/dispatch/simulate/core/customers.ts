/** Customers: order, pay, sometimes cancel, sometimes watch. Whoever gets no answer tries again with the same key. */
import type { Order } from '../../model/order.ts'
import type { Shop } from '../../model/shop.ts'
import type { Answer, Deed, Person } from './actions.ts'
import type { Random } from './random.ts'
import { drawPlace } from './shops.ts'
import { isEnded, type Stage } from './stage.ts'

/** Attempts at placing before a customer goes hungry; each is itself repeated by whoever carries it out. */
const attempts = 20

export interface Customers {
  /** One order comes in, of the customer of this number. */
  orders(number: number): void
  /** An order of theirs has been heard of. */
  heard(order: Order): void
  /** Asks for every order that has not ended as far as is known; the answers are heard like all others. */
  settle(): void
  /** Placed and not known to have ended. */
  open(): ReadonlyMap<string, Order>
  /** Being placed, or being tried again. */
  readonly placing: number
  /** Placed, and unknown to the platform when it was asked by `settle()`. */
  missing: ReadonlySet<string>
  /** By customer: attempts that ended without an answer, so that there may be an order of which they do not know. */
  unanswered: ReadonlyMap<string, number>
}

export function createCustomers(
  stage: Stage,
  shops: readonly Shop[],
  run: string,
  customers: number,
): Customers {
  const draw = drawPlace(stage.roads)
  const open = new Map<string, Order>()
  const missing = new Set<string>()
  const unanswered = new Map<string, number>()
  let placing = 0

  function orders(number: number): void {
    const random = stage.random.fork(`order ${number}`)
    const who: Person = { role: 'customer', id: `${run}-c${number % customers}` }
    placing++
    place({ who, random, deed: basket(random, `${run}-${number}`), left: attempts })
  }

  function basket(random: Random, key: string): Deed {
    const shop = shops[random.below(shops.length)]!
    const dishes = 1 + random.below(Math.min(3, shop.menu.length))
    const first = random.below(shop.menu.length)
    const place = draw(random)
    return {
      kind: 'place',
      key,
      merchantId: shop.merchantId,
      lines: Array.from({ length: dishes }, (_, index) => ({
        name: shop.menu[(first + index) % shop.menu.length]!.name,
        count: 1 + random.below(2),
      })),
      dropoff: stage.roads.position(place),
      dropoffAddress: `${1 + random.below(20)}-${1 + random.below(6)}0${1 + random.below(4)}, ${place}`,
    }
  }

  function place(attempt: { who: Person; random: Random; deed: Deed; left: number }): void {
    const { who, random, deed, left } = attempt
    stage.act(who, deed, (answer) => {
      const [order] = answer.kind === 'done' ? answer.orders : []
      if (order) {
        placing--
        stage.happened({ kind: 'placed', orderId: order.orderId, atMs: stage.nowMs() })
        if (isEnded(order)) return stage.happened({ kind: 'ended', order, atMs: stage.nowMs() })
        open.set(order.orderId, order)
        goesOn(who, order, random)
      } else if (isWorthRepeating(answer) && left > 1) {
        stage.after(stage.habits.triesAgainAfterMs, () => place({ ...attempt, left: left - 1 }))
      } else {
        placing--
        if (isWorthRepeating(answer)) unanswered.set(who.id, (unanswered.get(who.id) ?? 0) + 1)
        stage.happened({ kind: 'unplaced', atMs: stage.nowMs() })
      }
    })
  }

  function goesOn(who: Person, { orderId }: Order, random: Random): void {
    const { customer } = stage.habits
    stage.after(random.logNormal(customer.paysAfterMs, 0.5), () => pays(who, orderId))
    if (random.chance(customer.cancels)) {
      stage.after(random.between(0, customer.cancelsWithinMs), () => {
        // Too late, or already over, is an answer that a customer takes.
        if (open.has(orderId))
          stage.act(who, { kind: 'cancel', orderId, reason: 'no longer wanted' }, () => {})
      })
    }
    if (random.chance(customer.watches)) watches(who, orderId)
  }

  function pays(who: Person, orderId: string): void {
    if (!open.has(orderId)) return
    stage.act(who, { kind: 'pay', orderId }, (answer) => {
      if (isWorthRepeating(answer)) stage.after(stage.habits.triesAgainAfterMs, () => pays(who, orderId))
    })
  }

  function watches(who: Person, orderId: string): void {
    stage.after(stage.habits.customer.watchEveryMs, () => {
      if (!open.has(orderId)) return
      stage.act(who, { kind: 'track', orderId }, () => watches(who, orderId))
    })
  }

  return {
    orders,
    heard(order) {
      const known = open.get(order.orderId)
      if (!known || known.version > order.version) return
      if (isEnded(order)) open.delete(order.orderId)
      else open.set(order.orderId, order)
    },
    settle() {
      for (const [orderId, { customerId }] of open)
        stage.act({ role: 'customer', id: customerId }, { kind: 'track', orderId }, (answer) => {
          if (answer.kind === 'refused' && answer.status === 404) missing.add(orderId)
        })
    },
    open: () => open,
    missing,
    unanswered,
    get placing() {
      return placing
    },
  }
}

/** Nothing is known of what was not answered; what the platform could not take now it may take later. */
export const isWorthRepeating = (answer: Answer): boolean =>
  answer.kind === 'lost' || (answer.kind === 'refused' && (answer.status === 429 || answer.status >= 500))
