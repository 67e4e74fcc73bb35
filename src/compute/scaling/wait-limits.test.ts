import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { waitedTooLong } from './wait-limits.ts'

test('exactly those who have waited for too long are refused, and it is known when the next one is', () => {
  const times = fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { maxLength: 30 })
  fc.assert(
    fc.property(times, fc.nat(500), (unordered, waitMaxMs) => {
      const limits = { waitingMax: 30, waitMaxMs }
      const sinceMs = unordered.sort((a, b) => a - b)
      const nowMs = 1000
      const { count, nextInMs } = waitedTooLong(sinceMs, nowMs, limits)
      for (const [index, ms] of sinceMs.entries()) assert.equal(nowMs - ms >= waitMaxMs, index < count)
      assert.equal(nextInMs === undefined, count === sinceMs.length)
      if (nextInMs === undefined) return
      assert.ok(nextInMs >= 1)
      assert.ok(waitedTooLong(sinceMs, nowMs + nextInMs, limits).count > count)
    }),
  )
})
