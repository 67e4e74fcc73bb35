import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Order } from '../../model/order.ts'
import { enter, skip, type Visit, visitors } from './chromium.fixture.ts'
import type { CityServer } from './server.fixture.ts'

const { visit } = visitors()

const onlyOrder = ({ city }: CityServer): Order => {
  const [order, ...others] = city.orders.values()
  assert.ok(order, 'an order was placed')
  assert.equal(others.length, 0, 'and no other')
  return order
}

/** The city goes on until the order is there. */
function goOnUntil(server: CityServer, state: Order['state']): void {
  for (let ticks = 0; onlyOrder(server).state !== state; ticks++) {
    assert.ok(ticks < 200, `the order is ${onlyOrder(server).state}, not ${state}`)
    server.city.tick()
  }
}

async function chooseNoodles({ page }: Visit): Promise<void> {
  await page.getByRole('link', { name: 'Lanzhou Noodles' }).click()
  await page.getByRole('button', { name: 'One 牛肉面 Beef noodles more' }).click()
  await page.getByRole('button', { name: 'One 牛肉面 Beef noodles more' }).click()
  await page.getByLabel('Address').fill('人民广场 1 号')
}

test('a customer orders, sees the rider move, and the order delivered', { skip }, async () => {
  const there = await visit('')
  const { page, server, complaints, origins } = there
  await enter(there)
  await chooseNoodles(there)
  await page.getByRole('button', { name: 'Order and pay ¥36.00' }).click()
  await page.getByText('Arrives in').waitFor()
  const placed = onlyOrder(server)
  assert.equal(placed.state, 'PAID')
  assert.equal(placed.dropoffAddress, '人民广场 1 号')
  assert.deepEqual(placed.lines, [{ name: '牛肉面 Beef noodles', count: 2, priceCents: 1800 }])

  goOnUntil(server, 'RIDER_ACCEPTED')
  await page.getByText('rider coming', { exact: true }).waitFor()
  const marker = page.locator('.marker-rider')
  await marker.waitFor()
  const before = await marker.evaluate((element: HTMLElement) => element.style.transform)
  server.city.tick()
  await page.waitForFunction(
    (was) => document.querySelector<HTMLElement>('.marker-rider')?.style.transform !== was,
    before,
  )

  goOnUntil(server, 'PICKED_UP')
  await page.getByText('on its way', { exact: true }).waitFor()
  goOnUntil(server, 'DELIVERED')
  await page.getByText('Delivered. Enjoy!').waitFor()

  assert.deepEqual(complaints, [])
  assert.deepEqual([...origins], [new URL(server.url).origin])
  assert.ok(
    server.requests.every((request) => request.split(' ')[1]?.startsWith('/proxy/group-1/')),
    'all is below the prefix',
  )
})

test('an order whose answer was lost is not placed twice', { skip }, async () => {
  const there = await visit('')
  const { page, server } = there
  await enter(there)
  await chooseNoodles(there)
  await page.route('**/orders', async (route) => {
    await route.fetch()
    await route.abort()
  })
  await page.getByRole('button', { name: 'Order and pay' }).click()
  await page.getByText('No answer. Check the connection').waitFor()
  assert.equal(onlyOrder(server).state, 'CREATED')
  await page.unroute('**/orders')
  await page.getByRole('button', { name: 'Order and pay' }).click()
  await page.getByText('Arrives in').waitFor()
  assert.equal(onlyOrder(server).state, 'PAID')
})

test('an order can be cancelled until it is picked up', { skip }, async () => {
  const there = await visit('')
  const { page, server } = there
  await enter(there)
  await chooseNoodles(there)
  await page.getByRole('button', { name: 'Order and pay' }).click()
  await page.getByText('Cancel this order').click()
  await page.getByRole('button', { name: 'Cancel the order' }).click()
  await page.getByText('Cancelled', { exact: true }).waitFor()
  assert.equal(onlyOrder(server).state, 'CANCELLED')
  assert.equal(await page.getByText('Cancel this order').count(), 0)
})

test('names of shops and dishes are text, whatever is in them', { skip }, async () => {
  const there = await visit('')
  const { page, server, complaints } = there
  const name = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>'
  server.city.shops[0]!.name = name
  server.city.shops[0]!.menu[0]!.name = name
  await enter(there)
  await page.getByRole('link', { name }).click()
  await page.getByRole('heading', { name }).waitFor()
  assert.equal(await page.locator('#page img[src="x"]').count(), 0)
  assert.doesNotMatch(await page.title(), /^taken$/)
  assert.deepEqual(complaints, [])
})

test('a list of shops that cannot be had says so and is had at the next try', { skip }, async () => {
  const there = await visit('')
  const { page, server } = there
  server.broken.add('shops')
  await enter(there)
  await page.getByText('The system is busy').first().waitFor()
  server.broken.delete('shops')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('link', { name: 'Lanzhou Noodles' }).waitFor()
})

test('a city without shops says so', { skip }, async () => {
  const there = await visit('')
  there.server.city.shops.length = 0
  await enter(there)
  await there.page.getByText('No shops yet').waitFor()
})

test('the door of a customer is where the pin stands', { skip }, async () => {
  const there = await visit('')
  const { page, server } = there
  await enter(there)
  await chooseNoodles(there)
  await page.locator('.map').focus()
  for (let times = 0; times < 3; times++) await page.keyboard.press('ArrowRight')
  await page.getByRole('button', { name: 'Order and pay' }).click()
  await page.getByText('Arrives in').waitFor()
  const { pickup, dropoff } = onlyOrder(server)
  const straight = pickup.lng + 0.004
  assert.ok(dropoff.lng > straight + 0.005, `${dropoff.lng} lies east of ${straight}`)
})
