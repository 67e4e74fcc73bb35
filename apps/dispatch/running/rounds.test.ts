/** Thousands of worlds (worlds.testing.ts; ten thousand by DISPATCH_ROUNDS), on a thread of their own: there the test runner does not follow every promise, which would take most of the time. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

const rounds = Number(process.env['DISPATCH_ROUNDS'] ?? 2_000)
const firstSeed = Number(process.env['DISPATCH_SEED'] ?? 1)

// Ten thousand take three quarters of a minute of one core, which others may be using.
const timeout = 600_000

test(`${rounds} worlds: no order with two riders, none lost, none without an end, no vehicle overfull`, {
  timeout,
}, async (t) => {
  const thread = new Worker(new URL('./rounds.testing.ts', import.meta.url), {
    workerData: { rounds, firstSeed },
  })
  const [{ seen, failure }] = await once(thread, 'message')
  await thread.terminate()
  assert.equal(failure, undefined)
  t.diagnostic(`seeds from ${firstSeed}: ${JSON.stringify(seen)}`)
  if (rounds < 1000) return
  for (const [what, count] of Object.entries(seen)) assert.ok(Number(count) > 0, `there was no ${what}`)
})
