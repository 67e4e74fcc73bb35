import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../lib/clock.ts'
import { Deadlines } from './deadlines.ts'

test('what is not lifted in time expires when it is due, once, and nothing else does', () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 40 }),
    limitMs: fc.constantFrom(10, 25, 100),
    liftAfterMs: fc.option(fc.integer({ min: 0, max: 120 })),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = new ManualClock()
      const expired = new Map<number, number>()
      const deadlines = new Deadlines<number>(clock, (what) => {
        assert.ok(!expired.has(what))
        expired.set(what, clock.monotonicMs())
      })
      const expected = new Map<number, number>()
      for (const [what, { waitMs, limitMs, liftAfterMs }] of steps.entries()) {
        clock.advance(waitMs)
        deadlines.set(what, limitMs)
        if (liftAfterMs === null || liftAfterMs > limitMs) expected.set(what, clock.monotonicMs() + limitMs)
        if (liftAfterMs !== null && liftAfterMs !== limitMs)
          clock.after(liftAfterMs, () => deadlines.lift(what, limitMs))
        if (liftAfterMs === limitMs) deadlines.lift(what, limitMs)
      }
      clock.advance(1000)
      assert.deepEqual(expired, expected)
      assert.equal(clock.pendingTimers, 0)
    }),
  )
})

test('there is one timer for all limits of one length', () => {
  const clock = new ManualClock()
  const deadlines = new Deadlines<number>(clock, () => {})
  for (let what = 0; what < 100; what++) {
    clock.advance(1)
    deadlines.set(what, 3000)
  }
  assert.equal(clock.pendingTimers, 1)
  deadlines.close()
  assert.equal(clock.pendingTimers, 0)
})
