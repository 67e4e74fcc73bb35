import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Action } from '../core/actions.ts'
import { hourMs } from '../core/demand.ts'
import type { Misbehaviour } from '../core/fake-platform.fixture.ts'
import { createFigures } from '../core/figures.ts'
import { usualHabits } from '../core/habits.ts'
import { seeded } from '../core/random.ts'
import { makeShops } from '../core/shops.ts'
import { straightRoads } from '../core/straight-roads.fixture.ts'
import { liveVirtually } from '../core/virtually.ts'
import { createWorld } from '../core/world.ts'
import { startFakeGateway, type Weather } from './fake-gateway.fixture.ts'
import { createGateway } from './gateway.ts'
import { createHttpClient } from './http-client.ts'

const app = { appKey: 'key', appSecret: 'secret' }
const fromMs = 12 * hourMs
const forMs = 10 * 60_000
const epochMs = 1_800_000_000_000
const dispatchEveryMs = 10_000

/** Ten minutes of noon in the city's own time, through HTTP. */
async function live({ weather = {}, misbehaviour = {} }: { weather?: Weather; misbehaviour?: Misbehaviour }) {
  const random = seeded('gateway')
  const roads = straightRoads(random.fork('roads'), 60)
  const shops = makeShops({ count: 3, random: random.fork('shops'), roads })
  let nowMs = fromMs
  const clock = () => epochMs + nowMs
  const fake = await startFakeGateway({ app, shops, nowMs: clock, weather, misbehaviour })
  const http = createHttpClient({ connections: 4, timeoutMs: 30_000 })
  try {
    const gateway = createGateway({
      url: fake.url,
      app,
      http,
      times: { pace: 1, nowMs: clock, cityNowMs: () => nowMs },
      pause: async () => {},
      monotonicMs: () => 0,
      chance: () => 0,
    })
    const figures = createFigures()
    const usual = usualHabits({ pace: 1 })
    const world = createWorld({
      roads,
      shops: await gateway.shops(),
      random,
      // Fewer looks and reports are the same day in fewer calls.
      habits: {
        ...usual,
        merchant: { ...usual.merchant, looksEveryMs: 60_000 },
        rider: { ...usual.rider, reportsEveryMs: [40_000, 50_000], looksEveryMs: 60_000 },
      },
      demand: { ordersPerHour: 30, peak: 3 },
      riders: 8,
      customers: 20,
      run: 'run',
      fromMs,
      untilMs: fromMs + forMs,
      happened: figures.happened,
    })
    let dispatchedAtMs = fromMs
    const outcome = await liveVirtually({
      world,
      served: {
        perform: (action: Action) => gateway.perform(action),
        nextAtMs: () => dispatchedAtMs + dispatchEveryMs,
        async run(atMs) {
          if (atMs < dispatchedAtMs + dispatchEveryMs) return
          dispatchedAtMs = atMs
          fake.platform.dispatch()
        },
      },
      fromMs,
      untilMs: fromMs + hourMs,
      setNow: (atMs) => {
        nowMs = atMs
      },
    })
    world.close({ isLast: true })
    return { world, figures, gateway, fake, outcome }
  } finally {
    http.close()
    await fake.close()
  }
}

test('the city lives through HTTP: sessions, orders, rides and photos', async () => {
  const { world, figures, gateway, fake, outcome } = await live({})
  assert.equal(outcome.isOver, true)
  assert.deepEqual(world.audit.findings, [])
  assert.ok(figures.ended.DELIVERED > 3)
  assert.ok(fake.photos.size >= figures.ended.DELIVERED)
  assert.ok(gateway.figures.get('place')!.ms.count >= figures.placed)
})

test('lost answers, busy answers and tokens that ended change nothing but the number of attempts', async () => {
  const { world, figures, gateway, fake, outcome } = await live({
    weather: { losesAnswersEvery: 7, busyEvery: 5, expiresEvery: 3 },
  })
  assert.equal(outcome.isOver, true)
  assert.deepEqual(world.audit.findings, [])
  assert.equal(fake.platform.orders.size, figures.placed, 'no order was placed twice, or not at all')
  assert.ok(fake.seen.lost > 0 && fake.seen.busy > 0 && fake.seen.expired > 0)
  const repeated = [...gateway.figures.values()].reduce((sum, of) => sum + of.repeated, 0)
  assert.ok(repeated > 0)
})

test('a platform that forgets keys places orders twice when an answer is lost, and is found out', async () => {
  const { world } = await live({ weather: { losesAnswersEvery: 7 }, misbehaviour: { forgetsKeys: true } })
  assert.ok(world.audit.counts().doubled > 0)
})

test('a platform that gives an order to two riders is found out', async () => {
  const { world } = await live({ misbehaviour: { doublesEvery: 2 } })
  assert.ok(world.audit.counts().doubled > 0)
})
