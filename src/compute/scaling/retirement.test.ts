import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { KeepAliveWindows } from './keep-alive.ts'
import {
  type FunctionTrace,
  fixedKeepAlive,
  learntKeepAlive,
  simulateKeepAlive,
} from './keep-alive-simulation.testing.ts'
import { retirement } from './retirement.ts'

const minuteMs = 60_000
const early: KeepAliveWindows = { decidedBy: 'histogram', preWarmMs: 600, keepAliveMs: 200 }
const kept: KeepAliveWindows = { decidedBy: 'histogram', preWarmMs: 0, keepAliveMs: 200 }
const times = { fixedMs: 500, leadMs: 50 }

test('while calls run, what has no work is kept for the fixed time', () => {
  const idle = { ...times, sinceMs: [100, 400, 700], quiet: undefined }
  assert.deepEqual(retirement(700, idle), { retire: 1, start: false, untilMs: 900 })
  assert.deepEqual(retirement(1200, idle), { retire: 3, start: false, untilMs: undefined })
  assert.deepEqual(retirement(1200, { ...idle, sinceMs: [] }), {
    retire: 0,
    start: false,
    untilMs: undefined,
  })
})

test('when all is quiet, one instance is kept or started as it was learnt, the others no longer than that', () => {
  const quiet = { sinceMs: 1000, windows: early }
  assert.deepEqual(retirement(1000, { ...times, sinceMs: [900, 1000], quiet }), {
    retire: 2,
    start: false,
    untilMs: 1600,
  })
  assert.deepEqual(retirement(1600, { ...times, sinceMs: [], quiet }), {
    retire: 0,
    start: true,
    untilMs: 1800,
  })
  assert.deepEqual(retirement(1700, { ...times, sinceMs: [1600], quiet }), {
    retire: 0,
    start: false,
    untilMs: 1800,
  })
  const soon = { sinceMs: 1000, windows: kept }
  assert.deepEqual(retirement(1110, { ...times, sinceMs: [900, 950, 1000], quiet: soon }), {
    retire: 1,
    start: false,
    untilMs: 1150,
  })
})

const steady = (everyMs: number, count: number, durationMs = 100): FunctionTrace => ({
  calls: Array.from({ length: count }, (_, nth) => ({ atMs: nth * everyMs, durationMs })),
  memoryGb: 0.5,
  endMs: count * everyMs,
})

test('a fixed time costs what one reckons by hand', () => {
  const trace = steady(2 * minuteMs, 10, 0)
  assert.deepEqual(simulateKeepAlive(trace, fixedKeepAlive(minuteMs)), {
    calls: 10,
    coldStarts: 10,
    wastedGbSeconds: 300,
  })
  assert.deepEqual(simulateKeepAlive(trace, fixedKeepAlive(10 * minuteMs)), {
    calls: 10,
    coldStarts: 1,
    wastedGbSeconds: 600,
  })
  const together = { calls: Array(3).fill({ atMs: 0, durationMs: 1000 }), memoryGb: 1, endMs: minuteMs }
  assert.deepEqual(simulateKeepAlive(together, fixedKeepAlive(10_000)), {
    calls: 3,
    coldStarts: 3,
    wastedGbSeconds: 30,
  })
})

test('a function that is called every half hour is there when it is called, for less than ten minutes each would cost', () => {
  const trace = steady(30.5 * minuteMs, 100)
  const learnt = simulateKeepAlive(trace, learntKeepAlive())
  const fixed = simulateKeepAlive(trace, fixedKeepAlive(10 * minuteMs))
  assert.equal(fixed.coldStarts, 100)
  // Cold until there is something to learn from.
  assert.equal(learnt.coldStarts, 11)
  assert.ok(
    learnt.wastedGbSeconds < fixed.wastedGbSeconds / 2,
    `${learnt.wastedGbSeconds} of ${fixed.wastedGbSeconds}`,
  )
})

test('whatever the calls are: none is lost, longer is never colder, and nothing idles for longer than there is time', () => {
  const call = fc.record({
    gapMs: fc.double({ min: 0, max: 40 * minuteMs, noNaN: true }),
    durationMs: fc.double({ min: 0, max: 5 * minuteMs, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(call, { maxLength: 40 }), (gaps) => {
      let atMs = 0
      const calls = gaps.map(({ gapMs, durationMs }) => {
        atMs += gapMs
        return { atMs, durationMs }
      })
      const trace = { calls, memoryGb: 1, endMs: atMs + 60 * minuteMs }
      const [short, long] = [
        simulateKeepAlive(trace, fixedKeepAlive(minuteMs)),
        simulateKeepAlive(trace, fixedKeepAlive(10 * minuteMs)),
      ]
      const learnt = simulateKeepAlive(trace, learntKeepAlive())
      assert.ok(long.coldStarts <= short.coldStarts && long.wastedGbSeconds >= short.wastedGbSeconds)
      for (const cost of [short, long, learnt]) {
        assert.equal(cost.calls, calls.length)
        assert.ok(cost.coldStarts <= cost.calls && (cost.coldStarts > 0 || calls.length === 0))
        assert.ok(cost.wastedGbSeconds <= (trace.endMs / 1000) * Math.max(cost.coldStarts, 1) * 2)
      }
    }),
  )
})
