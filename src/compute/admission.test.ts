import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { callsWorthAStart, instancesToStart, patienceMs, refuseInstance } from './admission.ts'

const count = fc.nat({ max: 1000 })

test('a refusal names the limit that was reached', () => {
  const use = {
    ofAccount: 5,
    accountMax: 10,
    ofFunction: 2,
    reserved: undefined,
    ofUnreserved: 5,
    reservedOfAll: 0,
  }
  assert.equal(refuseInstance(use), undefined)
  assert.match(refuseInstance({ ...use, reserved: 2 })!, /of this function .* reserved concurrency \(2\)/)
  assert.match(refuseInstance({ ...use, accountMax: 5 })!, /of this account .* limit \(5\)/)
  assert.match(refuseInstance({ ...use, reservedOfAll: 6 })!, /not reserved .* limit \(4\)/)
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

test('calls wait where slots come free sooner than an instance would start, and never without an instance', () => {
  const short = { meanServiceMs: 0.1, meanReleaseIntervalMs: undefined, patienceMs: 4 }
  assert.equal(callsWorthAStart({ ...short, waiting: 1, slots: 0 }), 1)
  assert.equal(callsWorthAStart({ ...short, waiting: 1, slots: 1, meanServiceMs: undefined }), 1)
  assert.equal(callsWorthAStart({ ...short, waiting: 10, slots: 1 }), 0)
  assert.equal(callsWorthAStart({ ...short, waiting: 3, slots: 8, meanServiceMs: 500 }), 3)
  // Many instances share two processors: each call takes long, but slots come free one after the other.
  const shared = { slots: 40, meanServiceMs: 40, meanReleaseIntervalMs: 0.1, patienceMs: 4 }
  assert.equal(callsWorthAStart({ ...shared, waiting: 20 }), 0)
  // Only those at the end of a long queue gain by a start.
  assert.equal(callsWorthAStart({ ...shared, waiting: 60 }), 20)
})

test('never more calls are worth a start than wait, and more of them the longer the queue is', () => {
  const input = fc.record({
    slots: fc.nat({ max: 300 }),
    meanServiceMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
    meanReleaseIntervalMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
    patienceMs: fc.integer({ min: 4, max: 100 }),
  })
  fc.assert(
    fc.property(input, count, (state, waiting) => {
      const worth = callsWorthAStart({ ...state, waiting })
      assert.ok(worth >= 0 && worth <= waiting)
      assert.ok(callsWorthAStart({ ...state, waiting: waiting + 1 }) >= worth)
    }),
  )
})

test('the patience is that of a start, at least some milliseconds and never long', () => {
  assert.equal(patienceMs({ meanStartMs: undefined, processorIdleShare: 1 }), 4)
  assert.equal(patienceMs({ meanStartMs: 60, processorIdleShare: 1 }), 60)
  assert.equal(patienceMs({ meanStartMs: 10_000, processorIdleShare: 1 }), 100)
  assert.equal(patienceMs({ meanStartMs: 5, processorIdleShare: 0 }), 40)
})
