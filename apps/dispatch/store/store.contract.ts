/** What every driver of the store holds. Each test has a shard of its own. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Order } from '../model/order.ts'
import { type DispatchStore, TooManyRows } from './store.ts'

const at = 1_800_000_000_000

export function storeContract(name: string, store: () => DispatchStore): void {
  let shards = 0

  const order = (shard: string, more: Partial<Order> = {}): Order => ({
    orderId: 'o1',
    shard,
    customerId: 'c1',
    merchantId: 'm1',
    state: 'CREATED',
    kitchen: 'WAITING',
    version: 1,
    fence: 2,
    pickup: { lng: 7.42, lat: 43 },
    dropoff: { lng: 7.43, lat: 43.74 },
    dropoffAddress: '王府井大街 1',
    lines: [{ name: '饺子', count: 2, priceCents: 700 }],
    totalCents: 1400,
    load: 1,
    placedAtMs: at,
    changedAtMs: at,
    readyAtMs: at + 1,
    promisedAtMs: at + 2,
    expectedAtMs: at + 3,
    riderId: undefined,
    offerExpiresAtMs: undefined,
    refusedBy: [],
    times: { CREATED: at },
    photos: [],
    cancelReason: undefined,
    ...more,
  })

  const inShard = (title: string, run: (store: DispatchStore, shard: string) => Promise<void>) =>
    test(title, () => run(store(), `shard${++shards}`))

  const ids = (orders: Order[]) => orders.map(({ orderId }) => orderId)

  describe(`the store, ${name}`, () => {
    inShard('keeps an order as it was given, once', async (store, shard) => {
      assert.equal(await store.getOrder(shard, 'o1'), undefined)
      assert.equal(await store.createOrder(order(shard)), true)
      assert.equal(await store.createOrder(order(shard, { customerId: 'other' })), false)
      assert.deepEqual(await store.getOrder(shard, 'o1'), order(shard))
      assert.equal(await store.getOrder(`${shard}x`, 'o1'), undefined)
    })

    inShard('replaces an order only as it was read, and only by the newest owner', async (store, shard) => {
      const next = order(shard, { state: 'PAID', version: 2 })
      assert.equal(await store.replaceOrder(next, { state: 'CREATED', version: 1 }), false, 'not there')
      await store.createOrder(order(shard))
      assert.equal(await store.replaceOrder(next, { state: 'CREATED', version: 2 }), false)
      assert.equal(await store.replaceOrder(next, { state: 'PAID', version: 1 }), false)
      assert.equal(await store.replaceOrder(next, { state: 'CREATED', version: 1, token: 1 }), false)
      assert.deepEqual(await store.getOrder(shard, 'o1'), order(shard))
      assert.equal(await store.replaceOrder(next, { state: 'CREATED', version: 1, token: 2 }), true)
      assert.equal(await store.replaceOrder(next, { state: 'CREATED', version: 1 }), false, 'once')
      assert.deepEqual(await store.getOrder(shard, 'o1'), next)
    })

    inShard('lets one of many writers win', async (store, shard) => {
      await store.createOrder(order(shard, { state: 'MERCHANT_ACCEPTED' }))
      const writers = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6'].map((riderId) =>
        store.replaceOrder(order(shard, { state: 'OFFERED', version: 2, riderId }), {
          state: 'MERCHANT_ACCEPTED',
          version: 1,
        }),
      )
      assert.equal((await Promise.all(writers)).filter(Boolean).length, 1)
    })

    inShard('finds orders by who has them, while they are open', async (store, shard) => {
      const offered = order(shard, { state: 'OFFERED', riderId: 'r1' })
      await store.createOrder(offered)
      await store.createOrder(
        order(shard, { orderId: 'o2', placedAtMs: at + 5, customerId: 'c2', merchantId: 'm2' }),
      )
      await store.createOrder(order(shard, { orderId: 'o3', placedAtMs: at + 3 }))
      assert.deepEqual(ids(await store.openOrders(shard)), ['o1', 'o2', 'o3'])
      assert.deepEqual(await store.ordersOfRider(shard, 'r1'), [offered])
      assert.deepEqual(await store.ordersOfRider(shard, 'r'), [])
      assert.deepEqual(ids(await store.ordersOfCustomer(shard, 'c1', 10)), ['o3', 'o1'])
      assert.deepEqual(ids(await store.ordersOfCustomer(shard, 'c1', 1)), ['o3'])
      assert.deepEqual(ids(await store.ordersOfMerchant(shard, 'm2', 10)), ['o2'])
      const ended = order(shard, { state: 'CANCELLED', version: 2, riderId: 'r1' })
      await store.replaceOrder(ended, { state: 'OFFERED', version: 1 })
      assert.deepEqual(ids(await store.openOrders(shard)), ['o2', 'o3'])
      assert.deepEqual(await store.ordersOfRider(shard, 'r1'), [])
      assert.deepEqual(ids(await store.ordersOfCustomer(shard, 'c1', 10)), ['o3', 'o1'])
      assert.deepEqual(await store.openOrders(`${shard}x`), [])
    })

    inShard('tells many orders, more than one batch reads', async (store, shard) => {
      const names = Array.from({ length: 230 }, (_, n) => `o${1000 + n}`)
      await Promise.all(names.map((orderId) => store.createOrder(order(shard, { orderId }))))
      assert.deepEqual(ids(await store.openOrders(shard)), names)
    })

    inShard('tells what has changed, each order at its newest', async (store, shard) => {
      const changed = (fromMs: number, more: object = {}) =>
        store.ordersChanged(shard, { fromMs, toMs: at + 100, limit: 10, ...more })
      const ids = async (answer: ReturnType<typeof changed>) =>
        (await answer).orders.map(({ orderId }) => orderId)
      for (const [n, orderId] of ['o1', 'o2', 'o3'].entries())
        await store.createOrder(order(shard, { orderId, changedAtMs: at + n }))
      assert.deepEqual(await ids(changed(at)), ['o1', 'o2', 'o3'])
      await store.replaceOrder(order(shard, { state: 'PAID', version: 2, changedAtMs: at + 9 }), {
        state: 'CREATED',
        version: 1,
      })
      assert.deepEqual(await ids(changed(at)), ['o2', 'o3', 'o1'])
      assert.deepEqual(await ids(changed(at + 2)), ['o3', 'o1'])
      assert.equal((await changed(at)).reachedMs, at + 100)
      assert.deepEqual(await ids(changed(at, { limit: 2 })), ['o2', 'o3'])
      assert.equal((await changed(at, { limit: 2 })).reachedMs, at + 2)
      assert.deepEqual(await ids(changed(at, { toMs: at + 9 })), ['o2', 'o3'])
      const has = (orderId: string, version: number) => orderId === 'o3' || version === 2
      assert.deepEqual(await ids(changed(at, { has })), ['o2'])
    })

    inShard('keeps riders by version, and their positions by number', async (store, shard) => {
      const rider = {
        riderId: 'r1',
        shard,
        version: 1,
        onDuty: true,
        onUntilMs: at,
        vehicle: { capacity: 4, rangeMetres: 60_000 },
        carrying: [{ orderId: 'o1', load: 1 }],
      }
      assert.equal(await store.getRider(shard, 'r1'), undefined)
      assert.equal(await store.putRider(rider, 1), false)
      assert.equal(await store.putRider(rider, 0), true)
      assert.equal(await store.putRider(rider, 0), false)
      assert.equal(await store.putRider({ ...rider, version: 2, onDuty: false }, 1), true)
      assert.deepEqual(await store.getRider(shard, 'r1'), { ...rider, version: 2, onDuty: false })
      assert.deepEqual(await store.riders(shard), [{ ...rider, version: 2, onDuty: false }])

      const fix = {
        shard,
        riderId: 'r1',
        position: { lng: 7, lat: 43.75 },
        seq: 5,
        atMs: at + 5,
        riddenMetres: 12.5,
      }
      assert.equal(await store.putPosition(fix), true)
      assert.equal(await store.putPosition(fix), false)
      assert.equal(await store.putPosition({ ...fix, seq: 4, atMs: at + 4 }), false)
      assert.equal(await store.putPosition({ ...fix, seq: 6, atMs: at + 3_600_000 }), true)
      assert.deepEqual(await store.getPosition(shard, 'r1'), { ...fix, seq: 6, atMs: at + 3_600_000 })
      assert.equal((await store.positions(shard)).length, 1)
      await store.resetPosition({ ...fix, seq: 0 })
      assert.equal((await store.getPosition(shard, 'r1'))?.seq, 0)
      assert.equal(await store.getPosition(shard, 'r2'), undefined)

      const logged = (toMs: number, limit = 10) => store.riding(shard, { fromMs: at, toMs, limit })
      assert.deepEqual(
        (await logged(at + 4_000_000)).map(({ seq }) => seq),
        [4, 5, 6],
      )
      assert.deepEqual((await logged(at + 6))[1], fix)
      await assert.rejects(logged(at + 4_000_000, 2), TooManyRows)
    })

    inShard('keeps the first of a key', async (store, shard) => {
      const claims = await Promise.all(['a', 'b', 'c'].map((value) => store.claim(shard, value)))
      assert.equal(new Set(claims).size, 1)
      assert.equal(await store.claim(shard, 'd'), claims[0])
    })

    inShard('gives a lease to one', async (store, shard) => {
      const lease = (owner: string, token: number) => ({
        shard,
        owner,
        token,
        expiresAtMs: at + token,
        status: '{}',
      })
      assert.equal(await store.getLease(shard), undefined)
      const first = await Promise.all(['a', 'b'].map((owner) => store.putLease(lease(owner, 1), undefined)))
      assert.equal(first.filter(Boolean).length, 1)
      const { owner, token } = (await store.getLease(shard))!
      assert.equal(await store.putLease(lease('c', 2), { owner: 'c', token }), false)
      assert.equal(await store.putLease(lease('c', 2), { owner, token }), true)
      assert.equal(await store.putLease(lease('d', 2), { owner, token }), false)
      assert.deepEqual(await store.getLease(shard), lease('c', 2))
    })
  })
}
