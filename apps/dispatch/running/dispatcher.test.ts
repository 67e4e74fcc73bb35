import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Order } from '../model/order.ts'
import {
  customer,
  inTown,
  merchant,
  rider,
  socca,
  type TestCity,
  testCity,
} from '../orders/orders.fixture.ts'
import { placeOrder } from '../orders/place-order.ts'
import { rideStep } from '../orders/ride.ts'
import { reportPosition, setDuty } from '../orders/riders.ts'
import { cancelOrder, kitchenStep, payOrder } from '../orders/steps.ts'
import type { Dispatcher } from './dispatcher.ts'
import { testDispatcher } from './running.fixture.ts'

const second = { sub: 'r2', role: 'rider' } as const

const onDuty = (city: TestCity, who: { sub: string; role: 'rider' } = second, more: object = {}) =>
  setDuty(city, who, { body: { onDuty: true, position: inTown, ...more } })

const ride = (city: TestCity, orderId: string, step: string, who: { sub: string; role: 'rider' }) =>
  rideStep(city, who, { orderId, body: { step } })

const first = rider as { sub: string; role: 'rider' }

let keys = 0

/** Paid, accepted and ready to be fetched at once. */
async function readyOrder(city: TestCity): Promise<string> {
  const { order } = await placeOrder(city, customer, { body: socca(), idempotencyKey: `k${++keys}` })
  const { orderId } = order
  await payOrder(city, customer, { orderId })
  await kitchenStep(city, merchant, { orderId, body: { step: 'accept', readyInMs: 0 } })
  await kitchenStep(city, merchant, { orderId, body: { step: 'ready' } })
  return orderId
}

const read = async (city: TestCity, orderId: string): Promise<Order> =>
  (await city.store.getOrder(city.shard, orderId))!

/** Riders that say where they are, as time passes, with ticks as often as the lease needs them. */
async function pass(
  city: TestCity,
  dispatcher: Dispatcher,
  seconds: number,
  alive: { sub: string; role: 'rider' }[] = [],
): Promise<void> {
  const step = seconds > 120 ? 5 : 1
  for (let n = 0; n < seconds; n += step) {
    city.clock.advance(step * 1000)
    if (n % 5 === 0)
      for (const who of alive) {
        const seq = city.clock.nowMs()
        await reportPosition(city, who, { body: { seq, ...inTown, atMs: city.clock.nowMs() } })
      }
    await dispatcher.tick()
  }
}

test('an order is offered to a rider, and accepted goes to the door', async () => {
  const city = testCity()
  const dispatcher = testDispatcher(city)
  await onDuty(city, first)
  const orderId = await readyOrder(city)
  assert.deepEqual(await dispatcher.tick(), { isOwner: true, offers: 1 })
  const offered = await read(city, orderId)
  assert.deepEqual([offered.state, offered.riderId, offered.fence], ['OFFERED', 'r1', 1])
  assert.equal(offered.offerExpiresAtMs, city.clock.nowMs() + 30_000)
  for (const step of ['accept', 'at-merchant', 'picked-up', 'at-customer', 'delivered']) {
    await ride(city, orderId, step, first)
    await pass(city, dispatcher, 20, [first])
  }
  const status = dispatcher.status()!
  assert.deepEqual(
    [status.waiting, status.underway, status.deliveredLastHour, status.onTimeShare, status.riders],
    [0, 0, 1, 1, { onDuty: 1, busy: 0 }],
  )
  assert.equal(
    status.perMinute.reduce((sum, { placed }) => sum + placed, 0),
    1,
  )
  assert.deepEqual(city.failures, [])
})

test('nobody is sent before it has to be, and the order says when it is expected', async () => {
  const city = testCity()
  const dispatcher = testDispatcher(city)
  await onDuty(city, first)
  await dispatcher.tick()
  const { order } = await placeOrder(city, customer, { body: socca(), idempotencyKey: 'k' })
  const told = await dispatcher.news({ orderId: order.orderId })
  assert.ok(told?.expectedAtMs !== undefined)
  assert.ok(told.expectedAtMs > city.clock.nowMs() + 600_000, 'after it is cooked')
  assert.equal((await read(city, order.orderId)).expectedAtMs, told.expectedAtMs)
  await payOrder(city, customer, { orderId: order.orderId })
  await kitchenStep(city, merchant, { orderId: order.orderId, body: { step: 'accept' } })
  await pass(city, dispatcher, 300, [first])
  assert.equal((await read(city, order.orderId)).state, 'MERCHANT_ACCEPTED', 'five minutes before')
  let waitedS = 300
  for (; waitedS < 600 && (await read(city, order.orderId)).state !== 'OFFERED'; waitedS++)
    await pass(city, dispatcher, 1, [first])
  // The way is about 350 m and its detour; the rider is to be there when the meal is.
  assert.ok(waitedS > 380 && waitedS < 480, `offered after ${waitedS} s`)
})

test('what is refused, not answered or with a lost rider goes to another one', async () => {
  const city = testCity()
  const dispatcher = testDispatcher(city)
  await onDuty(city, first)
  const orderId = await readyOrder(city)
  await dispatcher.tick()
  await ride(city, orderId, 'refuse', first)
  await pass(city, dispatcher, 3, [first])
  assert.equal((await read(city, orderId)).state, 'MERCHANT_ACCEPTED', 'not to the same rider again')
  await onDuty(city, second)
  await dispatcher.news({ riderId: 'r2' })
  await dispatcher.tick()
  assert.equal((await read(city, orderId)).riderId, 'r2', 'who came on duty later')
  await pass(city, dispatcher, 31, [first, second])
  assert.deepEqual((await read(city, orderId)).refusedBy, ['r1', 'r2'], 'the offer is over')

  const third = { sub: 'r3', role: 'rider' } as const
  const fourth = { sub: 'r4', role: 'rider' } as const
  await onDuty(city, third)
  await pass(city, dispatcher, 6, [third])
  await ride(city, orderId, 'accept', third)
  await onDuty(city, fourth)
  await pass(city, dispatcher, 70, [fourth])
  const again = await read(city, orderId)
  assert.deepEqual([again.state, again.riderId], ['OFFERED', 'r4'], 'nothing was heard of the third')
  await assert.rejects(ride(city, orderId, 'at-merchant', third), { code: 'StateConflict' })
})

test('a rider who goes off duty, or does not come, loses what is not picked up; who has the meal keeps it', async () => {
  const city = testCity()
  const dispatcher = testDispatcher(city)
  await onDuty(city, first)
  const [kept, lost] = [await readyOrder(city), await readyOrder(city)]
  await dispatcher.tick()
  for (const orderId of [kept, lost]) await ride(city, orderId, 'accept', first)
  for (const step of ['at-merchant', 'picked-up']) await ride(city, kept, step, first)
  await setDuty(city, first, { body: { onDuty: false, position: inTown } })
  await pass(city, dispatcher, 7)
  assert.equal((await read(city, kept)).state, 'PICKED_UP')
  assert.equal((await read(city, lost)).state, 'MERCHANT_ACCEPTED')

  await onDuty(city, second)
  await pass(city, dispatcher, 6, [second])
  await ride(city, lost, 'accept', second)
  await pass(city, dispatcher, 900, [second])
  assert.equal((await read(city, lost)).riderId, undefined, 'far too late at the merchant')
  await pass(city, dispatcher, 2800)
  assert.equal((await read(city, kept)).state, 'RETURNED', 'written off an hour after its rider was lost')
})

test('what is not paid, or not answered by the merchant, ends', async () => {
  const city = testCity()
  const dispatcher = testDispatcher(city)
  const placed = async (key: string) =>
    (await placeOrder(city, customer, { body: socca(), idempotencyKey: key })).order.orderId
  const [unpaid, unanswered] = [await placed('a'), await placed('b')]
  await payOrder(city, customer, { orderId: unanswered })
  await pass(city, dispatcher, 601)
  assert.equal((await read(city, unanswered)).cancelReason, 'the merchant did not answer')
  await pass(city, dispatcher, 300)
  assert.equal((await read(city, unpaid)).cancelReason, 'it was not paid')
})

test('of two dispatchers one decides; the other takes over when it ends, and the old one is refused', async () => {
  const city = testCity()
  const [one, two] = [testDispatcher(city), testDispatcher(city, { owner: 'd2' })]
  await onDuty(city, first)
  const orderId = await readyOrder(city)
  assert.equal((await one.tick()).isOwner, true)
  assert.equal((await two.tick()).isOwner, false)
  assert.equal(await two.news({ orderId }), undefined)
  assert.equal((await read(city, orderId)).riderId, 'r1')
  // The first one stands still, as a process does that is not given the processor.
  city.clock.advance(12_000)
  assert.equal((await two.tick()).isOwner, true)
  const owned = await read(city, orderId)
  assert.deepEqual([owned.state, owned.fence], ['OFFERED', 2])
  assert.equal((await one.tick()).isOwner, false)
  await two.stop()
  assert.equal((await one.tick()).isOwner, true, 'at once, as it was let go')
  assert.equal((await read(city, orderId)).fence, 3)
})

test('news that are late or doubled change nothing', async () => {
  const city = testCity()
  const dispatcher = testDispatcher(city)
  await onDuty(city, first)
  const orderId = await readyOrder(city)
  await dispatcher.tick()
  await cancelOrder(city, customer, { orderId, body: { reason: 'x' } })
  for (let n = 0; n < 3; n++) await dispatcher.news({ orderId })
  await pass(city, dispatcher, 10, [first])
  assert.equal((await read(city, orderId)).state, 'CANCELLED')
  assert.equal(dispatcher.status()!.riders.busy, 0)
  assert.deepEqual(await dispatcher.news({ orderId: 'none' }), undefined)
})

test('a vehicle that is full is not offered more, and is when there is room', async () => {
  const city = testCity()
  const dispatcher = testDispatcher(city)
  await onDuty(city, first, { vehicle: { capacity: 1, rangeMetres: 50_000 } })
  const ids = [await readyOrder(city), await readyOrder(city), await readyOrder(city)]
  await dispatcher.tick()
  const offered = async () =>
    (await Promise.all(ids.map((id) => read(city, id)))).filter(({ state }) => state === 'OFFERED')
  for (let done = 0; done < 3; done++) {
    const [only, ...more] = await offered()
    assert.deepEqual(more, [])
    for (const step of ['accept', 'at-merchant', 'picked-up', 'at-customer']) {
      await ride(city, only!.orderId, step, first)
      await pass(city, dispatcher, 20, [first])
      assert.deepEqual(await offered(), [])
    }
    await ride(city, only!.orderId, 'delivered', first)
    await pass(city, dispatcher, 6, [first])
  }
})

test('a store that is away for a while costs time, not orders', async () => {
  let away = false
  const city = testCity({ fault: () => (away ? 'fails' : undefined) })
  const dispatcher = testDispatcher(city)
  await onDuty(city, first)
  const orderId = await readyOrder(city)
  away = true
  assert.deepEqual(await dispatcher.tick(), { isOwner: false, offers: 0 })
  away = false
  await dispatcher.tick()
  assert.equal((await read(city, orderId)).state, 'OFFERED')
  away = true
  await pass(city, dispatcher, 5)
  assert.ok(city.failures.length > 0)
  away = false
  await dispatcher.tick()
  await ride(city, orderId, 'accept', first)
})

test('a planner that takes too long is asked for less, step by step, and every order is offered all the same', async () => {
  const city = testCity()
  let tookMs = 0
  const efforts: string[] = []
  const dispatcher = testDispatcher(city, {
    around: (planner) => ({
      ...planner,
      tick(nowMs, budget) {
        efforts.push(budget.effort)
        city.clock.advance(tookMs)
        return planner.tick(nowMs, budget)
      },
    }),
  })
  const riders = Array.from({ length: 8 }, (_, n) => ({ sub: `r${n}`, role: 'rider' }) as const)
  for (const who of riders) await onDuty(city, who, { vehicle: { capacity: 1, rangeMetres: 50_000 } })
  tookMs = 500
  for (let n = 0; n < 8; n++) {
    const orderId = await readyOrder(city)
    await dispatcher.tick()
    assert.equal((await read(city, orderId)).state, 'OFFERED', `with ${efforts.at(-1)}`)
    city.clock.advance(500)
  }
  assert.deepEqual(efforts, [
    'ruin-and-recreate',
    'few-ruins',
    'insertion',
    'insertion-20',
    'matching',
    'nearest',
    'nearest',
    'nearest',
  ])
  tookMs = 1
  await pass(city, dispatcher, 60, [...riders])
  assert.equal(
    dispatcher.status()!.dispatcher.effort,
    'ruin-and-recreate',
    'and more again when there is room',
  )
})

test('a planner that fails is told of, and replaced by one that knows what the store knows', async () => {
  const city = testCity()
  let fails = false
  const dispatcher = testDispatcher(city, {
    around: (planner) => ({
      ...planner,
      tick(nowMs, budget) {
        if (fails) throw new Error('the planner is broken')
        return planner.tick(nowMs, budget)
      },
    }),
  })
  await onDuty(city, first)
  fails = true
  const orderId = await readyOrder(city)
  assert.deepEqual(await dispatcher.tick(), { isOwner: true, offers: 0 })
  assert.match(String(city.failures[0]), /broken/)
  fails = false
  await dispatcher.tick()
  assert.equal((await read(city, orderId)).state, 'OFFERED')
})
