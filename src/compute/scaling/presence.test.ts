import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { presenceAt, type Quiet } from './presence.ts'

const windows = { decidedBy: 'histogram', preWarmMs: 600, keepAliveMs: 200 } as const

test('an instance is let go at once when none is needed for long, and is back in time', () => {
  const quiet: Quiet = { sinceMs: 1000, windows }
  assert.deepEqual(presenceAt(1000, quiet, 50), { wanted: false, untilMs: 1600 })
  assert.deepEqual(presenceAt(1600, quiet, 50), { wanted: true, untilMs: 1800 })
  assert.deepEqual(presenceAt(1800, quiet, 50), { wanted: false, untilMs: undefined })
})

test('just before a timer calls there is an instance, and for a while after', () => {
  const quiet: Quiet = { sinceMs: 0, windows, nextTimerMs: 5000 }
  assert.deepEqual(presenceAt(900, quiet, 50), { wanted: false, untilMs: 4950 })
  assert.deepEqual(presenceAt(5000, quiet, 50), { wanted: true, untilMs: 5050 })
  // The two times touch: nothing is let go in between.
  assert.deepEqual(presenceAt(700, { ...quiet, nextTimerMs: 850 }, 50), { wanted: true, untilMs: 900 })
})

test('between two changes nothing changes', () => {
  const ms = fc.nat(1000)
  const quiet = fc.record({
    sinceMs: ms,
    windows: fc.record({ decidedBy: fc.constant('histogram' as const), preWarmMs: ms, keepAliveMs: ms }),
    nextTimerMs: ms,
  })
  fc.assert(
    fc.property(quiet, ms, ms, ms, (state, nowMs, laterMs, leadMs) => {
      const { wanted, untilMs } = presenceAt(nowMs, state, leadMs)
      if (untilMs !== undefined) {
        assert.ok(untilMs > nowMs)
        assert.equal(presenceAt(untilMs, state, leadMs).wanted, !wanted)
      }
      const atMs = nowMs + laterMs
      if (untilMs === undefined || atMs < untilMs)
        assert.equal(presenceAt(atMs, state, leadMs).wanted, wanted)
    }),
  )
})
