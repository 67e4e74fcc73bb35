/**
 * A city that speaks the API of the README out of memory, and goes on when it is told to: what the pages are tested against.
 * The pages do not know that nobody dispatches here; what they show of it is the contract.
 */
import type { Order, OrderState, Position } from '../../model/order.ts'
import type { Rider } from '../../model/rider.ts'
import type { Overview, Role, Shop } from '../web/api/contract.ts'
import { distanceM } from '../web/map/mercator.ts'

export interface Caller {
  role: Role
  id: string
}

export class Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export interface City {
  shops: Shop[]
  orders: Map<string, Order>
  riders: Map<string, Rider>
  /** Merchants and riders that somebody plays; the others go on by themselves. */
  played: Set<string>
  overview: Overview
  onChange: (listener: (order: Order) => void) => () => void
  place(customerId: string, key: string, body: PlaceBody): Order
  change(order: Order, change: Partial<Order>): Order
  kitchen(caller: Caller, order: Order, body: { step: string; readyInMs?: number }): Order
  ride(caller: Caller, order: Order, step: string): Order
  duty(riderId: string, body: { onDuty: boolean; position: Position; onUntilMs?: number }): Rider
  position(riderId: string, body: { seq: number; lng: number; lat: number; atMs: number }): boolean
  /** Everything that goes on by itself does so once. */
  tick(): void
}

interface PlaceBody {
  merchantId: string
  lines: { name: string; count: number }[]
  dropoff: Position
  dropoffAddress: string
}

const MINUTE_MS = 60_000
const MIDDLE: Position = { lng: 121.4737, lat: 31.2304 }
/** Metres that a rider gets on in a tick. */
const TICK_M = 90

const SHOPS: [string, string, number, number, [string, number][]][] = [
  [
    'm-noodle',
    '兰州牛肉面 Lanzhou Noodles',
    -0.006,
    0.003,
    [
      ['牛肉面 Beef noodles', 1800],
      ['凉拌黄瓜 Cucumber salad', 800],
      ['酸梅汤 Plum juice', 500],
    ],
  ],
  [
    'm-dumpling',
    '小笼包 Dumpling House',
    0.005,
    0.004,
    [
      ['小笼包 Soup dumplings', 2200],
      ['酸辣汤 Hot and sour soup', 1200],
    ],
  ],
  [
    'm-rice',
    '黄焖鸡 Braised Chicken',
    0.002,
    -0.005,
    [
      ['黄焖鸡米饭 Braised chicken and rice', 2400],
      ['可乐 Cola', 400],
    ],
  ],
  [
    'm-tea',
    '一杯茶 One Cup of Tea',
    -0.004,
    -0.004,
    [
      ['珍珠奶茶 Bubble tea', 1500],
      ['柠檬茶 Lemon tea', 1300],
    ],
  ],
]

const RIDE: Readonly<Record<string, [OrderState, OrderState]>> = {
  accept: ['OFFERED', 'RIDER_ACCEPTED'],
  refuse: ['OFFERED', 'MERCHANT_ACCEPTED'],
  'at-merchant': ['RIDER_ACCEPTED', 'AT_MERCHANT'],
  'picked-up': ['AT_MERCHANT', 'PICKED_UP'],
  'at-customer': ['PICKED_UP', 'AT_CUSTOMER'],
  delivered: ['AT_CUSTOMER', 'DELIVERED'],
  returning: ['AT_CUSTOMER', 'RETURNING'],
  returned: ['RETURNING', 'RETURNED'],
}

export function city(nowMs: () => number, { riders: riderCount = 12 } = {}): City {
  const shops: Shop[] = SHOPS.map(([merchantId, name, east, north, menu]) => ({
    merchantId,
    name,
    position: { lng: MIDDLE.lng + east, lat: MIDDLE.lat + north },
    menu: menu.map(([dish, priceCents]) => ({ name: dish, priceCents })),
    cookingMs: 8 * MINUTE_MS,
  }))
  const orders = new Map<string, Order>()
  const riders = new Map<string, Rider>()
  const keys = new Map<string, string>()
  const played = new Set<string>()
  const stamp = () => ({ changedAtMs: nowMs() })
  const listeners = new Set<(order: Order) => void>()

  for (let at = 0; at < riderCount; at++) {
    const angle = at * 2.4
    const far = 0.002 + (at % 5) * 0.0017
    const position = { lng: MIDDLE.lng + far * Math.cos(angle), lat: MIDDLE.lat + far * Math.sin(angle) }
    duty(`r-${100 + at}`, { onDuty: true, position })
  }

  function change(order: Order, changes: Partial<Order>): Order {
    const state = changes.state
    const times = state && state !== order.state ? { ...order.times, [state]: nowMs() } : order.times
    const next: Order = { ...order, ...changes, times, version: order.version + 1, ...stamp() }
    orders.set(order.orderId, next)
    for (const listener of listeners) listener(next)
    return next
  }

  function place(customerId: string, key: string, body: PlaceBody): Order {
    const known = orders.get(keys.get(`${customerId} ${key}`) ?? '')
    if (known) return known
    const shop = shops.find(({ merchantId }) => merchantId === body.merchantId)
    if (!shop) throw new Refusal(404, 'NotFound', 'no such shop')
    const lines = body.lines.map(({ name, count }) => {
      const dish = shop.menu.find((one) => one.name === name)
      if (!dish || !(count > 0)) throw new Refusal(400, 'InvalidArgument', `lines: ${name}`)
      return { name, count, priceCents: dish.priceCents }
    })
    const order: Order = {
      orderId: `o-${String(100_000 + orders.size)}`,
      shard: 'shanghai',
      customerId,
      merchantId: shop.merchantId,
      state: 'CREATED',
      kitchen: 'WAITING',
      version: 0,
      fence: 7,
      pickup: shop.position,
      dropoff: body.dropoff,
      dropoffAddress: body.dropoffAddress,
      lines,
      totalCents: lines.reduce((sum, line) => sum + line.count * line.priceCents, 0),
      load: 1,
      placedAtMs: nowMs(),
      readyAtMs: nowMs() + shop.cookingMs,
      promisedAtMs: nowMs() + 40 * MINUTE_MS,
      expectedAtMs: nowMs() + 27 * MINUTE_MS,
      ...stamp(),
      riderId: undefined,
      offerExpiresAtMs: undefined,
      refusedBy: [],
      times: { CREATED: nowMs() },
      photos: [],
      cancelReason: undefined,
    }
    keys.set(`${customerId} ${key}`, order.orderId)
    overview.perMinute.at(-1)!.placed += 1
    return change(order, {})
  }

  function kitchen(
    caller: Caller,
    order: Order,
    { step, readyInMs }: { step: string; readyInMs?: number },
  ): Order {
    if (caller.id !== order.merchantId) throw new Refusal(403, 'Forbidden', 'not your order')
    if (step === 'accept' || step === 'reject') {
      if (order.state !== 'PAID') throw new Refusal(409, 'StateConflict', `the order is ${order.state}`)
      if (step === 'reject') return change(order, { state: 'CANCELLED', cancelReason: 'rejected' })
      return change(order, { state: 'MERCHANT_ACCEPTED', readyAtMs: nowMs() + (readyInMs ?? 8 * MINUTE_MS) })
    }
    if (step === 'cooking') return change(order, { kitchen: 'COOKING' })
    return change(order, { kitchen: 'READY', readyAtMs: nowMs(), times: { ...order.times, READY: nowMs() } })
  }

  function ride(caller: Caller, order: Order, step: string): Order {
    const [from, to] = RIDE[step] ?? []
    if (!from || !to) throw new Refusal(400, 'InvalidArgument', 'step')
    if (caller.id !== order.riderId) throw new Refusal(403, 'Forbidden', 'not your order')
    const isReturn = step === 'returning' && order.state === 'PICKED_UP'
    if (order.state !== from && !isReturn)
      throw new Refusal(409, 'StateConflict', `the order is ${order.state}`)
    if (step === 'refuse') {
      return change(order, { state: to, riderId: undefined, refusedBy: [...order.refusedBy, caller.id] })
    }
    if (to === 'DELIVERED') overview.perMinute.at(-1)!.delivered += 1
    return change(order, { state: to, ...(to === 'PICKED_UP' ? { kitchen: 'HANDED_OVER' } : {}) })
  }

  function duty(
    riderId: string,
    { onDuty, position, onUntilMs }: { onDuty: boolean; position: Position; onUntilMs?: number },
  ): Rider {
    const before = riders.get(riderId)
    const rider: Rider = {
      riderId,
      shard: 'shanghai',
      version: (before?.version ?? 0) + 1,
      onDuty,
      onUntilMs: onUntilMs ?? nowMs() + 240 * MINUTE_MS,
      position,
      positionSeq: before?.positionSeq ?? 0,
      positionAtMs: nowMs(),
      vehicle: { capacity: 4, rangeMetres: 40_000 },
      ...{ carrying: [] },
    }
    riders.set(riderId, rider)
    return rider
  }

  function position(riderId: string, body: { seq: number; lng: number; lat: number; atMs: number }): boolean {
    const rider = riders.get(riderId)
    if (!rider) throw new Refusal(404, 'NotFound', 'not on duty')
    if (body.seq <= rider.positionSeq) return false
    riders.set(riderId, {
      ...rider,
      position: { lng: body.lng, lat: body.lat },
      positionSeq: body.seq,
      positionAtMs: body.atMs,
    })
    return true
  }

  const isBusy = (riderId: string) =>
    [...orders.values()].some(
      (order) => order.riderId === riderId && !['DELIVERED', 'CANCELLED', 'RETURNED'].includes(order.state),
    )

  /** Whoever is played comes first, so that a test need not wait for its turn. */
  function riderFor(order: Order): Rider | undefined {
    const free = [...riders.values()].filter(
      (rider) => rider.onDuty && !order.refusedBy.includes(rider.riderId) && !isBusy(rider.riderId),
    )
    const far = (rider: Rider) => (played.has(rider.riderId) ? -1 : distanceM(rider.position, order.pickup))
    return free.sort((a, b) => far(a) - far(b))[0]
  }

  function goOn(order: Order): void {
    const rider = riders.get(order.riderId ?? '')
    const isPlayed = played.has(order.merchantId)
    const merchant: Caller = { role: 'merchant', id: order.merchantId }
    if (order.state === 'PAID' && !isPlayed) {
      kitchen(merchant, order, { step: 'accept' })
      return
    }
    const inKitchen = ['MERCHANT_ACCEPTED', 'OFFERED', 'RIDER_ACCEPTED', 'AT_MERCHANT'].includes(order.state)
    const now = inKitchen && !isPlayed ? cookOn(merchant, order) : order
    if (now.state === 'MERCHANT_ACCEPTED') {
      const next = riderFor(now)
      if (next) change(now, { state: 'OFFERED', riderId: next.riderId, offerExpiresAtMs: nowMs() + 30_000 })
      return
    }
    if (!rider || played.has(rider.riderId)) return
    const caller: Caller = { role: 'rider', id: rider.riderId }
    if (now.state === 'OFFERED') ride(caller, now, 'accept')
    else if (now.state === 'RIDER_ACCEPTED' && moveTo(rider, now.pickup)) ride(caller, now, 'at-merchant')
    else if (now.state === 'AT_MERCHANT' && now.kitchen === 'READY') ride(caller, now, 'picked-up')
    else if (now.state === 'PICKED_UP' && moveTo(rider, now.dropoff)) ride(caller, now, 'at-customer')
    else if (now.state === 'AT_CUSTOMER') ride(caller, now, 'delivered')
  }

  function cookOn(merchant: Caller, order: Order): Order {
    if (order.kitchen === 'WAITING') return kitchen(merchant, order, { step: 'cooking' })
    return order.kitchen === 'COOKING' && order.state === 'AT_MERCHANT'
      ? kitchen(merchant, order, { step: 'ready' })
      : order
  }

  /** Along the streets, which lead north and east here; true once it is there. */
  function moveTo(rider: Rider, to: Position): boolean {
    const corner = { lng: to.lng, lat: rider.position.lat }
    const target = distanceM(rider.position, corner) > 5 ? corner : to
    const left = distanceM(rider.position, target)
    const share = left <= TICK_M ? 1 : TICK_M / left
    const next = {
      lng: rider.position.lng + (target.lng - rider.position.lng) * share,
      lat: rider.position.lat + (target.lat - rider.position.lat) * share,
    }
    position(rider.riderId, { seq: rider.positionSeq + 1, ...next, atMs: nowMs() })
    return distanceM(next, to) < 5
  }

  const startMs = Math.floor(nowMs() / MINUTE_MS) * MINUTE_MS
  const wave = (minute: number, top: number) => Math.round(2 + top * Math.exp(-(((minute - 150) / 38) ** 2)))
  const ripple = (minute: number) => Math.round(2 * Math.sin(minute * 1.7) + Math.sin(minute * 0.6))
  const overview: Overview = {
    nowMs: nowMs(),
    waiting: 0,
    underway: 0,
    deliveredLastHour: 214,
    onTimeShare: 0.968,
    clickToDoorMs: { mean: 29.4 * MINUTE_MS, p90: 41 * MINUTE_MS },
    riders: { onDuty: 0, busy: 0 },
    dispatcher: {
      owner: 'c-6f1e2b-03',
      token: 7,
      effort: 'ruin-and-recreate',
      tickMs: 38,
      decisions: 1842,
      map: 'own',
    },
    perMinute: Array.from({ length: 240 }, (_, minute) => ({
      atMs: startMs - (239 - minute) * MINUTE_MS,
      placed: Math.max(0, wave(minute, 46) + ripple(minute)),
      delivered: Math.max(0, wave(minute - 27, 42) + ripple(minute + 9)),
    })),
    functions: [
      { name: 'orders', instances: 6, callsPerMinute: 2140, errorsPerMinute: 0, meanMs: 11.2 },
      { name: 'riders', instances: 9, callsPerMinute: 4680, errorsPerMinute: 2, meanMs: 6.4 },
      { name: 'dispatcher', instances: 1, callsPerMinute: 61, errorsPerMinute: 0, meanMs: 412 },
      { name: 'map', instances: 2, callsPerMinute: 920, errorsPerMinute: 0, meanMs: 18 },
      { name: 'notify', instances: 3, callsPerMinute: 310, errorsPerMinute: 0, meanMs: 4.1 },
    ],
  }

  return {
    shops,
    orders,
    riders,
    played,
    get overview() {
      const all = [...orders.values()]
      const onDuty = [...riders.values()].filter((rider) => rider.onDuty)
      overview.nowMs = nowMs()
      overview.waiting = all.filter((order) =>
        ['PAID', 'MERCHANT_ACCEPTED', 'OFFERED'].includes(order.state),
      ).length
      overview.underway = all.filter((order) =>
        ['RIDER_ACCEPTED', 'AT_MERCHANT', 'PICKED_UP', 'AT_CUSTOMER'].includes(order.state),
      ).length
      overview.riders = {
        onDuty: onDuty.length,
        busy: onDuty.filter((rider) => isBusy(rider.riderId)).length,
      }
      return overview
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    place,
    change,
    kitchen,
    ride,
    duty,
    position,
    tick() {
      for (const order of [...orders.values()]) goOn(orders.get(order.orderId)!)
    },
  }
}
