/**
 * Small worlds in which everything happens at once: riders accept, refuse and vanish, customers cancel and ask twice, offers run
 * out, two dispatchers both hold themselves for the owner (the clock of one is ahead), writes fail or lose their answers. Each world is
 * made of one number.
 */
import assert from 'node:assert/strict'
import { seeded } from '../dispatcher/chance.ts'
import { carriedStates, isOpen, type Order, type OrderState } from '../model/order.ts'
import { transition } from '../model/transition.ts'
import {
  customer,
  inTown,
  merchant,
  operations,
  socca,
  type TestCity,
  testCity,
} from '../orders/orders.fixture.ts'
import { placeOrder } from '../orders/place-order.ts'
import { Refusal } from '../orders/refusal.ts'
import { rideStep } from '../orders/ride.ts'
import { offersTo, reportPosition, setDuty } from '../orders/riders.ts'
import { cancelOrder, kitchenStep, payOrder } from '../orders/steps.ts'
import { type MemoryStoreHooks, memoryStore } from '../store/memory.ts'
import { type DispatchStore, StoreUnavailable } from '../store/store.ts'
import type { Dispatcher } from './dispatcher.ts'
import { testDispatcher } from './running.fixture.ts'
import { straightWays, type Ways } from './ways.ts'

const next: Record<OrderState, readonly OrderState[]> = {
  CREATED: ['PAID', 'CANCELLED'],
  PAID: ['MERCHANT_ACCEPTED', 'CANCELLED'],
  MERCHANT_ACCEPTED: ['OFFERED', 'CANCELLED'],
  OFFERED: ['RIDER_ACCEPTED', 'MERCHANT_ACCEPTED', 'CANCELLED'],
  RIDER_ACCEPTED: ['AT_MERCHANT', 'MERCHANT_ACCEPTED', 'CANCELLED'],
  AT_MERCHANT: ['PICKED_UP', 'MERCHANT_ACCEPTED', 'CANCELLED'],
  PICKED_UP: ['AT_CUSTOMER', 'RETURNING', 'RETURNED'],
  AT_CUSTOMER: ['DELIVERED', 'RETURNING', 'RETURNED'],
  DELIVERED: [],
  CANCELLED: [],
  RETURNING: ['RETURNED'],
  RETURNED: [],
}

/** What happened over all worlds, so that it shows that there was something to hold against. */
export const seen = {
  orders: 0,
  delivered: 0,
  accepts: 0,
  reassigned: 0,
  conflicts: 0,
  faults: 0,
  twoOwners: 0,
  refusedAsOld: 0,
}

interface Rider {
  sub: string
  role: 'rider'
}

/** Watches every version of every order. It may hear of one before it hears of the version before. */
class Witness {
  readonly newest = new Map<string, Order>()
  readonly #early = new Map<string, Order>()
  readonly #capacity: number
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  wrote(order: Order): void {
    const known = this.newest.get(order.orderId)?.version ?? 0
    assert.ok(order.version > known, `version ${order.version} came after ${known}`)
    this.#early.set(`${order.orderId} ${order.version}`, order)
    for (let version = known + 1; ; version++) {
      const name = `${order.orderId} ${version}`
      const next = this.#early.get(name)
      if (next === undefined) return
      this.#early.delete(name)
      this.#follows(next)
    }
  }

  /** While nobody writes: no version is missing, and no vehicle is overfull. */
  assertQuiet(): void {
    assert.deepEqual([...this.#early.keys()], [], 'a version was lost')
    for (const { riderId } of this.newest.values()) if (riderId !== undefined) this.assertRoom(riderId)
  }

  isBehind(orderId: string): boolean {
    return [...this.#early.values()].some((order) => order.orderId === orderId)
  }

  assertRoom(riderId: string): void {
    let load = 0
    for (const one of this.newest.values())
      if (one.riderId === riderId && carriedStates.includes(one.state)) load += one.load
    assert.ok(load <= this.#capacity, `${riderId} has ${load} of ${this.#capacity}`)
  }

  #follows(order: Order): void {
    const before = this.newest.get(order.orderId)
    this.newest.set(order.orderId, order)
    if (before === undefined) {
      assert.deepEqual([order.state, order.version], ['CREATED', 1])
      return
    }
    assert.ok(order.fence >= before.fence, 'an old owner has written')
    if (order.state !== before.state) {
      assert.ok(next[before.state].includes(order.state), `${before.state} became ${order.state}`)
      if (order.state === 'MERCHANT_ACCEPTED' && before.riderId !== undefined) seen.reassigned++
    }
    if (before.riderId !== undefined && order.riderId !== before.riderId)
      assert.equal(order.riderId, undefined, 'it went from one rider straight to another')
    const hasRider = order.state === 'OFFERED' || carriedStates.includes(order.state)
    if (hasRider) assert.ok(order.riderId !== undefined)
    if (order.state === 'RIDER_ACCEPTED' && before.state !== order.state) seen.accepts++
  }
}

/** Tells whether a write of a dispatcher was refused for its token. */
const watched = (store: DispatchStore, witness: Witness): DispatchStore => ({
  ...store,
  async replaceOrder(order, expected) {
    const isOld = expected.token! < (witness.newest.get(order.orderId)?.fence ?? 0)
    const answer = await store.replaceOrder(order, expected)
    if (isOld) {
      assert.equal(answer, false, 'a write under an old token was taken')
      seen.refusedAsOld++
    }
    return answer
  },
})

/** A refusal is an answer; anything else is a defect. */
async function tried(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action()
    return true
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.status === 409) seen.conflicts++
    return false
  }
}

/** All worlds have a handful of places. */
function rememberedWays(): Ways {
  const known = new Map<number, number>()
  const straight = straightWays(testCity().box)
  const metres = (from: number, to: number) => {
    const key = from * 67_108_864 + to
    const metres = known.get(key) ?? straight.metres(from, to)
    known.set(key, metres)
    return metres
  }
  return { ...straight, metres, ms: (from, to) => (metres(from, to) / 4.2) * 1000 }
}

const ways = rememberedWays()

/** `open` opens a store in which there is nothing of that shard. */
export async function world(
  seed: number,
  open: (hooks: Required<MemoryStoreHooks>) => DispatchStore = memoryStore,
): Promise<void> {
  const random = seeded(seed * 2_654_435_761)
  for (let n = 0; n < 8; n++) random()
  const upTo = (count: number) => Math.floor(random() * count)
  const often = (share: number) => random() < share
  let faults = false
  const capacity = 1 + upTo(3)
  const witness = new Witness(capacity)
  const store = open({
    async pause() {
      for (let n = upTo(6); n > 0; n--) await undefined
    },
    fault() {
      if (!faults || !often(0.03)) return undefined
      seen.faults++
      return often(0.5) ? 'fails' : 'answer-lost'
    },
    wrote(order) {
      witness.wrote(order)
      if (order.riderId !== undefined && open === memoryStore) witness.assertRoom(order.riderId)
    },
  })
  const city: TestCity = testCity({}, { store, shard: `world${seed}` })
  // Beyond what a lease allows for, in some worlds: then there are two that hold themselves for the owner.
  const skewMs = often(0.5) ? 0 : 20_000
  const dispatcherCity = { ...city, store: watched(city.store, witness) }
  const dispatchers: Dispatcher[] = [
    testDispatcher(dispatcherCity, { owner: 'd1', seed, ruins: 2, ways }),
    testDispatcher(dispatcherCity, { owner: 'd2', skewMs, seed, ruins: 2, ways }),
  ]
  const riders: Rider[] = Array.from({ length: 2 + upTo(2) }, (_, n) => ({ sub: `r${n}`, role: 'rider' }))
  const vehicle = { capacity, rangeMetres: 50_000 }
  const duty = (who: Rider, onDuty: boolean) =>
    setDuty(city, who, { body: { onDuty, position: inTown, vehicle } })
  const report = (who: Rider) => {
    const atMs = city.clock.nowMs()
    return reportPosition(city, who, { body: { seq: 1 + atMs, ...inTown, atMs } })
  }
  for (const who of riders) await duty(who, true)

  const orderIds: string[] = []
  const count = 1 + upTo(3)
  faults = true
  for (let n = 0; n < count; n++) {
    const ask = async () => {
      const asked = { body: socca(), idempotencyKey: `k${n}` }
      const { order } = await placeOrder(city, customer, asked)
      if (!orderIds.includes(order.orderId)) orderIds.push(order.orderId)
    }
    // The same question twice at once, and again until there is an answer.
    await Promise.all([tried(ask), tried(ask)])
    while (!(await tried(ask)));
  }
  assert.equal(orderIds.length, count, 'a key has made two orders')
  const prepare = async (orderId: string) => {
    await tried(() => payOrder(city, customer, { orderId }))
    await tried(() => kitchenStep(city, merchant, { orderId, body: { step: 'accept', readyInMs: 0 } }))
  }
  await Promise.all(orderIds.map(prepare))

  const ride = (who: Rider, orderId: string, step: string) =>
    tried(() => rideStep(city, who, { orderId, body: { step } }))
  const anOrder = () => orderIds[upTo(orderIds.length)]!
  const aRider = () => riders[upTo(riders.length)]!
  const actions: (() => Promise<unknown>)[] = [
    () => dispatchers[0]!.tick(),
    () => dispatchers[1]!.tick(),
    () => dispatchers[upTo(2)]!.tick(),
    () => tried(() => acceptOffers(aRider())),
    () => tried(() => acceptOffers(aRider())),
    () => ride(aRider(), anOrder(), 'accept'),
    () => ride(aRider(), anOrder(), 'refuse'),
    () => ride(aRider(), anOrder(), 'at-merchant'),
    () => ride(aRider(), anOrder(), 'picked-up'),
    () => ride(aRider(), anOrder(), 'at-customer'),
    () => prepare(anOrder()),
    () => offerCarelessly(anOrder(), aRider().sub),
    () => offerCarelessly(anOrder(), aRider().sub),
    () => tried(() => duty(aRider(), often(0.7))),
    () => tried(() => report(aRider())),
  ]
  /** As a dispatcher may that does not know what another one has just offered: the accept itself has to see that there is room. */
  async function offerCarelessly(orderId: string, riderId: string): Promise<void> {
    const order = witness.newest.get(orderId)!
    const nowMs = city.clock.nowMs()
    const offer = { riderId, offerExpiresAtMs: nowMs + 30_000, expectedAtMs: nowMs, token: order.fence }
    const outcome = transition(order, { kind: 'offer', ...offer }, { nowMs })
    if ('conflict' in outcome || !outcome.changed) return
    try {
      await city.store.replaceOrder(outcome.order, { ...order, token: order.fence })
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }

  async function acceptOffers(who: Rider): Promise<void> {
    const { offers } = await offersTo(city, who)
    await Promise.all(
      offers.map(async ({ orderId }) => {
        if (!(await ride(who, orderId, 'accept'))) return
        const now = witness.newest.get(orderId)!
        if (witness.isBehind(orderId)) return
        // Who was told that it is theirs had it then; at most it was taken away since.
        assert.ok(now.riderId === who.sub || now.refusedBy.includes(who.sub) || !isOpen(now))
      }),
    )
  }

  const phases = 3 + upTo(4)
  for (let phase = 0; phase < phases; phase++) {
    const both = await Promise.all([dispatchers[0]!.tick(), dispatchers[1]!.tick()])
    if (both.every(({ isOwner }) => isOwner)) seen.twoOwners++
    const now = Array.from({ length: 3 + upTo(5) }, () => actions[upTo(actions.length)]!)
    if (often(0.08))
      now.push(() => tried(() => cancelOrder(city, customer, { orderId: anOrder(), body: { reason: 'x' } })))
    await Promise.all(now.map((action) => action()))
    witness.assertQuiet()
    city.clock.advance([0, 1000, 5000, 14_000, 31_000, 61_000][upTo(6)]!)
  }

  // Everybody means well from here on, and every order has to come to its end.
  faults = false
  const [last] = dispatchers
  for (let n = 0; n < 60; n++) {
    const open = [...witness.newest.values()].filter(isOpen)
    if (open.length === 0) break
    city.clock.advance(n < 3 ? 15_000 : 6000)
    for (const who of riders) {
      if (n === 0) await duty(who, true)
      else await report(who)
    }
    await last!.tick()
    for (const { orderId } of open) {
      await prepare(orderId)
      const { riderId } = witness.newest.get(orderId)!
      const who: Rider = { sub: riderId ?? 'r0', role: 'rider' }
      for (const step of ['accept', 'at-merchant', 'picked-up', 'at-customer', 'delivered'])
        await ride(who, orderId, step)
      // All have refused it: nobody is left to bring it.
      const order = witness.newest.get(orderId)!
      if (order.state === 'MERCHANT_ACCEPTED' && riders.every(({ sub }) => order.refusedBy.includes(sub)))
        await cancelOrder(city, operations, { orderId, body: { reason: 'nobody left' } })
    }
  }
  for (const failure of city.failures) if (!(failure instanceof StoreUnavailable)) throw failure
  witness.assertQuiet()
  assert.equal(witness.newest.size, count, 'an order was lost, or came twice')
  for (const [orderId, order] of witness.newest) {
    assert.ok(!isOpen(order), `${orderId} does not end: ${JSON.stringify(order)}`)
    assert.deepEqual(await city.store.getOrder(city.shard, orderId), order)
    seen.orders++
    if (order.state === 'DELIVERED') seen.delivered++
  }
}
