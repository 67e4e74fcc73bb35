import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Order } from '../model/order.ts'
import { customer, inTown, operations, type TestCity, testCity } from '../orders/orders.fixture.ts'
import { testDispatcher } from '../running/running.fixture.ts'
import { overview } from './overview.ts'
import { report } from './report.ts'

const minuteMs = 60_000
/** A full hour. */
const at = 1_800_000_000_000

const ended = (orderId: string, more: Partial<Order>): Order => ({
  orderId,
  shard: 'monaco',
  customerId: 'c1',
  merchantId: 'm1',
  state: 'DELIVERED',
  kitchen: 'HANDED_OVER',
  version: 9,
  fence: 1,
  pickup: inTown,
  dropoff: inTown,
  dropoffAddress: 'x',
  lines: [],
  totalCents: 700,
  load: 1,
  placedAtMs: at,
  changedAtMs: at + 30 * minuteMs,
  readyAtMs: at,
  promisedAtMs: at + 40 * minuteMs,
  expectedAtMs: at,
  riderId: 'r1',
  offerExpiresAtMs: undefined,
  refusedBy: [],
  times: {},
  photos: [],
  cancelReason: undefined,
  ...more,
})

async function aDay(): Promise<TestCity> {
  const city = testCity()
  const { store } = city
  await store.createOrder(
    ended('o1', {
      times: {
        MERCHANT_ACCEPTED: at + minuteMs,
        READY: at + 5 * minuteMs,
        PICKED_UP: at + 10 * minuteMs,
        DELIVERED: at + 30 * minuteMs,
      },
    }),
  )
  await store.createOrder(
    ended('o2', {
      changedAtMs: at + 70 * minuteMs,
      times: { PICKED_UP: at + 40 * minuteMs, DELIVERED: at + 70 * minuteMs },
    }),
  )
  await store.createOrder(
    ended('o3', {
      state: 'CANCELLED',
      merchantId: 'm2',
      riderId: undefined,
      changedAtMs: at + 50 * minuteMs,
      times: { CANCELLED: at + 50 * minuteMs },
    }),
  )
  // A hundredth of a degree of latitude, 1112 m, each four minutes; a gap after the fifth.
  const minutes = [4, 8, 12, 16, 20, 40, 44]
  for (const [n, minute] of minutes.entries())
    await store.putPosition({
      shard: 'monaco',
      riderId: 'r1',
      position: { lng: 7.42, lat: 43.7 + n / 100 },
      seq: n,
      atMs: at + minute * minuteMs,
      riddenMetres: 0,
    })
  return city
}

const rows = async (name: string, more: object = {}) => {
  const { columns, rows } = await report(await aDay(), operations, {
    name,
    from: at,
    to: new Date(at + 120 * minuteMs).toISOString(),
    ...more,
  })
  return rows.map((row) => Object.fromEntries(columns.map((column, n) => [column, row[n]])))
}

test('hours: what was delivered, how fast, and how far without a meal', async () => {
  const [first, second, ...others] = await rows('hours')
  assert.deepEqual(others, [])
  assert.deepEqual(first, {
    hour: new Date(at).toISOString(),
    delivered: 1,
    cancelled: 1,
    returned: 0,
    onTimeShare: 1,
    clickToDoorMeanMin: 30,
    clickToDoorP90Min: 30,
    // Four ways before the gap and one after it. Of a way its middle counts: the first only is without a meal.
    km: 5.56,
    deadheadShare: 0.2,
  })
  assert.deepEqual([second!['delivered'], second!['onTimeShare'], second!['clickToDoorMeanMin']], [1, 0, 70])
})

test('riders and merchants', async () => {
  const [rider, ...others] = await rows('riders')
  assert.deepEqual(others, [])
  assert.deepEqual(
    [rider!['riderId'], rider!['delivered'], rider!['km'], rider!['kmPerOrder'], rider!['hours']],
    ['r1', 2, 5.56, 2.78, 0.33],
  )
  const [one, two] = await rows('merchants')
  assert.deepEqual(
    [
      one!['name'],
      one!['delivered'],
      one!['salesCents'],
      one!['cookingMeanMin'],
      one!['readyToPickupMeanMin'],
    ],
    ['Socca', 2, 1400, 4, 5],
  )
  assert.deepEqual([two!['merchantId'], two!['cancelled']], ['m2', 1])
})

test('only what is over in the time that was asked for', async () => {
  assert.deepEqual(
    (await rows('hours', { from: String(at + 60 * minuteMs) })).map(({ delivered }) => delivered),
    [1],
  )
  for (const more of [{ from: at + 120 * minuteMs }, { from: 'yesterday' }, { from: 0 }, { name: 'secrets' }])
    await assert.rejects(rows('hours', more), { code: 'InvalidArgument' })
  await assert.rejects(report(await aDay(), customer, { name: 'hours' }), { code: 'Forbidden' })
})

test('the overview is what the dispatcher says with its lease', async () => {
  const city = await aDay()
  assert.equal((await overview(city, operations)).dispatcher.owner, '')
  city.clock.advance(80 * minuteMs)
  const dispatcher = testDispatcher(city)
  for (let n = 0; n < 5; n++) {
    await dispatcher.tick()
    city.clock.advance(1000)
  }
  const told = await overview(city, operations)
  assert.deepEqual(
    [told.dispatcher.owner, told.dispatcher.token, told.dispatcher.map, told.deliveredLastHour],
    ['d1', 1, 'own', 2],
  )
  assert.equal(told.onTimeShare, 0.5)
  city.clock.advance(60_000)
  assert.equal((await overview(city, operations)).dispatcher.owner, '', 'its lease is over')
  await assert.rejects(overview(city, customer), { code: 'Forbidden' })
})
