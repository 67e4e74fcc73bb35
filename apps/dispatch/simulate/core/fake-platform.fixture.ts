/**
 * A platform for tests, in memory: what README's API promises, with the simplest dispatcher there is (the nearest rider without an
 * order, at each change). It can be told to misbehave: then the simulator has to notice.
 */

import { metresBetween } from '../../model/geometry.ts'
import type { Order, Position } from '../../model/order.ts'
import type { Shop } from '../../model/shop.ts'
import type { Action, Answer, Person } from './actions.ts'
import { isEnded } from './stage.ts'

export interface Misbehaviour {
  /** Every so-manyth offer goes to two riders, and both may take it: neither is told of the other. */
  doublesEvery?: number
  /** Every so-manyth order is forgotten once it is paid. */
  losesEvery?: number
  /** Places a second order for a key that it has seen. */
  forgetsKeys?: boolean
}

const offerMs = 60_000
const lostAfterMs = 60_000
const promisedMs = 45 * 60_000

export interface FakePlatform {
  perform(action: Action): Answer
  /** Offers what waits, and takes back what was not answered. Called at each change, and now and then. */
  dispatch(): void
  orders: ReadonlyMap<string, Order>
  /** Each change, for whoever shows it. */
  changed: (order: Order) => void
}

interface Duty {
  riderId: string
  position: Position
  heardAtMs: number
}

export function createFakePlatform({
  nowMs,
  shops,
  misbehaviour = {},
}: {
  nowMs(): number
  shops: readonly Shop[]
  misbehaviour?: Misbehaviour
}): FakePlatform {
  const orders = new Map<string, Order>()
  const open = new Map<string, Order>()
  const keys = new Map<string, string>()
  const onDuty = new Map<string, Duty>()
  const twins = new Map<string, string>()
  let [made, offered] = [0, 0]

  const done = (...told: Order[]): Answer => ({ kind: 'done', orders: told })
  const refused = (status: number, code: string): Answer => ({ kind: 'refused', status, code })
  const conflict = refused(409, 'StateConflict')

  function change(order: Order, to: Partial<Order>): Order {
    const changed = { ...order, ...to, version: order.version + 1 }
    if (to.state !== undefined) changed.times = { ...order.times, [to.state]: nowMs() }
    orders.set(order.orderId, changed)
    if (isEnded(changed)) open.delete(order.orderId)
    else open.set(order.orderId, changed)
    platform.changed(changed)
    return changed
  }

  function place(who: Person, action: Action & { kind: 'place' }): Answer {
    const known = keys.get(action.key)
    if (known !== undefined && !misbehaviour.forgetsKeys) return done(orders.get(known)!)
    const shop = shops.find(({ merchantId }) => merchantId === action.merchantId)
    if (!shop) return refused(400, 'InvalidArgument')
    const orderId = `o-${++made}`
    keys.set(action.key, orderId)
    const now = nowMs()
    const order: Order = {
      orderId,
      shard: 'test',
      customerId: who.id,
      merchantId: shop.merchantId,
      state: 'CREATED',
      kitchen: 'WAITING',
      version: 1,
      fence: 0,
      pickup: shop.position,
      dropoff: action.dropoff,
      dropoffAddress: action.dropoffAddress,
      lines: action.lines.map((line) => ({ ...line, priceCents: 100 })),
      totalCents: 100,
      load: 1,
      placedAtMs: now,
      changedAtMs: now,
      readyAtMs: now + shop.cookingMs,
      promisedAtMs: now + promisedMs,
      expectedAtMs: now + promisedMs,
      riderId: undefined,
      offerExpiresAtMs: undefined,
      refusedBy: [],
      times: { CREATED: now },
      photos: [],
      cancelReason: undefined,
    }
    orders.set(orderId, order)
    open.set(orderId, order)
    platform.changed(order)
    return done(order)
  }

  function kitchen(order: Order, action: Action & { kind: 'kitchen' }): Answer {
    if (order.merchantId !== action.who.id) return refused(403, 'Forbidden')
    const { step } = action
    if (step === 'accept' || step === 'reject') {
      if (order.state !== 'PAID') return conflict
      return done(change(order, { state: step === 'accept' ? 'MERCHANT_ACCEPTED' : 'CANCELLED' }))
    }
    if (isEnded(order) || order.kitchen === 'HANDED_OVER') return conflict
    if (step === 'cooking') return done(change(order, { kitchen: 'COOKING' }))
    return done(change(order, { kitchen: 'READY', times: { ...order.times, READY: nowMs() } }))
  }

  const rides: Record<string, [from: Order['state'], to: Order['state']]> = {
    accept: ['OFFERED', 'RIDER_ACCEPTED'],
    'at-merchant': ['RIDER_ACCEPTED', 'AT_MERCHANT'],
    'picked-up': ['AT_MERCHANT', 'PICKED_UP'],
    'at-customer': ['PICKED_UP', 'AT_CUSTOMER'],
    delivered: ['AT_CUSTOMER', 'DELIVERED'],
    returning: ['AT_CUSTOMER', 'RETURNING'],
    returned: ['RETURNING', 'RETURNED'],
  }

  function ride(kept: Order, riderId: string, step: string): Answer {
    // The twin is answered as if there were nobody else.
    const order = twins.get(kept.orderId) === riderId ? { ...kept, riderId } : kept
    if (order.riderId !== riderId)
      return order.refusedBy.includes(riderId) ? conflict : refused(404, 'NotFound')
    if (step === 'refuse') return done(change(order, withoutRider(order)))
    const [from, to] = rides[step]!
    if (order.state !== from) return order.state === to ? done(order) : conflict
    if (step === 'picked-up' && order.kitchen !== 'READY') return conflict
    return done(change(order, { state: to, ...(to === 'PICKED_UP' ? { kitchen: 'HANDED_OVER' } : {}) }))
  }

  const withoutRider = (order: Order): Partial<Order> => ({
    state: 'MERCHANT_ACCEPTED',
    riderId: undefined,
    offerExpiresAtMs: undefined,
    refusedBy: [...order.refusedBy, order.riderId!],
  })

  const ofRider = (riderId: string): Order[] =>
    [...open.values()].filter((order) => order.riderId === riderId)
  const asTwin = (riderId: string): Order[] =>
    [...open.values()]
      .filter((order) => order.riderId !== riderId && twins.get(order.orderId) === riderId)
      .map((order) => ({ ...order, riderId, state: 'OFFERED' }))

  function dispatch(): void {
    for (const order of open.values()) {
      const isLate = order.state === 'OFFERED' && order.offerExpiresAtMs! <= nowMs()
      const isRiding = order.state === 'RIDER_ACCEPTED' || order.state === 'AT_MERCHANT'
      const duty = order.riderId === undefined ? undefined : onDuty.get(order.riderId)
      if (isLate || (isRiding && (!duty || duty.heardAtMs < nowMs() - lostAfterMs)))
        change(order, withoutRider(order))
    }
    const busy = new Set([...open.values()].map(({ riderId }) => riderId))
    for (const order of open.values()) {
      if (order.state !== 'MERCHANT_ACCEPTED') continue
      const idle = [...onDuty.values()].filter(
        ({ riderId, heardAtMs }) =>
          !busy.has(riderId) && !order.refusedBy.includes(riderId) && heardAtMs >= nowMs() - lostAfterMs,
      )
      if (idle.length === 0) continue
      const [nearest] = idle.sort(
        (a, b) => metresBetween(a.position, order.pickup) - metresBetween(b.position, order.pickup),
      )
      busy.add(nearest!.riderId)
      const offer = change(order, {
        state: 'OFFERED',
        riderId: nearest!.riderId,
        offerExpiresAtMs: nowMs() + offerMs,
      })
      const twin = idle[1]?.riderId
      if (++offered % (misbehaviour.doublesEvery ?? Infinity) !== 0 || twin === undefined) continue
      twins.set(order.orderId, twin)
      platform.changed({ ...offer, riderId: twin })
    }
  }

  function mine({ role, id }: Person): Order[] {
    if (role === 'rider') return [...ofRider(id), ...asTwin(id)]
    return [...open.values()].filter(({ merchantId, customerId }) =>
      role === 'merchant' ? merchantId === id : customerId === id,
    )
  }

  function perform(action: Action): Answer {
    const { who } = action
    switch (action.kind) {
      case 'place':
        return place(who, action)
      case 'look':
        return done(...mine(who))
      case 'offers':
        return done(...mine(who).filter(({ state }) => state === 'OFFERED'))
      case 'position': {
        const duty = onDuty.get(who.id)
        if (duty) onDuty.set(who.id, { ...duty, position: action.position, heardAtMs: nowMs() })
        return done()
      }
      case 'duty':
        if (action.onDuty)
          onDuty.set(who.id, { riderId: who.id, position: action.position, heardAtMs: nowMs() })
        else onDuty.delete(who.id)
        return done(...mine(who).filter(({ state }) => state === 'OFFERED'))
    }
    const order = orders.get(action.orderId)
    if (!order) return refused(404, 'NotFound')
    switch (action.kind) {
      case 'pay': {
        if (order.state !== 'CREATED') return order.times.PAID === undefined ? conflict : done(order)
        const paid = change(order, { state: 'PAID' })
        if (made % (misbehaviour.losesEvery ?? Infinity) === 0) {
          orders.delete(order.orderId)
          open.delete(order.orderId)
        }
        return done(paid)
      }
      case 'cancel':
        return ['CREATED', 'PAID', 'MERCHANT_ACCEPTED', 'OFFERED', 'RIDER_ACCEPTED', 'AT_MERCHANT'].includes(
          order.state,
        )
          ? done(change(order, { state: 'CANCELLED' }))
          : conflict
      case 'track':
        return who.role === 'rider' && order.riderId !== who.id ? refused(404, 'NotFound') : done(order)
      case 'kitchen':
        return kitchen(order, action)
      case 'ride':
        return ride(order, who.id, action.step)
      case 'photo':
        return order.riderId === who.id ? done() : refused(403, 'Forbidden')
    }
  }

  const platform: FakePlatform = {
    perform,
    dispatch,
    orders,
    changed: () => {},
  }
  return platform
}
