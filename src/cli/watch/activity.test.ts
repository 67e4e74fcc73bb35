import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { activity, quantileMs } from './activity.ts'
import { fitted, harmless } from './words.ts'

const counted = (succeeded: number) => ({
  functionName: 'f',
  outcomes: { succeeded },
  duration: { buckets: [succeeded, 0], sum: 0, count: succeeded },
})
const at = (atMs: number, succeeded: number, uptimeSeconds = atMs / 1000) => ({
  atMs,
  uptimeSeconds,
  durationBoundsSeconds: [1],
  functions: [counted(succeeded)],
})

test('rates are by the time of the platform, whatever the time between two answers', () => {
  assert.equal(activity(at(4000, 30), at(2000, 10))[0]!.calls, 10)
})

test('a platform that was started anew, and a function that was made anew, count from nothing', () => {
  assert.equal(activity(at(500, 3), at(9000, 1000))[0]!.calls, 3)
  assert.equal(activity(at(3000, 3), at(2000, 1000))[0]!.calls, 3)
})

test('an answer without any of it shows nothing, and is no failure', () => {
  assert.deepEqual(activity({}), [])
  const [only] = activity({ instances: [{ functionName: 'f', state: 'idle' }] })
  assert.deepEqual([only?.calls, only?.p95Ms, only?.instancesInAll], [0, undefined, 1])
})

test('a quantile is within the bucket that has it, and grows with the share', () => {
  const bounds = [0.001, 0.01, 0.1, 1]
  fc.assert(
    fc.property(
      fc.array(fc.nat(1000), { minLength: 5, maxLength: 5 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (buckets, share) => {
        const count = buckets.reduce((a, b) => a + b)
        const ms = quantileMs(buckets, bounds, share)
        if (count === 0) return assert.equal(ms, undefined)
        assert.ok(ms! > 0 && ms! <= 1000)
        assert.ok(quantileMs(buckets, bounds, share / 2)! <= ms! + 1e-9)
      },
    ),
  )
})

test('a name fills its column, and no more, and holds nothing that a terminal obeys', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), fc.integer({ min: 2, max: 40 }), (text, width) => {
      const cell = fitted(text, width)
      assert.equal(cell.length, width)
      assert.doesNotMatch(cell, /[\0-\x1f\x7f-\x9f]/)
    }),
  )
  assert.equal(harmless('a\u001b[2Jb'), 'a?[2Jb')
  assert.equal(fitted('payments-service-production', 16), 'payments-s~ction')
})
