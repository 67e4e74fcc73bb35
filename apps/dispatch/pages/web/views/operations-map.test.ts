import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Order, Rider, Shop } from '../api/contract.ts'
import { pointsOf } from './operations-map.ts'

const at = { lng: 121.47, lat: 31.23 }
const order = (orderId: string, state: Order['state'], more: Partial<Order> = {}): Order =>
  ({ orderId, state, pickup: at, dropoff: at, expectedAtMs: 100, promisedAtMs: 200, ...more }) as Order
const rider = (riderId: string, onDuty = true): Rider => ({ riderId, onDuty, position: at }) as Rider

const kinds = (orders: Order[], riders: Rider[], chosen?: string) =>
  pointsOf({ orders, riders, shops: [{ merchantId: 'm', position: at } as Shop], chosen }, 150).map(
    ({ id, kind, isChosen }) => `${id} ${kind}${isChosen ? ' chosen' : ''}`,
  )

test('riders are free or busy, those off duty are not there', () => {
  const riders = [rider('r-1'), rider('r-2'), rider('r-3', false)]
  const orders = [
    order('o-1', 'PICKED_UP', { riderId: 'r-1' }),
    order('o-2', 'DELIVERED', { riderId: 'r-2' }),
  ]
  assert.deepEqual(kinds(orders.slice(0, 1), riders, 'r-2'), ['m shop', 'r-1 busy', 'r-2 idle chosen'])
})

test('orders that wait are there, late ones so, those that are not paid or under way are not', () => {
  const orders = [
    order('new', 'PAID'),
    order('late', 'OFFERED', { expectedAtMs: 300 }),
    order('unpaid', 'CREATED'),
    order('riding', 'AT_MERCHANT', { riderId: 'r-1' }),
  ]
  assert.deepEqual(kinds(orders, [], 'late'), ['m shop', 'new waiting', 'late late chosen'])
})
