import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Order } from './contract.ts'
import { missingOf, NO_ORDERS, openOrders, overOrders, withOrders, without } from './known-orders.ts'

const order = (orderId: string, version: number, state: Order['state'] = 'PAID', placedAtMs = 0): Order =>
  ({ orderId, version, state, placedAtMs }) as Order

test('in whatever order news come, the newest version is known in the end', () => {
  const news = fc.array(
    fc.record({ id: fc.integer({ min: 0, max: 3 }), version: fc.integer({ min: 1, max: 9 }) }),
  )
  fc.assert(
    fc.property(news, (all) => {
      let known = NO_ORDERS
      for (const { id, version } of all) known = withOrders(known, [order(String(id), version)])
      for (const { id } of all) {
        const newest = Math.max(...all.filter((one) => one.id === id).map(({ version }) => version))
        assert.equal(known.get(String(id))?.version, newest)
      }
    }),
  )
})

test('what is not news changes nothing', () => {
  const known = withOrders(NO_ORDERS, [order('a', 2)])
  assert.equal(withOrders(known, [order('a', 2), order('a', 1)]), known)
  assert.equal(without(known, ['b']), known)
  assert.equal(without(known, ['a']).size, 0)
})

test('open orders that a list lacks are looked after, those that are over are not', () => {
  const known = withOrders(NO_ORDERS, [order('a', 1), order('b', 1), order('c', 1, 'DELIVERED')])
  assert.deepEqual(missingOf(known, [order('a', 1)]), ['b'])
})

test('of orders that are over the newest hundred are kept, of open ones all', () => {
  const over = Array.from({ length: 150 }, (_, at) => order(`over-${at}`, 1, 'DELIVERED', at))
  const open = Array.from({ length: 300 }, (_, at) => order(`open-${at}`, 1, 'PAID', at))
  const known = withOrders(withOrders(NO_ORDERS, over), open)
  assert.equal(overOrders(known).length, 100)
  assert.equal(overOrders(known)[0]?.orderId, 'over-149')
  assert.equal(overOrders(known).at(-1)?.orderId, 'over-50')
  assert.equal(openOrders(known).length, 300)
  assert.equal(openOrders(known)[0]?.orderId, 'open-0')
})
