import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, skip, type Visit, visitors } from './chromium.fixture.ts'

const { visit, join } = visitors()
const PAGES = ['', 'merchant', 'rider', 'operations']

/** What has no name for those who do not see it. */
const nameless = ({ page }: Visit): Promise<string[]> =>
  page.evaluate(() => {
    const named = (element: Element): boolean => {
      const labelledBy = element.getAttribute('aria-labelledby')
      const label = labelledBy
        ? document.getElementById(labelledBy)?.textContent
        : element.getAttribute('aria-label')
      const own = element.matches('button, a') ? element.textContent : element.closest('label')?.textContent
      return (label ?? own ?? '').trim() !== ''
    }
    const things = document.querySelectorAll(
      'button, a, input, select, section, nav, [role=region], [role=img], [tabindex="0"]',
    )
    return [...things].filter((element) => !named(element)).map((element) => element.outerHTML.slice(0, 120))
  })

for (const path of PAGES) {
  test(`/${path} fits a narrow phone, in both languages, and everything has a name`, { skip }, async () => {
    const english = await visit(path, { viewport: { width: 320, height: 640 } })
    const chinese = await join(english, path, {
      viewport: { width: 320, height: 640 },
      locale: 'zh-CN',
      colorScheme: 'dark',
    })
    for (const there of [english, chinese]) {
      await enter(there)
      await there.page.locator('main .map-box, main .board, main .shop').first().waitFor()
      const widthPx = await there.page.evaluate(() => document.documentElement.scrollWidth)
      assert.ok(widthPx <= 320, `${widthPx} px wide`)
      assert.deepEqual(await nameless(there), [])
      assert.deepEqual(there.complaints, [])
    }
    assert.equal(await english.page.evaluate(() => document.documentElement.lang), 'en')
    assert.equal(await chinese.page.evaluate(() => document.documentElement.lang), 'zh-CN')
    const ground = (there: Visit) =>
      there.page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    assert.notEqual(await ground(english), await ground(chinese), 'light and dark differ')
  })
}

test('the language is changed at once and stays changed', { skip }, async () => {
  const there = await visit('')
  const { page } = there
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('button', { name: '继续' }).waitFor()
  await page.reload()
  await page.getByRole('button', { name: '继续' }).waitFor()
  await page.getByRole('button', { name: 'English' }).click()
  await page.getByRole('button', { name: 'Go on' }).waitFor()
})

test('colours follow the button', { skip }, async () => {
  const { page } = await visit('')
  const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)
  assert.equal(await scheme(), 'light')
  await page.getByRole('button', { name: 'Colours: as the system' }).click()
  await page.getByRole('button', { name: 'Colours: light' }).click()
  await page.getByRole('button', { name: 'Colours: dark' }).waitFor()
  assert.equal(await scheme(), 'dark')
})

test('without pushes the page says so, and sees changes all the same', { skip }, async () => {
  const there = await visit('merchant')
  const { page, server } = there
  server.broken.add('push')
  await enter(there)
  await page.getByText('looks for changes every three seconds').waitFor()
  const { city } = server
  const lines = [{ name: city.shops[0]!.menu[0]!.name, count: 1 }]
  const body = { merchantId: 'm-noodle', lines, dropoff: { lng: 121.47, lat: 31.23 }, dropoffAddress: 'here' }
  city.change(city.place('c', 'k', body), { state: 'PAID' })
  await page.getByRole('button', { name: 'Accept' }).waitFor()
  server.broken.delete('push')
  await page.getByText('live', { exact: true }).waitFor()
})

test('what happened while a stream was interrupted is told when it goes on', { skip }, async () => {
  const there = await visit('merchant')
  const { page, server } = there
  await enter(there)
  await page.getByText('live', { exact: true }).waitFor()
  await page.route('**/orders?state=open', (route) => route.abort())
  const { city } = server
  const lines = [{ name: city.shops[0]!.menu[0]!.name, count: 1 }]
  const body = { merchantId: 'm-noodle', lines, dropoff: { lng: 121.47, lat: 31.23 }, dropoffAddress: 'here' }
  const first = city.change(city.place('c', 'k1', body), { state: 'PAID' })
  await page.getByText(`#${first.orderId.slice(-6)}`).waitFor()
  server.dropStreams()
  const second = city.change(city.place('c', 'k2', body), { state: 'PAID' })
  await page.getByText(`#${second.orderId.slice(-6)}`).waitFor()
})

test('offline it says so, and goes on by itself', { skip }, async () => {
  const there = await visit('')
  const { page } = there
  await enter(there)
  await page.getByText('live', { exact: true }).waitFor()
  await page.context().setOffline(true)
  there.server.dropStreams()
  await page.getByText('No connection.').waitFor()
  await page.context().setOffline(false)
  await page.getByText('live', { exact: true }).waitFor()
})

test('when the session ends, one is asked to sign in again', { skip }, async () => {
  const there = await visit('operations')
  await enter(there)
  await there.page.getByText('Riders on duty').waitFor()
  there.server.revoke()
  await there.page.getByText('Your session has ended').waitFor()
  await enter(there)
  await there.page.getByText('Riders on duty').waitFor()
})

test('a session lasts over a reload, and ends when one signs out', { skip }, async () => {
  const there = await visit('')
  const { page } = there
  await enter(there)
  await page.reload()
  await page.getByRole('heading', { name: 'Shops' }).waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Go on' }).waitFor()
  await page.reload()
  await page.getByRole('button', { name: 'Go on' }).waitFor()
})

test('where it is no demonstration, a token is asked for, and does', { skip }, async () => {
  const there = await visit('operations')
  const { page, server } = there
  server.hasDemo = false
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByText('This installation is not a demonstration').waitFor()
  await page.getByLabel('Token').fill(Buffer.from('operations|o-1|1').toString('base64url'))
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByText('Riders on duty').waitFor()
})

test('a map whose tiles and ways do not come is a map all the same, and says so', { skip }, async () => {
  const there = await visit('operations')
  there.server.broken.add('map')
  await enter(there)
  await there.page.getByText('Streets could not be loaded').waitFor()
})

test('a page speaks to nobody that its policy does not name', { skip }, async () => {
  const { page, server } = await visit('')
  const outcome = await page.evaluate(async () => {
    const refused = (work: Promise<unknown>) =>
      work.then(
        () => 'reached',
        () => 'refused',
      )
    const script = document.createElement('script')
    script.textContent = 'window.taken = true'
    document.body.append(script)
    return {
      fetch: await refused(fetch('http://127.0.0.1:1/')),
      inline: 'taken' in window,
    }
  })
  assert.deepEqual(outcome, { fetch: 'refused', inline: false })
  assert.ok(!server.requests.some((request) => request.includes(':1/')))
})
