import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { instancesToStart, refuseInstance, worthWaiting } from './admission.ts'

const count = fc.nat({ max: 1000 })

test('an instance is never added at or beyond a limit, and always below it', () => {
  fc.assert(
    fc.property(
      count,
      count,
      count,
      fc.option(count, { nil: undefined }),
      (ofAccount, accountMax, ofFunction, functionMax) => {
        const refused = refuseInstance({ ofAccount, accountMax, ofFunction, functionMax }) !== undefined
        assert.equal(refused, functionMax === undefined ? ofAccount >= accountMax : ofFunction >= functionMax)
      },
    ),
  )
})

test('as many instances are started as those who wait need, and no more', () => {
  fc.assert(
    fc.property(
      count,
      count,
      fc.integer({ min: 1, max: 200 }),
      (waiting, starting, concurrencyPerInstance) => {
        const slots =
          (instancesToStart({ waiting, starting, concurrencyPerInstance }) + starting) *
          concurrencyPerInstance
        assert.ok(slots >= waiting)
        if (starting * concurrencyPerInstance < waiting) assert.ok(slots - concurrencyPerInstance < waiting)
      },
    ),
  )
})

test('waiting is worth it only where slots come free within the patience, and never without an instance', () => {
  const short = { meanServiceMs: 0.1, meanReleaseIntervalMs: undefined, patienceMs: 4 }
  assert.equal(worthWaiting({ ...short, waiting: 1, slots: 0 }), false)
  assert.equal(worthWaiting({ ...short, waiting: 1, slots: 1, meanServiceMs: undefined }), false)
  assert.equal(worthWaiting({ ...short, waiting: 10, slots: 1 }), true)
  assert.equal(worthWaiting({ ...short, waiting: 1, slots: 8, meanServiceMs: 500 }), false)
  // Many instances share two processors: each call takes long, but slots come free one after the other.
  assert.equal(
    worthWaiting({ waiting: 20, slots: 40, meanServiceMs: 40, meanReleaseIntervalMs: 0.1, patienceMs: 4 }),
    true,
  )
})
