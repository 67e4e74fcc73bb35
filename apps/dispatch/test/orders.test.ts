/** An order through the whole platform, by the gateway: what each of those concerned does, sees and is pushed. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fc3Client, invoke } from '../../../test/clients.fixture.ts'
import { until } from '../../../test/platform.fixture.ts'
import { type City, door, listen, placed, startCity } from './city.fixture.ts'

let city: City
before(async () => {
  city = await startCity()
})
after(() => city?.remove())

describe('an order', () => {
  test('goes from the shop to the door, and those concerned are pushed how it stands', async () => {
    const customer = await city.person('customer')
    const merchant = await city.person('merchant', 'm14')
    const rider = await city.person('rider')
    const stream = await listen(city, customer)
    assert.equal(stream.status, 200)
    const duty = await rider.post('/riders/me/duty', { onDuty: true, position: door })
    assert.equal(duty.status, 200, JSON.stringify(duty.body))

    const { orderId } = await placed(customer)
    const state = async () => (await customer.get(`/orders/${orderId}`)).body.order.state
    assert.equal((await customer.post(`/orders/${orderId}/pay`)).body.order.state, 'PAID')
    const accepted = await merchant.post(`/orders/${orderId}/kitchen`, { step: 'accept', readyInMs: 1000 })
    assert.equal(accepted.body.order.state, 'MERCHANT_ACCEPTED')
    assert.equal((await merchant.post(`/orders/${orderId}/kitchen`, { step: 'cooking' })).status, 200)
    assert.equal((await merchant.post(`/orders/${orderId}/kitchen`, { step: 'ready' })).status, 200)

    const offered = await until(
      async () =>
        (await rider.get('/riders/me/offers')).body.offers.find(
          (each: { orderId: string }) => each.orderId === orderId,
        ),
      { what: 'the dispatcher to offer it', timeoutMs: 60_000 },
    )
    assert.equal(offered.state, 'OFFERED')
    const ride = async (step: string) => {
      const { status, body } = await rider.post(`/orders/${orderId}/ride`, { step })
      assert.equal(status, 200, JSON.stringify(body))
    }
    for (const step of ['accept', 'at-merchant', 'picked-up', 'at-customer']) await ride(step)
    const photo = (await rider.post(`/orders/${orderId}/photos`, { contentType: 'image/jpeg' })).body
    const put = (type: string) =>
      fetch(photo.url, {
        method: 'PUT',
        headers: { 'content-type': type },
        body: new Uint8Array([0xff, 0xd8]),
      })
    assert.equal((await put('text/html')).status, 403)
    assert.equal((await put('image/jpeg')).status, 200)
    await ride('delivered')
    assert.deepEqual((await customer.get(`/orders/${orderId}`)).body.order.photos, [photo.key])
    assert.equal(await state(), 'DELIVERED')
    await until(() => stream.events.some(({ order }) => order.state === 'DELIVERED'), {
      what: 'the customer to be pushed the delivery',
    })
    const [first] = stream.events
    await stream.close()
    // What is overtaken by a newer state before it was pushed is not pushed any more.
    const told = stream.events.map(({ order }) => Number(order.version))
    assert.deepEqual(
      told,
      [...new Set(told)].sort((a, b) => a - b),
    )
    assert.ok(stream.events.every(({ order }) => order.orderId === orderId))

    // The map reads what riders reported; there are no five minutes of it yet.
    const learnt = await invoke(fc3Client(city.process), 'dispatch-map')
    assert.deepEqual(JSON.parse(learnt.body), { rides: 0, leftOut: 0 })

    // Who comes back with the first id is told what is newer.
    const again = await listen(city, customer, first!.id)
    await until(() => again.events.some(({ order }) => order.state === 'DELIVERED'), {
      what: 'what was missed',
    })
    await again.close()
  })
})
