import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, skip, type Visit, visitors } from './chromium.fixture.ts'

const { visit } = visitors()
const DESKTOP = { viewport: { width: 1440, height: 1000 } }

function orders({ server: { city } }: Visit, count: number): void {
  for (let number = 0; number < count; number++) {
    const shop = city.shops[number % city.shops.length]!
    const body = {
      merchantId: shop.merchantId,
      lines: [{ name: shop.menu[0]!.name, count: 1 }],
      dropoff: { lng: 121.4737 + 0.01 * Math.cos(number), lat: 31.2304 + 0.01 * Math.sin(number) },
      dropoffAddress: `${number} Fuzhou Road`,
    }
    city.change(city.place(`c-${number}`, 'key', body), { state: 'PAID' })
  }
}

const figure = ({ page }: Visit, name: string) =>
  page.locator('.figure', { has: page.getByText(name, { exact: true }) }).locator('.big')

test('operations sees the city: figures, map, waiting orders, minutes, dispatcher and functions', {
  skip,
}, async () => {
  const there = await visit('operations', DESKTOP)
  const { page, server, complaints, origins } = there
  orders(there, 20)
  for (let ticks = 0; ticks < 4; ticks++) server.city.tick()
  await enter(there)
  await page.getByText('Riders on duty').waitFor()
  const { waiting, underway } = server.city.overview
  assert.ok(waiting > 0 && underway > 0, 'there is something to see')
  assert.equal(await figure(there, 'Waiting').textContent(), String(waiting))
  assert.equal(await figure(there, 'Under way').textContent(), String(underway))
  assert.equal(await figure(there, 'On time').textContent(), '96.8%')
  assert.equal(await figure(there, 'Click to door, mean').textContent(), '29 min')
  assert.equal(await figure(there, 'Riders on duty').textContent(), '12')
  await page
    .getByRole('region', { name: 'Waiting orders' })
    .locator('.tally')
    .getByText(String(waiting))
    .waitFor()

  const chart = page.getByRole('img', { name: /^Orders placed and delivered each minute/ })
  await chart.waitFor()
  assert.equal(await chart.locator('path.chart-line').count(), 2)
  await chart.focus()
  await page.keyboard.press('ArrowLeft')
  await page
    .locator('.area-peak .legend')
    .getByText(/^placed \d+$/)
    .waitFor()

  const dispatcher = page.getByRole('region', { name: 'Dispatcher' })
  await dispatcher.getByText('c-6f1e2b-03').waitFor()
  assert.equal(await dispatcher.locator('[aria-current]').textContent(), 'Ruin and recreate')
  const riders = page.getByRole('row', { name: /^riders 4,680 2 6.4 ms 9$/ })
  await riders.waitFor()
  await page.locator('.map-ground img.there').first().waitFor()
  assert.deepEqual(complaints, [])
  assert.deepEqual([...origins], [new URL(server.url).origin])
})

test('what changes is seen: load that falls on the ladder, a dispatcher that is gone, a map that does not answer', {
  skip,
}, async () => {
  const there = await visit('operations', DESKTOP)
  const { page, server } = there
  await enter(there)
  const dispatcher = page.getByRole('region', { name: 'Dispatcher' })
  await dispatcher.waitFor()
  Object.assign(server.city.overview.dispatcher, {
    effort: 'matching',
    owner: null,
    token: 8,
    map: 'own, as amap does not answer',
  })
  await dispatcher.locator('[aria-current]', { hasText: 'Matching' }).waitFor()
  await dispatcher.getByText('Nobody dispatches').waitFor()
  await dispatcher.getByText('own map: AMap does not answer').waitFor()
})

test('a waiting order is chosen and shown; reports are had when asked for', { skip }, async () => {
  const there = await visit('operations', DESKTOP)
  const { page, server } = there
  orders(there, 3)
  await enter(there)
  await page.getByRole('button', { name: /#100001/ }).click()
  await page.getByRole('region', { name: '#100001' }).getByText('1 Fuzhou Road').waitFor()
  await page.locator('.marker-home').waitFor()
  await page.getByRole('button', { name: 'Close' }).click()
  await page.locator('.marker-home').waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'By hour' }).click()
  await page.getByRole('row', { name: /^12:00 410 0.96/ }).waitFor()
  await page.getByRole('button', { name: 'By rider' }).click()
  await page.getByText('Nothing was ridden in that time.').waitFor()
  server.broken.add('reports')
  await page.getByRole('button', { name: 'By shop' }).click()
  await page.getByRole('region', { name: 'Reports' }).getByText('The system is busy').waitFor()
})

test('figures that cannot be had anew stay, and are said to be old', { skip }, async () => {
  const there = await visit('operations', DESKTOP)
  const { page, server } = there
  await enter(there)
  await page.getByText('Riders on duty').waitFor()
  server.broken.add('overview')
  await page.getByText('These figures are not the newest').waitFor()
  await page.getByText('Riders on duty').waitFor()
  server.broken.delete('overview')
  await page.getByText('These figures are not the newest').waitFor({ state: 'detached' })
})

test('a quiet city has no figures that mean nothing', { skip }, async () => {
  const there = await visit('operations', DESKTOP)
  const { overview } = there.server.city
  overview.deliveredLastHour = 0
  overview.onTimeShare = 1
  overview.perMinute = []
  delete overview.functions
  await enter(there)
  await there.page.getByText('Riders on duty').waitFor()
  assert.equal(await figure(there, 'On time').textContent(), '–')
  assert.equal(await figure(there, 'Click to door, mean').textContent(), '–')
  await there.page.getByText('The picture begins with the second minute').waitFor()
  await there.page.getByText('does not tell how much its functions').waitFor()
  await there.page.getByText('No order waits for a rider.').waitFor()
})
