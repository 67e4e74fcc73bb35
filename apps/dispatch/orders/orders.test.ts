import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Order } from '../model/order.ts'
import { transition } from '../model/transition.ts'
import {
  customer,
  inTown,
  merchant,
  operations,
  rider,
  socca,
  type TestCity,
  testCity,
} from './orders.fixture.ts'
import { placeOrder } from './place-order.ts'
import { listOrders, listRiders, trackOrder } from './reading.ts'
import type { Refusal } from './refusal.ts'
import { photoUrl, rideStep } from './ride.ts'
import { offersTo, reportPosition, setDuty } from './riders.ts'
import { cancelOrder, kitchenStep, payOrder } from './steps.ts'

const refused = (promise: Promise<unknown>, status: number, code: string, message?: RegExp) =>
  assert.rejects(promise, (error: Refusal) => {
    assert.deepEqual([error.status, error.code], [status, code], error.stack)
    if (message) assert.match(error.message, message)
    return true
  })

let keys = 0

/** Paid and accepted. */
async function waitingOrder(city: TestCity, count = 1): Promise<string> {
  const { order } = await placeOrder(city, customer, {
    body: socca(count),
    idempotencyKey: `waiting${++keys}`,
  })
  const { orderId } = order
  await payOrder(city, customer, { orderId })
  await kitchenStep(city, merchant, { orderId, body: { step: 'accept' } })
  return orderId
}

/** As the dispatcher does. */
async function offer(city: TestCity, orderId: string, riderId: string, token = 1): Promise<Order> {
  const order = (await city.store.getOrder(city.shard, orderId))!
  const nowMs = city.clock.nowMs()
  const outcome = transition(
    order,
    { kind: 'offer', riderId, offerExpiresAtMs: nowMs + 30_000, expectedAtMs: nowMs + 900_000, token },
    { nowMs },
  )
  assert.ok('order' in outcome)
  assert.ok(await city.store.replaceOrder(outcome.order, { ...order, token }))
  return outcome.order
}

const onDuty = (city: TestCity, who = rider, vehicle = { capacity: 2, rangeMetres: 50_000 }) =>
  setDuty(city, who, { body: { onDuty: true, position: inTown, vehicle } })

const ride = (city: TestCity, orderId: string, step: string, who = rider) =>
  rideStep(city, who, { orderId, body: { step } })

test('an order goes through all hands to the door', async () => {
  const city = testCity()
  const orderId = await waitingOrder(city, 2)
  await onDuty(city)
  await offer(city, orderId, 'r1')
  assert.deepEqual(
    (await offersTo(city, rider)).offers.map((one) => one.orderId),
    [orderId],
  )
  const { order: seen } = await trackOrder(city, customer, { orderId })
  assert.equal(seen.riderId, undefined, 'who rides is not certain yet')
  await ride(city, orderId, 'accept')
  await kitchenStep(city, merchant, { orderId, body: { step: 'cooking', readyInMs: 1000 } })
  await kitchenStep(city, merchant, { orderId, body: { step: 'ready' } })
  for (const step of ['at-merchant', 'picked-up', 'at-customer']) await ride(city, orderId, step)
  const tracked = await trackOrder(city, customer, { orderId })
  assert.deepEqual(tracked.rider?.position, inTown)
  const { order } = await ride(city, orderId, 'delivered')
  assert.equal(order.state, 'DELIVERED')
  assert.equal(order.totalCents, 1400)
  assert.deepEqual((await listOrders(city, customer, { state: 'open' })).orders, [])
  assert.equal((await listOrders(city, customer, {})).orders.length, 1)
})

test('the same key answers the same order: again, at the same time, and after a crash between the two writes', async () => {
  let fail = false
  const city = testCity({
    fault: (operation) => (fail && operation === 'createOrder' ? 'fails' : undefined),
  })
  const ask = () => placeOrder(city, customer, { body: socca(), idempotencyKey: 'k' })
  fail = true
  await refused(ask(), 503, 'TryAgain')
  assert.deepEqual(await city.store.openOrders(city.shard), [])
  fail = false
  const answers = await Promise.all([ask(), ask(), ask()])
  assert.equal(new Set(answers.map(({ order }) => order.orderId)).size, 1)
  assert.deepEqual(await ask(), answers[0])
  assert.equal((await city.store.openOrders(city.shard)).length, 1)
  await refused(
    placeOrder(city, customer, { body: socca(2), idempotencyKey: 'k' }),
    400,
    'InvalidArgument',
    /another/,
  )
  const other = await placeOrder(city, { ...customer, sub: 'c2' }, { body: socca(), idempotencyKey: 'k' })
  assert.notEqual(other.order.orderId, answers[0]!.order.orderId, 'keys are the customer’s own')
})

test('a lost answer is asked for again, and the step is not taken twice', async () => {
  let lose = 0
  const city = testCity({ fault: () => (lose-- > 0 ? 'answer-lost' : undefined) })
  const orderId = await waitingOrder(city)
  await onDuty(city)
  await offer(city, orderId, 'r1')
  lose = 6
  const { order } = await ride(city, orderId, 'accept')
  assert.equal(order.state, 'RIDER_ACCEPTED')
  assert.equal((await city.store.getRider(city.shard, 'r1'))?.carrying.length, 1)
})

test('the dispatcher is told, and an order stands without it', async () => {
  const told: unknown[] = []
  const city = testCity(
    {},
    {
      tellDispatcher: async (news) => {
        told.push(news)
        throw new Error('nobody there')
      },
    },
  )
  const { order } = await placeOrder(city, customer, { body: socca(), idempotencyKey: 'k' })
  await onDuty(city)
  assert.deepEqual(told, [{ orderId: order.orderId }, { riderId: 'r1' }])
  assert.equal(city.failures.length, 2)
})

test('nobody sees or changes what is another’s', async () => {
  const city = testCity()
  const orderId = await waitingOrder(city)
  await onDuty(city)
  const thief = { sub: 'r2', role: 'rider' } as const
  await onDuty(city, thief)
  await offer(city, orderId, 'r1')
  const before = await city.store.getOrder(city.shard, orderId)
  for (const attempt of [
    trackOrder(city, { ...customer, sub: 'c2' }, { orderId }),
    payOrder(city, { ...customer, sub: 'c2' }, { orderId }),
    cancelOrder(city, { ...merchant, sub: 'm2' }, { orderId, body: { reason: 'x' } }),
    kitchenStep(city, { ...merchant, sub: 'm2' }, { orderId, body: { step: 'ready' } }),
    ride(city, orderId, 'accept', thief),
    trackOrder(city, thief, { orderId }),
    trackOrder(city, customer, { orderId: 'none' }),
  ])
    await refused(attempt, 404, 'NotFound')
  for (const attempt of [
    payOrder(city, merchant, { orderId }),
    cancelOrder(city, rider, { orderId, body: { reason: 'x' } }),
    kitchenStep(city, customer, { orderId, body: { step: 'ready' } }),
    ride(city, orderId, 'accept', customer),
    listRiders(city, customer),
    placeOrder(city, merchant, { body: socca(), idempotencyKey: 'k' }),
    onDuty(city, customer),
  ])
    await refused(attempt, 403, 'Forbidden')
  assert.deepEqual(await city.store.getOrder(city.shard, orderId), before)
  const { order } = await trackOrder(city, operations, { orderId })
  assert.ok(!('fence' in order) && !('refusedBy' in order))
})

test('an offer that came too late is a conflict, and nobody has two', async () => {
  const city = testCity()
  const orderId = await waitingOrder(city)
  await onDuty(city)
  await offer(city, orderId, 'r1')
  city.clock.advance(30_000)
  assert.deepEqual((await offersTo(city, rider)).offers, [])
  await refused(ride(city, orderId, 'accept'), 409, 'StateConflict', /over/)
  await ride(city, orderId, 'refuse')
  assert.equal((await ride(city, orderId, 'refuse')).order.state, 'MERCHANT_ACCEPTED', 'again, the same')
})

test('accepts at the same time do not fill a vehicle beyond its capacity', async () => {
  const city = testCity()
  const ids = await Promise.all([1, 2, 3, 4].map(() => waitingOrder(city)))
  await onDuty(city)
  for (const id of ids) await offer(city, id, 'r1')
  const outcomes = await Promise.allSettled(ids.map((id) => ride(city, id, 'accept')))
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), [
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
  ])
  await refused(onDuty(city, rider, { capacity: 1, rangeMetres: 1 }), 409, 'StateConflict', /fit/)
  const taken = ids[outcomes.findIndex(({ status }) => status === 'fulfilled')]!
  await cancelOrder(city, customer, { orderId: taken, body: { reason: 'hungry no more' } })
  const left = ids[outcomes.findIndex(({ status }) => status === 'rejected')]!
  assert.equal((await ride(city, left, 'accept')).order.state, 'RIDER_ACCEPTED', 'the place is free again')
})

test('positions: older ones are dropped, absurd ones are refused, a repeated one stands', async () => {
  const city = testCity()
  const report = (seq: number, more: object = {}) =>
    reportPosition(city, rider, { body: { seq, ...inTown, atMs: city.clock.nowMs(), ...more } })
  await refused(report(1), 409, 'StateConflict', /duty/)
  await onDuty(city)
  city.clock.advance(5000)
  assert.deepEqual(await report(2, { lng: 7.4215 }), { accepted: true })
  assert.deepEqual(await report(2, { lng: 7.4215 }), { accepted: true })
  assert.deepEqual(await report(1), { accepted: false })
  assert.deepEqual(await report(3, { atMs: city.clock.nowMs() - 4000 }), { accepted: false })
  await refused(report(4, { lng: 7.3 }), 400, 'InvalidArgument', /outside/)
  await refused(report(4, { lng: 7.44 }), 400, 'InvalidArgument', /fast/)
  await refused(report(4, { lng: Number.NaN }), 400, 'InvalidArgument')
  await refused(report(4, { atMs: city.clock.nowMs() + 3_600_000 }), 400, 'InvalidArgument')
  await refused(report(0.5), 400, 'InvalidArgument')
  const nowMs = city.clock.nowMs()
  const log = await city.store.riding(city.shard, { fromMs: 0, toMs: nowMs + 1, limit: 10 })
  assert.deepEqual(
    log.map(({ seq }) => seq),
    [2],
  )
  const { riders } = await listRiders(city, operations)
  assert.deepEqual(riders[0]?.position, { ...inTown, lng: 7.4215 })
  await onDuty(city)
  assert.equal((await report(1)).accepted, true, 'a new session counts anew')
})

test('what is missing, of the wrong kind or beyond its bounds is refused', async () => {
  const city = testCity()
  const place = (more: object, key: unknown = 'k') =>
    placeOrder(city, customer, { body: { ...socca(), ...more }, idempotencyKey: key })
  for (const attempt of [
    place({ merchantId: 'nobody' }),
    place({ lines: [] }),
    place({ lines: Array(51).fill({ name: 'Socca', count: 1 }) }),
    place({ lines: [{ name: 'Socca', count: 0 }] }),
    place({ lines: [{ name: 'Caviar', count: 1 }] }),
    place({ dropoff: { lng: 0, lat: 0 } }),
    place({ dropoff: { lng: '7', lat: 43 } }),
    place({ dropoffAddress: 'x'.repeat(201) }),
    place({ dropoffAddress: 'a\u0000b' }),
    place({}, null),
    place({}, 'k'.repeat(129)),
    placeOrder(city, customer, { body: null, idempotencyKey: 'k' }),
    kitchenStep(city, merchant, { orderId: 'o', body: { step: 'burn' } }),
    kitchenStep(city, merchant, { orderId: 'o', body: { step: 'accept', readyInMs: 1e9 } }),
    cancelOrder(city, customer, { orderId: 'o', body: {} }),
    listOrders(city, customer, { state: 'all' }),
    onDuty(city, rider, { capacity: 0, rangeMetres: 1 }),
  ])
    await refused(attempt, 400, 'InvalidArgument')
  assert.deepEqual(await city.store.openOrders(city.shard), [])
})

test('a photo has a place on its order before there is a URL for it', async () => {
  const city = testCity(
    {},
    { uploadUrl: (key, { expiresInMs }) => `https://bucket/${key}?in=${expiresInMs}` },
  )
  const orderId = await waitingOrder(city)
  await onDuty(city)
  await offer(city, orderId, 'r1')
  const ask = (contentType: string, who = rider) => photoUrl(city, who, { orderId, body: { contentType } })
  await refused(ask('image/jpeg'), 409, 'StateConflict')
  await ride(city, orderId, 'accept')
  await ride(city, orderId, 'at-merchant')
  const { url, key } = await ask('image/jpeg')
  assert.equal(url, `https://bucket/${key}?in=600000`)
  assert.deepEqual((await city.store.getOrder(city.shard, orderId))?.photos, [key])
  await refused(ask('text/html'), 400, 'InvalidArgument')
  await refused(ask('image/png', { sub: 'r2', role: 'rider' }), 404, 'NotFound')
})
