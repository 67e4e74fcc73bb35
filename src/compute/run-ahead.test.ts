import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RunAhead } from './run-ahead.ts'

const learnt = (...servicesMs: number[]): RunAhead => {
  const ahead = new RunAhead()
  for (const serviceMs of servicesMs) ahead.note(serviceMs)
  return ahead
}

test('nothing is sent ahead of what is not known, and of what takes a millisecond or more', () => {
  assert.equal(learnt().depth(0), 0)
  assert.equal(learnt(1.1).depth(0), 0)
  assert.equal(learnt(0.5).depth(0), 2)
  assert.equal(learnt(0.001).depth(0), 63)
})

test('quick calls are believed at once, slow ones by and by', () => {
  assert.ok(learnt(4, 0.1, 0.1, 0.1, 0.1, 0.1).depth(0) >= 3)
  assert.ok(learnt(0.1, 50, 50).depth(0) >= 9)
  assert.equal(learnt(0.1, ...Array(60).fill(50)).depth(0), 0)
})

test('a call that held up others stops it for a while, and for longer when it happens again', () => {
  const ahead = learnt(0.1)
  const pauseAfter = (nowMs: number): number => {
    ahead.stalled(nowMs)
    ahead.misjudged(nowMs)
    let untilMs = nowMs
    while (ahead.depth(untilMs) === 0) untilMs++
    return untilMs - nowMs
  }
  let nowMs = 0
  const pauses: number[] = []
  for (let round = 0; round < 10; round++) {
    pauses.push(pauseAfter(nowMs))
    nowMs += pauses.at(-1)! + 1
  }
  assert.deepEqual(
    pauses,
    [...pauses].sort((a, b) => a - b),
  )
  assert.equal(pauses.at(-1), 5000)
  assert.ok(pauseAfter(nowMs + 60_000) <= 50)
})

test('a stall by itself stops it for a moment only', () => {
  const ahead = learnt(0.1)
  for (let nowMs = 0; nowMs < 1000; nowMs += 100) {
    ahead.stalled(nowMs)
    assert.equal(ahead.depth(nowMs + 49), 0)
    assert.ok(ahead.depth(nowMs + 51) > 0)
  }
})

test('what was sent ahead is a millisecond of work at most, by what is known, and never beyond the bound', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1 }), (services) => {
      const depth = learnt(...services).depth(0)
      assert.ok(Number.isInteger(depth) && depth >= 0 && depth <= 63)
      assert.ok(depth * Math.min(...services) <= 1)
    }),
  )
})
