import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { effortOf, efforts, type Ladder, type Load, nextStep, topOfLadder } from './ladder.ts'

const options = { tickMs: 1000, backlog: 500, calmTicks: 5 }
const calm: Load = { tookMs: 100, backlog: 10 }
const busy: Load = { tookMs: 800, backlog: 10 }
const over: Load = { tookMs: 1500, backlog: 10 }

const after = (from: Ladder, ...loads: Load[]): Ladder =>
  loads.reduce((ladder, load) => nextStep(ladder, load, options), from)
const times = (count: number, load: Load): Load[] => Array.from({ length: count }, () => load)

describe('the ladder', () => {
  it('takes a step down when a tick took too long or too much waits, and two when it was by far', () => {
    assert.equal(effortOf(topOfLadder), 'ruin-and-recreate')
    assert.equal(effortOf(after(topOfLadder, over)), 'few-ruins')
    assert.equal(effortOf(after(topOfLadder, { tookMs: 10, backlog: 501 })), 'few-ruins')
    assert.equal(effortOf(after(topOfLadder, { tookMs: 10, backlog: 5000 })), 'insertion')
    assert.equal(effortOf(after(topOfLadder, ...times(20, over))), 'nearest')
  })

  it('goes up only after so many ticks with room one after the other, a step at a time', () => {
    const low = after(topOfLadder, over, over)
    assert.equal(after(low, ...times(4, calm)).step, 2)
    assert.equal(after(low, ...times(5, calm)).step, 1)
    assert.equal(after(low, ...times(4, calm), busy, ...times(4, calm)).step, 2)
    assert.equal(after(low, ...times(10, calm)).step, 0)
  })

  it('stays where it is while there is neither too much nor room', () => {
    const low = after(topOfLadder, over)
    assert.equal(after(low, ...times(100, busy)).step, 1)
  })

  it('never leaves its steps, and is never changed twice within the calm ticks but for more load', () => {
    const load = fc.record({ tookMs: fc.nat({ max: 5000 }), backlog: fc.nat({ max: 3000 }) })
    fc.assert(
      fc.property(fc.array(load, { maxLength: 100 }), (loads) => {
        let ladder = topOfLadder
        let sinceStep = Number.POSITIVE_INFINITY
        for (const one of loads) {
          const next = nextStep(ladder, one, options)
          assert.ok(effortOf(next) !== undefined && efforts.includes(effortOf(next)))
          if (next.step < ladder.step) assert.ok(sinceStep >= options.calmTicks - 1)
          sinceStep = next.step === ladder.step ? sinceStep + 1 : 0
          ladder = next
        }
      }),
    )
  })
})
