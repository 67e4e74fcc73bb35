/** The platform is killed in the midst of it: orders go on where they were, and nothing happens twice. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../../../test/platform.fixture.ts'
import { type City, door, listen, type Person, placed, startCity } from './city.fixture.ts'

let city: City
before(async () => {
  city = await startCity()
})
after(() => city?.remove())

test('orders go on after kill -9, and the dispatcher of before is fenced off', async () => {
  const customer = await city.person('customer')
  const merchant = await city.person('merchant', 'm14')
  const rider = await city.person('rider')
  await rider.post('/riders/me/duty', { onDuty: true, position: door })
  const orders: string[] = []
  for (let each = 0; each < 3; each++) {
    const { orderId } = await placed(customer)
    await customer.post(`/orders/${orderId}/pay`)
    await merchant.post(`/orders/${orderId}/kitchen`, { step: 'accept', readyInMs: 1000 })
    orders.push(orderId)
  }
  const isWith = async (orderId: string) => {
    const { order } = (await customer.get(`/orders/${orderId}`)).body
    return order.state === 'RIDER_ACCEPTED'
  }
  await until(async () => (await ride(rider, ['accept'])) || isWith(orders[0]!), {
    what: 'the rider to have the first order',
    timeoutMs: 60_000,
  })
  const operations = await city.person('operations', 'operations')
  const overview = async () => (await operations.get('/overview')).body
  const tokenBefore = await until(async () => (await overview()).dispatcher.token, {
    what: 'the dispatcher to tell of itself',
  })

  await city.restart()
  const known = (await customer.get('/orders?state=open')).body.orders
  assert.deepEqual(known.map((order: { orderId: string }) => order.orderId).sort(), [...orders].sort())
  const stream = await listen(city, customer)
  // A rider who was not heard of for too long has lost what was accepted, and is offered it again.
  const isDelivered = async (orderId: string) => {
    const { order } = (await customer.get(`/orders/${orderId}`)).body
    if (order.riderId !== undefined) assert.equal(order.riderId, rider.id)
    return order.state === 'DELIVERED'
  }
  await rider.post('/riders/me/duty', { onDuty: true, position: door })
  await until(
    async () => {
      await ride(rider)
      return (await Promise.all(orders.map(isDelivered))).every(Boolean)
    },
    { what: 'all to be delivered', timeoutMs: 150_000 },
  )
  const isTold = (id: string) =>
    stream.events.some(({ order }) => order.orderId === id && order.state === 'DELIVERED')
  await until(() => orders.every(isTold), { what: 'the pushes of all deliveries' })
  await stream.close()
  const tokenAfter = await until(
    async () => {
      const { token } = (await overview()).dispatcher
      return token > tokenBefore && token
    },
    { what: 'a new owner of the lease' },
  )
  assert.ok(tokenAfter > tokenBefore)
})

const nextSteps: Readonly<Record<string, string>> = {
  OFFERED: 'accept',
  RIDER_ACCEPTED: 'at-merchant',
  AT_MERCHANT: 'picked-up',
  PICKED_UP: 'at-customer',
  AT_CUSTOMER: 'delivered',
}

/** One look at the phone: says where the rider is, and does the next step of each order. */
async function ride(rider: Person, only?: readonly string[]): Promise<false> {
  const atMs = Date.now()
  await rider.post('/riders/me/position', { seq: atMs, atMs, ...door })
  const { orders } = (await rider.get('/orders?state=open')).body
  for (const { orderId, state } of orders) {
    const step = nextSteps[state]
    if (step === undefined || (only && !only.includes(step))) continue
    const { status, body } = await rider.post(`/orders/${orderId}/ride`, { step })
    // What was offered or accepted may have been taken away meanwhile.
    if (status !== 200) assert.equal(body.code, 'StateConflict', JSON.stringify(body))
  }
  return false
}
