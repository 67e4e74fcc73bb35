import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { refusesInstance, type Use } from './capacity.ts'
import { addInstance, fullGrowth, growthSettings, removeInstance } from './growth-limit.ts'

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ is: fc.constant('add' as const) }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('remove' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 90_000 }) }),
  },
)

test('by default 300 instances come at once, then five a second', () => {
  let growth = fullGrowth(growthSettings, 0)
  for (let count = 0; count < 300; count++) growth = addInstance(growth, 0, growthSettings)!
  assert.equal(addInstance(growth, 199, growthSettings), undefined)
  const next = addInstance(growth, 200, growthSettings)
  assert.ok(next)
  assert.equal(addInstance(next, 399, growthSettings), undefined)
  assert.ok(addInstance(removeInstance(next, 399, growthSettings), 399, growthSettings))
})

test('between any two moments the number grows by no more than the burst and what the time between them allows', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 0, max: 60 }),
      (steps, burstMax, perMinute) => {
        const settings = { burstMax, perMinute }
        let [nowMs, count] = [0, 0]
        let growth = fullGrowth(settings, nowMs)
        const seen = [{ nowMs, count }]
        for (const happens of steps) {
          if (happens.is === 'pass') nowMs += happens.ms
          else if (happens.is === 'remove' && count > 0) {
            growth = removeInstance(growth, nowMs, settings)
            count--
          } else if (happens.is === 'add') {
            const after = addInstance(growth, nowMs, settings)
            if (after) count++
            growth = after ?? growth
          }
          for (const before of seen) {
            const allowed = burstMax + ((nowMs - before.nowMs) * perMinute) / 60_000
            assert.ok(count - before.count <= allowed + 1e-6)
          }
          seen.push({ nowMs, count })
        }
      },
    ),
  )
})

test('a clock that stands still or is read out of order gives nothing away', () => {
  const settings = { burstMax: 1, perMinute: 60 }
  const used = addInstance(fullGrowth(settings, 5000), 5000, settings)!
  assert.equal(addInstance(used, 4000, settings), undefined)
  assert.equal(addInstance(removeInstance(used, 1000, settings), 1000, settings)?.atMs, 5000)
  assert.equal(addInstance(used, 5999, settings), undefined)
})

/** Functions that start and end instances in any order, some with reserved concurrency. */
const world = fc.record({
  accountMax: fc.integer({ min: 0, max: 12 }),
  reserved: fc.array(fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }), {
    minLength: 1,
    maxLength: 5,
  }),
  steps: fc.array(fc.record({ at: fc.nat(4), ends: fc.boolean() }), { maxLength: 80 }),
})

function useOf(
  counts: readonly number[],
  reserved: readonly (number | undefined)[],
  at: number,
  accountMax: number,
): Use {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  return {
    ofAccount: sum(counts),
    accountMax,
    ofFunction: counts[at]!,
    reserved: reserved[at],
    ofUnreserved: sum(counts.filter((_, index) => reserved[index] === undefined)),
    reservedOfAll: sum(reserved.map((number) => number ?? 0)),
  }
}

test('no order of starts and ends exceeds a limit, and what is reserved is always there', () => {
  fc.assert(
    fc.property(world, ({ accountMax, reserved, steps }) => {
      const counts = reserved.map(() => 0)
      const reservedOfAll = reserved.reduce<number>((total, number) => total + (number ?? 0), 0)
      for (const { at, ends } of steps) {
        const index = at % counts.length
        if (ends) counts[index] = Math.max(0, counts[index]! - 1)
        else if (refusesInstance(useOf(counts, reserved, index, accountMax)) === undefined) counts[index]!++
        assert.ok(counts.reduce((total, count) => total + count, 0) <= accountMax)
        for (const [of, count] of counts.entries()) {
          const own = reserved[of]
          if (own === undefined) continue
          assert.ok(count <= own)
          const refusal = refusesInstance(useOf(counts, reserved, of, accountMax))
          if (reservedOfAll <= accountMax && count < own) assert.equal(refusal, undefined)
        }
      }
    }),
  )
})

test('an instance is refused for the limit that it meets', () => {
  const use: Use = {
    ofAccount: 5,
    accountMax: 10,
    ofFunction: 2,
    reserved: undefined,
    ofUnreserved: 5,
    reservedOfAll: 0,
  }
  assert.equal(refusesInstance(use), undefined)
  assert.equal(refusesInstance({ ...use, reservedOfAll: 5 }), 'unreserved')
  assert.equal(refusesInstance({ ...use, accountMax: 5 }), 'account')
  assert.equal(refusesInstance({ ...use, reserved: 2 }), 'function')
  assert.equal(refusesInstance({ ...use, reserved: 0, ofFunction: 0 }), 'function')
})
