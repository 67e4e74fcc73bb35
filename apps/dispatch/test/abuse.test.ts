/** What may not be done: refused with the codes of gateway and API, and nothing changed by it. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { until } from '../../../test/platform.fixture.ts'
import { appKeyOf } from '../set-up.ts'
import { appSignature } from '../simulate/driver/app-signature.ts'
import { type City, code, door, listen, type Person, placed, type Said, startCity } from './city.fixture.ts'

let city: City
before(async () => {
  city = await startCity()
})
after(() => city?.remove())

describe('sessions', () => {
  const body = JSON.stringify({ role: 'customer', id: 'ann' })
  const path = () => `${new URL(city.addressByPath).pathname}/sessions`
  const send = (headers: Record<string, string>, sent = body): Promise<Said> =>
    city.ask('/sessions', { method: 'POST', headers, body: sent })
  const signed = async (forged: { appSecret?: string } = {}) =>
    appSignature(
      { ...(await appKeyOf(city.platform, 'dispatch_staff')), ...forged },
      { method: 'POST', path: path(), body, nowMs: Date.now(), nonce: randomUUID() },
    )

  test('are for who signs as the app, once for each signature', async () => {
    const headers = await signed()
    const first = await send(headers)
    assert.equal(first.status, 200, JSON.stringify([...first.headers]))
    assert.equal(typeof first.body.token, 'string')
    assert.deepEqual(await send(headers).then((again) => [again.status, code(again)]), [403, 'S403NU'])
  })

  test('are not for a forged signature, another body, or no signature', async () => {
    const forged = await send(await signed({ appSecret: 'a secret that is not the app’s own' }))
    assert.deepEqual([forged.status, code(forged)], [403, 'A403IS'])
    const other = await send(await signed(), JSON.stringify({ role: 'operations', id: 'ann' }))
    assert.equal(other.status >= 400 && other.status < 500, true)
    assert.notEqual(code(other), null)
    const none = await send({ 'content-type': 'application/json' })
    assert.deepEqual([none.status, code(none)], [400, 'A400MA'])
  })
})

describe('a token', () => {
  test('is needed, has to be ours, and alone says who calls', async () => {
    const customer = await city.person('customer')
    const order = await placed(customer)
    const path = `/orders/${order.orderId}`
    const none = await city.ask(path)
    assert.deepEqual([none.status, code(none)], [400, 'I400JR'])

    const [head = '', , signature = ''] = customer.token.split('.')
    const claims = Buffer.from(JSON.stringify({ sub: 'x', role: 'operations' })).toString('base64url')
    const forged = await city.ask(path, {
      headers: { authorization: `Bearer ${head}.${claims}.${signature}` },
    })
    assert.deepEqual([forged.status, code(forged)], [403, 'A403JT'])

    const stranger = await city.person('customer')
    const spoofed = await city.ask(path, {
      headers: {
        authorization: `Bearer ${stranger.token}`,
        'x-dispatch-sub': customer.id,
        'x-dispatch-role': 'operations',
      },
    })
    assert.deepEqual([spoofed.status, spoofed.body.code], [404, 'NotFound'])
  })

  test('is asked for where functions are reached beside the gateway, too', async () => {
    const { edge } = city.process.endpoints
    const answer = await fetch(`${edge}/proxy/dispatch-notify/push`, {
      headers: { 'x-dispatch-sub': 'ann', 'x-dispatch-role': 'operations' },
    })
    // Function Compute asks for a signature, which the gateway makes in its role.
    assert.equal(answer.status, 400)
    assert.match(await answer.text(), /"Code":"\w*(Authorization|Signature|Header)\w*"/)
  })
})

describe('an order of somebody else', () => {
  test('is not there: not to be read, paid, cancelled, cooked, ridden or pushed', async () => {
    const [customer, stranger] = [await city.person('customer'), await city.person('customer')]
    const [merchant, rider] = [await city.person('merchant', 'm1'), await city.person('rider')]
    const stream = await listen(city, stranger)
    const { orderId } = await placed(customer)
    const before = await customer.get(`/orders/${orderId}`)
    const refusals = [
      await stranger.get(`/orders/${orderId}`),
      await stranger.post(`/orders/${orderId}/pay`),
      await stranger.post(`/orders/${orderId}/cancel`, { reason: 'mine' }),
      await merchant.post(`/orders/${orderId}/kitchen`, { step: 'accept' }),
      await rider.post(`/orders/${orderId}/ride`, { step: 'accept' }),
      await rider.post(`/orders/${orderId}/photos`, { contentType: 'image/jpeg' }),
      await customer.get('/orders/none'),
    ]
    for (const { status, body } of refusals) assert.deepEqual([status, body.code], [404, 'NotFound'])
    assert.deepEqual((await customer.get(`/orders/${orderId}`)).body, before.body)
    assert.deepEqual((await stranger.get('/orders')).body.orders, [])
    const own = await placed(stranger)
    await until(() => stream.events.length > 0, { what: 'the push of the stranger’s own order' })
    await stream.close()
    assert.ok(stream.events.every(({ order }) => order.orderId === own.orderId))
  })

  test('an offer of another rider cannot be accepted', async () => {
    const customer = await city.person('customer')
    const merchant = await city.person('merchant', 'm14')
    const [first, second] = [await city.person('rider'), await city.person('rider')]
    const { orderId } = await placed(customer)
    await customer.post(`/orders/${orderId}/pay`)
    await merchant.post(`/orders/${orderId}/kitchen`, { step: 'accept', readyInMs: 1000 })
    await first.post('/riders/me/duty', { onDuty: true, position: door })
    await until(async () => (await offers(first)).some((order) => order.orderId === orderId), {
      what: 'the offer',
      timeoutMs: 60_000,
    })
    await second.post('/riders/me/duty', { onDuty: true, position: door })
    const stolen = await second.post(`/orders/${orderId}/ride`, { step: 'accept' })
    assert.deepEqual([stolen.status, stolen.body.code], [404, 'NotFound'])
    const { order } = (await (await city.person('operations', 'operations')).get(`/orders/${orderId}`)).body
    assert.equal(order.riderId, first.id)
  })
})

const offers = async (rider: Person): Promise<{ orderId: string }[]> =>
  (await rider.get('/riders/me/offers')).body.offers

describe('positions', () => {
  test('that are absurd are refused, and late ones are dropped', async () => {
    const rider = await city.person('rider')
    await rider.post('/riders/me/duty', { onDuty: true, position: door })
    const at = (more: object) =>
      rider.post('/riders/me/position', { seq: 1, atMs: Date.now(), ...door, ...more })
    for (const wrong of [
      { lng: 0, lat: 0 },
      { lng: 'here' },
      { lng: 1e300 },
      { seq: -1 },
      { atMs: 0 },
      { atMs: Date.now() + 3_600_000 },
      // To the other end of the city in an instant.
      { lng: 116.3, lat: 40.02 },
    ]) {
      const { status, body } = await at(wrong)
      assert.deepEqual([status, body.code], [400, 'InvalidArgument'], JSON.stringify(wrong))
    }
    const operations = await city.person('operations', 'operations')
    const known = async () =>
      (await operations.get('/riders')).body.riders.find(
        (each: { riderId: string }) => each.riderId === rider.id,
      )
    assert.deepEqual((await known()).position, door)
    assert.deepEqual((await at({ seq: 5 })).body, { accepted: true })
    assert.deepEqual((await at({ seq: 3 })).body, { accepted: false })
    assert.equal((await known()).positionSeq, 5)
  })
})

describe('a flood', () => {
  test('is refused over the limit, and does not reach the function', async () => {
    const ask = () =>
      city.ask('/demo/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"role":"customer","id":"flood"}',
      })
    const answers = await Promise.all(Array.from({ length: 120 }, ask))
    const refused = answers.filter(({ status }) => status === 429)
    assert.ok(refused.length > 0, `all of ${answers.length} were let through`)
    for (const answer of refused) assert.equal(code(answer), 'T429PA')
    assert.ok(answers.every(({ status }) => status === 200 || status === 429))
  })
})
