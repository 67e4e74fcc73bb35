import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { seeded } from '../dispatcher/chance.ts'
import { efforts } from '../dispatcher/ladder.ts'
import { violations } from './check.ts'
import { byId, day } from './day.fixture.ts'
import type { Instance } from './instance.ts'
import { measure } from './measures.ts'
import { replay } from './replay.ts'

const options = (effort: (typeof efforts)[number] = 'ruin-and-recreate', seed = 1) => ({
  effort,
  ruins: 10,
  random: seeded(seed),
})

describe('replay', () => {
  it('does what the rules allow, with every effort', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(...efforts),
        fc.integer({ min: 1, max: 8 }),
        (seed, effort, couriers) => {
          const instance = day({ seed, orders: 40, couriers })
          const solution = replay(instance, options(effort, seed))
          assert.deepEqual(violations(instance, solution), [])
        },
      ),
      { numRuns: 15 },
    )
  })

  it('does what the rules allow where it is only told how long a restaurant mostly takes', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 8 }),
        fc.nat({ max: 10 }),
        (seed, couriers, earlyMinutes) => {
          const instance = day({ seed, orders: 40, couriers })
          const planner = { earlyMs: earlyMinutes * 60_000 }
          const solution = replay(instance, { ...options(), preparation: 'estimated', planner })
          assert.deepEqual(violations(instance, solution), [])
          assert.ok(measure(instance, solution).undeliveredPercent < 100)
        },
      ),
      { numRuns: 8 },
    )
  })

  it('does the same with the same seed', () => {
    const instance = day({ seed: 4, orders: 60, couriers: 8 })
    assert.deepEqual(replay(instance, options()), replay(instance, options()))
  })

  it('knows nothing of an order before it is placed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 30, max: 200 }), (seed, at) => {
        const instance = day({ seed, orders: 60, couriers: 8 })
        // What is placed from then on is of other restaurants, to other doors, or not there at all.
        const later = [...instance.orders.values()].flatMap((order, index) => {
          if (order.placedAt < at) return [order]
          return index % 2 === 0
            ? []
            : [{ ...order, restaurant: 'r0', x: 1, y: 2, readyAt: order.readyAt + 9 }]
        })
        const other: Instance = { ...instance, orders: byId(later) }
        const early = (one: Instance) =>
          replay(one, options()).assignments.filter(({ assignedAt }) => assignedAt < at)
        assert.deepEqual(early(other), early(instance))
      }),
      { numRuns: 6 },
    )
  })

  it('thinks to some purpose: meals are sooner at their doors than with the nearest rider', () => {
    const mean = (effort: (typeof efforts)[number]): number => {
      const days = [1, 2].map((seed) => day({ seed, orders: 120, couriers: 10 }))
      const all = days.map((one) => measure(one, replay(one, options(effort))).clickToDoorMean)
      return all.reduce((sum, one) => sum + one, 0)
    }
    assert.ok(mean('ruin-and-recreate') < mean('nearest'))
  })

  it('leaves undelivered what nobody can fetch before the end of a shift', () => {
    const instance = day({ seed: 2, orders: 20, couriers: 2, untilAt: 600 })
    const solution = replay(instance, options())
    assert.deepEqual(violations(instance, solution), [])
    const { undeliveredPercent } = measure(instance, solution)
    assert.ok(undeliveredPercent > 0 && undeliveredPercent < 100, String(undeliveredPercent))
  })
})
