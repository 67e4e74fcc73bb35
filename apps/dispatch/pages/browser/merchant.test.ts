import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Order } from '../../model/order.ts'
import { enter, skip, type Visit, visitors } from './chromium.fixture.ts'

const { visit } = visitors()

/** A paid order of the noodle shop. */
function order({ server: { city } }: Visit, number: number): string {
  const body = {
    merchantId: 'm-noodle',
    lines: [{ name: '牛肉面 Beef noodles', count: number }],
    dropoff: { lng: 121.476, lat: 31.233 },
    dropoffAddress: `${number} Fuzhou Road`,
  }
  return city.change(city.place(`c-${number}`, 'key', body), { state: 'PAID' }).orderId
}

const now = ({ server }: Visit, orderId: string): Order => server.city.orders.get(orderId)!
const column = ({ page }: Visit, name: string) => page.getByRole('region', { name })

test('a merchant accepts an order that comes in, cooks it, and it is handed over', { skip }, async () => {
  const there = await visit('merchant', { viewport: { width: 1180, height: 820 } })
  const { page, server, complaints, origins } = there
  await page.getByLabel('Which shop is yours?').selectOption({ label: '兰州牛肉面 Lanzhou Noodles' })
  await enter(there)
  await page.getByText('New orders appear here by themselves.').waitFor()
  const orderId = order(there, 3)
  await page.getByText('A new order has come in.').waitFor()
  await column(there, 'New').getByText('3 ×').waitFor()
  assert.match(await page.title(), /^\(1\)/)

  await page.getByLabel('Ready in').selectOption('15')
  await page.getByRole('button', { name: 'Accept' }).click()
  await column(there, 'In the kitchen').getByText('3 ×').waitFor()
  const { readyAtMs, times } = now(there, orderId)
  assert.equal(readyAtMs - times.MERCHANT_ACCEPTED! >= 15 * 60_000 - 50, true)

  server.city.tick()
  server.city.tick()
  await column(there, 'In the kitchen')
    .getByText(/^Rider r-1\d\d is coming$/)
    .waitFor()
  await page.getByRole('button', { name: 'Start cooking' }).click()
  await page.getByRole('button', { name: 'Start cooking' }).waitFor({ state: 'detached' })
  assert.equal(now(there, orderId).kitchen, 'COOKING')
  await page.getByRole('button', { name: 'Ready' }).click()
  await column(there, 'Ready to go').getByText('3 ×').waitFor()
  for (let ticks = 0; now(there, orderId).state !== 'PICKED_UP'; ticks++) {
    assert.ok(ticks < 100, 'it is picked up')
    server.city.tick()
  }
  await page.getByText('Handed over or ended: 1').waitFor()
  assert.deepEqual(complaints, [])
  assert.deepEqual([...origins], [new URL(server.url).origin])
})

test('orders that cannot be had are said to be so, and come as soon as they can', { skip }, async () => {
  const there = await visit('merchant')
  there.server.broken.add('orders')
  await enter(there)
  await there.page.getByText('The system is busy').waitFor()
  there.server.broken.delete('orders')
  await there.page.getByText('New orders appear here by themselves.').waitFor()
})

test('an order that is rejected is gone', { skip }, async () => {
  const there = await visit('merchant')
  await enter(there)
  const orderId = order(there, 1)
  await there.page.getByRole('button', { name: 'Reject' }).click()
  await there.page.getByText('New orders appear here by themselves.').waitFor()
  assert.equal(now(there, orderId).state, 'CANCELLED')
})

test('who accepts too late is told so, and sees how it stands', { skip }, async () => {
  const there = await visit('merchant')
  const { page, server } = there
  await enter(there)
  const orderId = order(there, 1)
  await page.getByRole('button', { name: 'Accept' }).waitFor()
  // The news of the cancellation does not come.
  server.broken.add('push')
  server.dropStreams()
  await page.route('**/orders?state=open', (route) => route.abort())
  server.city.change(now(there, orderId), { state: 'CANCELLED' })
  await page.getByRole('button', { name: 'Accept' }).click()
  await page.getByText('Too late: the order has moved on').waitFor()
  await page.getByText('New orders appear here by themselves.').waitFor()
})
