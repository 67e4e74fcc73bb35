import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hourMs } from './core/demand.ts'
import { liveOnServices } from './services.testing.ts'

function assertGood({ world, figures, services, outcome }: Awaited<ReturnType<typeof liveOnServices>>): void {
  assert.deepEqual(world.audit.findings, [])
  assert.equal(outcome.isOver, true, 'all orders have ended')
  assert.deepEqual(services.failures, [])
  const { DELIVERED, CANCELLED, RETURNED } = figures.ended
  assert.equal(DELIVERED + CANCELLED + RETURNED, figures.placed)
  assert.ok(DELIVERED > 0.9 * figures.placed, `${DELIVERED} of ${figures.placed} were delivered`)
}

test('a day of the city on services and dispatcher: every order ends, none is doubled', async (t) => {
  const lived = await liveOnServices('day', {
    fromMs: 10.5 * hourMs,
    forMs: 10.5 * hourMs,
    ordersPerHour: 4,
    riders: 6,
  })
  const { figures, services, outcome } = lived
  t.diagnostic(
    `${outcome.actions} actions, ${services.ticks} ticks, ${figures.placed} orders, ${services.offers} offers, click to door ${(figures.clickToDoorMs.mean / 60_000).toFixed(1)} min, on time ${figures.onTime}`,
  )
  t.diagnostic(JSON.stringify([...services.refused]))
  assertGood(lived)
})

test('the dispatcher is killed every few minutes at noon: the next one goes on, and nothing is doubled or lost', async () => {
  const lived = await liveOnServices('killed', {
    fromMs: 11.75 * hourMs,
    forMs: 0.5 * hourMs,
    ordersPerHour: 12,
    riders: 8,
    killsEveryMs: 180_000,
  })
  assertGood(lived)
})
