import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Order } from '../model/order.ts'
import { inTown, socca, testCity } from '../orders/orders.fixture.ts'
import { placeOrder } from '../orders/place-order.ts'
import { LISTENERS_MAX, type Listener, PushStreams } from './push-streams.ts'

async function anOrder(changes: Partial<Order> = {}): Promise<Order> {
  const city = testCity()
  const { order } = await placeOrder(
    city,
    { sub: 'c1', role: 'customer' },
    { body: socca(), idempotencyKey: 'k' },
  )
  return { ...(await city.store.getOrder(city.shard, order.orderId))!, dropoff: inTown, ...changes }
}

function listener(sub: string, role: Listener['caller']['role'], takes = true) {
  const told: string[] = []
  let isClosed = false
  const one: Listener = {
    caller: { sub, role },
    write: (text) => {
      told.push(text)
      return takes
    },
    close: () => {
      isClosed = true
    },
  }
  return { one, told, isClosed: () => isClosed }
}

const orderIn = (text: string) => JSON.parse(/^data: (.*)$/m.exec(text)![1]!).order

test('a change is told once to those whom it concerns, with its time as the id', async () => {
  const streams = new PushStreams()
  const [own, other, all] = [
    listener('c1', 'customer'),
    listener('c2', 'customer'),
    listener('ops', 'operations'),
  ]
  for (const { one } of [own, other, all]) assert.ok(streams.add(one))
  const order = await anOrder()
  streams.tell([order])
  streams.tell([order])
  streams.tell([{ ...order, version: 0 }])
  assert.deepEqual([own.told.length, other.told.length, all.told.length], [1, 0, 1])
  assert.match(own.told[0]!, new RegExp(`^id: ${order.changedAtMs}\nevent: order\ndata: .*\n\n$`))
  assert.equal('fence' in orderIn(own.told[0]!), false)
  streams.tell([{ ...order, version: order.version + 1 }])
  assert.equal(own.told.length, 2)
})

test('who had an order learns that it is gone, and not whose it is', async () => {
  const streams = new PushStreams()
  const [before, now] = [listener('r1', 'rider'), listener('r2', 'rider')]
  for (const { one } of [before, now]) streams.add(one)
  streams.tell([await anOrder({ state: 'OFFERED', riderId: 'r2', refusedBy: ['r1'] })])
  assert.equal(orderIn(now.told[0]!).riderId, 'r2')
  assert.equal(orderIn(before.told[0]!).riderId, undefined)
  assert.doesNotMatch(before.told[0]!, /r2/)
})

test('who does not read is let go, and what is too many is not let in', async () => {
  const streams = new PushStreams()
  const slow = listener('c1', 'customer', false)
  streams.add(slow.one)
  const order = await anOrder()
  for (let version = 1; version <= 60; version++) streams.tell([{ ...order, version }])
  assert.ok(slow.isClosed())
  assert.equal(streams.size, 0)
  for (let at = 0; at < LISTENERS_MAX; at++) assert.ok(streams.add(listener('c1', 'customer').one))
  assert.equal(streams.add(listener('c1', 'customer').one), false)
})
