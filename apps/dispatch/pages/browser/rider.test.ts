import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Order } from '../../model/order.ts'
import { enter, skip, type Visit, visitors } from './chromium.fixture.ts'

const { visit } = visitors()

function order({ server: { city } }: Visit, number = 1): string {
  const body = {
    merchantId: 'm-noodle',
    lines: [{ name: '牛肉面 Beef noodles', count: 1 }],
    dropoff: { lng: 121.4695, lat: 31.2345 },
    dropoffAddress: `${number} Fuzhou Road`,
  }
  return city.change(city.place(`c-${number}`, 'key', body), { state: 'PAID' }).orderId
}

const now = ({ server }: Visit, orderId: string): Order => server.city.orders.get(orderId)!

/** On duty, as the only rider of the city; the id. */
async function onDuty(there: Visit): Promise<string> {
  const { page, server } = there
  const id = await page.getByLabel('Who are you?').inputValue()
  await enter(there)
  await page.getByText('Go on duty to be offered orders.').waitFor()
  await page.getByRole('button', { name: 'Go on duty' }).click()
  await page.getByText('Offers appear here by themselves.').waitFor()
  assert.equal(server.city.riders.get(id)?.onDuty, true)
  return id
}

/** The city goes on until somebody is asked. */
function offer({ server: { city } }: Visit): void {
  city.tick()
  city.tick()
}

const PHOTO = { name: 'door.png', mimeType: 'image/png', buffer: Buffer.from('89504e470d0a1a0a', 'hex') }

test('a rider takes an order to the door, with a photo put into the bucket', { skip }, async () => {
  const there = await visit('rider', { riders: 0 })
  const { page, server, complaints, origins } = there
  const id = await onDuty(there)
  const orderId = order(there)
  offer(there)
  await page.getByText('You are offered an order.').waitFor()
  await page.getByRole('button', { name: 'Accept' }).click()
  await page.getByText('Ride to the shop').waitFor()
  assert.deepEqual([now(there, orderId).state, now(there, orderId).riderId], ['RIDER_ACCEPTED', id])

  await page.getByRole('button', { name: 'I am at the shop' }).click()
  await page.getByText('Still cooking').waitFor()
  server.city.tick()
  server.city.tick()
  await page.getByText('It stands ready').waitFor()
  await page.getByRole('button', { name: 'Picked up' }).click()
  await page.getByRole('button', { name: 'I am at the door' }).click()
  await page.getByLabel('Take a photo').setInputFiles(PHOTO)
  await page.getByText('The photo has arrived.').waitFor()
  const [key] = now(there, orderId).photos
  assert.deepEqual([...server.uploads], [[`/${key}`, { type: 'image/png', sizeBytes: 8 }]])
  await page.getByRole('button', { name: 'Handed over', exact: true }).click()
  await page.getByText('Offers appear here by themselves.').waitFor()
  assert.equal(now(there, orderId).state, 'DELIVERED')

  assert.deepEqual(complaints, [])
  assert.deepEqual([...origins].sort(), [new URL(server.url).origin, server.bucketOrigin].sort())
})

test('what a rider refuses is offered to another', { skip }, async () => {
  const there = await visit('rider', { riders: 3 })
  const id = await onDuty(there)
  const orderId = order(there)
  offer(there)
  await there.page.getByRole('button', { name: 'Refuse' }).click()
  await there.page.getByText('Offers appear here by themselves.').waitFor()
  assert.deepEqual(now(there, orderId).refusedBy, [id])
  offer(there)
  assert.notEqual(now(there, orderId).riderId, id)
  assert.equal(now(there, orderId).state, 'RIDER_ACCEPTED')
})

test('an offer that was taken back cannot be accepted', { skip }, async () => {
  const there = await visit('rider', { riders: 0 })
  const { page, server } = there
  await onDuty(there)
  const orderId = order(there)
  offer(there)
  await page.getByRole('button', { name: 'Accept' }).waitFor()
  server.broken.add('push')
  server.dropStreams()
  await page.route('**/orders?state=open', (route) => route.abort())
  server.city.change(now(there, orderId), { state: 'MERCHANT_ACCEPTED', riderId: undefined })
  await page.getByRole('button', { name: 'Accept' }).click()
  await page
    .getByText('That is not yours to do.')
    .or(page.getByText('There is no such thing'))
    .first()
    .waitFor()
  await page.getByText('Offers appear here by themselves.').waitFor()
})

test('positions are reported while on duty, each newer than the one before', { skip }, async () => {
  const there = await visit('rider', { riders: 0 })
  const { page, server } = there
  const id = await onDuty(there)
  const first = server.city.riders.get(id)!
  assert.equal(first.positionSeq, 0)
  const box = (await page.locator('.map').boundingBox())!
  await page.mouse.click(box.x + box.width / 2 + 60, box.y + box.height / 2)
  const reports: { seq: number; lng: number; lat: number }[] = []
  while (reports.length < 3) {
    const request = await page.waitForRequest('**/riders/me/position')
    reports.push(request.postDataJSON())
  }
  const seqs = reports.map(({ seq }) => seq)
  assert.deepEqual(seqs, [seqs[0], seqs[0]! + 1, seqs[0]! + 2])
  assert.notDeepEqual([reports[2]!.lng, reports[2]!.lat], [first.position.lng, first.position.lat])
})

test('reports that are not received are said to be so, until one is', { skip }, async () => {
  const there = await visit('rider', { riders: 0 })
  await onDuty(there)
  there.server.broken.add('riders/me')
  const warning = there.page.getByText('Your position has not been received for')
  await warning.waitFor()
  there.server.broken.delete('riders/me')
  await warning.waitFor({ state: 'detached' })
})

test('where no photo arrives it is sent again, or the order handed over without', { skip }, async () => {
  const there = await visit('rider', { riders: 0 })
  const { page, server } = there
  const id = await onDuty(there)
  const orderId = order(there)
  server.city.change(now(there, orderId), { state: 'AT_CUSTOMER', riderId: id })
  server.bucketIsBroken = true
  await page.getByLabel('Take a photo').setInputFiles(PHOTO)
  await page.getByText('The photo was not sent.').waitFor()
  server.bucketIsBroken = false
  await page.getByRole('button', { name: 'Send it again' }).click()
  await page.getByText('The photo has arrived.').waitFor()
  await page.getByLabel('Another photo').setInputFiles({ ...PHOTO, mimeType: 'text/plain', name: 'a.txt' })
  await page.getByText('That is not a photo').waitFor()
})

test('where nobody takes it, it goes back to the shop', { skip }, async () => {
  const there = await visit('rider', { riders: 0 })
  const { page, server } = there
  const id = await onDuty(there)
  const orderId = order(there)
  server.city.change(now(there, orderId), { state: 'AT_CUSTOMER', riderId: id })
  await page.getByText('Nobody there?').click()
  await page.getByRole('button', { name: 'Take it back to the shop' }).click()
  await page.getByRole('button', { name: 'Returned to the shop' }).click()
  await page.getByText('Offers appear here by themselves.').waitFor()
  assert.equal(now(there, orderId).state, 'RETURNED')
})
