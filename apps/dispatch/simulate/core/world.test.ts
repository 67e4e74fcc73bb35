import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Action } from './actions.ts'
import { hourMs } from './demand.ts'
import { createFakePlatform, type Misbehaviour } from './fake-platform.fixture.ts'
import { createFigures } from './figures.ts'
import { type Habits, usualHabits } from './habits.ts'
import { seeded } from './random.ts'
import { makeShops } from './shops.ts'
import { straightRoads } from './straight-roads.fixture.ts'
import { liveVirtually } from './virtually.ts'
import { createWorld } from './world.ts'

const minuteMs = 60_000
const dispatchEveryMs = 10_000

async function live(
  seed: string,
  {
    misbehaviour = {},
    habits = {},
    riders = 20,
    ordersPerHour = 60,
    fromMs = 12 * hourMs,
    forMs = 20 * minuteMs,
  }: {
    misbehaviour?: Misbehaviour
    habits?: { rider?: Partial<Habits['rider']> }
    riders?: number
    ordersPerHour?: number
    fromMs?: number
    forMs?: number
  } = {},
) {
  const random = seeded(seed)
  const roads = straightRoads(random.fork('roads'), 80)
  const shops = makeShops({ count: 12, random: random.fork('shops'), roads })
  const figures = createFigures()
  const usual = usualHabits({ pace: 1 })
  // Who reports less often has the same day with fewer actions.
  const reportsEveryMs: [number, number] = [15_000, 25_000]
  const world = createWorld({
    roads,
    shops,
    random,
    habits: {
      ...usual,
      merchant: { ...usual.merchant, looksEveryMs: 30_000 },
      rider: { ...usual.rider, reportsEveryMs, ...habits.rider },
    },
    demand: { ordersPerHour, peak: 3 },
    riders,
    customers: 50,
    run: 'run',
    fromMs,
    untilMs: fromMs + forMs,
    happened: figures.happened,
  })
  let nowMs = fromMs
  let dispatchedAtMs = fromMs
  const platform = createFakePlatform({ nowMs: () => nowMs, shops, misbehaviour })
  platform.changed = (order) => {
    world.heard(order, { role: 'merchant', id: order.merchantId })
    for (const id of [order.riderId, ...order.refusedBy])
      if (id !== undefined) world.heard(order, { role: 'rider', id })
  }
  const actions: Action[] = []
  const outcome = await liveVirtually({
    world,
    served: {
      async perform(action) {
        actions.push(action)
        return platform.perform(action)
      },
      nextAtMs: () => dispatchedAtMs + dispatchEveryMs,
      async run(atMs) {
        if (atMs < dispatchedAtMs + dispatchEveryMs) return
        dispatchedAtMs = atMs
        platform.dispatch()
      },
    },
    fromMs,
    untilMs: fromMs + forMs + 1.5 * hourMs,
    setNow: (atMs) => (nowMs = atMs),
  })
  world.close({ isLast: true })
  return { world, figures, platform, outcome, actions }
}

test('a third of an hour at noon ends with every order delivered, cancelled or returned, and nothing to be found', async () => {
  const { world, figures, platform, outcome } = await live('noon')
  assert.equal(outcome.isOver, true)
  assert.deepEqual(world.audit.findings, [])
  assert.ok(figures.placed > 25, `${figures.placed} were placed`)
  const { DELIVERED, CANCELLED, RETURNED } = figures.ended
  assert.equal(DELIVERED + CANCELLED + RETURNED, figures.placed)
  assert.equal(figures.placed, platform.orders.size)
  assert.ok(DELIVERED > 0.9 * figures.placed)
})

test('the same seed lives the same noon again, another one another', async () => {
  const [first, again, other] = [await live('a'), await live('a'), await live('b')]
  assert.deepEqual(again.actions, first.actions)
  assert.notDeepEqual(other.actions, first.actions)
})

test('riders that go silent are replaced, and none of their orders is doubled or lost', async () => {
  const { world, figures, outcome } = await live('silent', {
    habits: { rider: { vanishesPerHour: 6, ignores: 0.2, refuses: 0.2 } },
  })
  assert.equal(outcome.isOver, true)
  assert.deepEqual(world.audit.findings, [])
  assert.ok(figures.vanished > 5 && figures.cameBack > 3)
})

test('orders of which nobody comes are open at the end, and count as lost', async () => {
  const { world, outcome } = await live('nobody', { riders: 0, forMs: 10 * minuteMs })
  assert.equal(outcome.isOver, false)
  assert.ok(world.audit.counts().lost > 0)
  assert.equal(world.audit.counts().doubled, 0)
})

test('a platform that has two riders take the same order is found out', async () => {
  const { world } = await live('doubled', { misbehaviour: { doublesEvery: 10 } })
  assert.ok(world.audit.counts().doubled > 0)
})

test('a platform that forgets orders is found out', async () => {
  const { world } = await live('lost', { misbehaviour: { losesEvery: 10 } })
  assert.ok(world.audit.counts().lost > 0)
})
