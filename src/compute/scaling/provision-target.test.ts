import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSchedule } from '../../lib/schedule-expression.ts'
import type { ProvisionPlan, ScheduledTarget, TrackingPolicy } from '../../ports/provisioning.ts'
import { type TrackingState, targetAt, track, untracked } from './provision-target.ts'
import { trackTarget } from './target-tracking.ts'

const at = (text: string): number => Date.parse(text)
const minuteMs = 60_000

const plan = (over: Partial<ProvisionPlan>): ProvisionPlan => ({
  functionName: 'f',
  qualifier: 'LATEST',
  base: 3,
  scheduled: [],
  tracking: [],
  writtenMs: at('2024-07-01T00:00:00Z'),
  alwaysAllocateCpu: true,
  ...over,
})

const action = (schedule: string, target: number): ScheduledTarget => ({
  name: schedule,
  fromMs: at('2024-08-01T02:00:00Z'),
  toMs: at('2024-08-30T02:00:00Z'),
  schedule: parseSchedule(schedule)!,
  timeZone: 'Asia/Shanghai',
  target,
})

const policy = (over: Partial<TrackingPolicy> = {}): TrackingPolicy => ({
  name: 'p',
  metric: 'concurrency',
  metricTarget: 0.6,
  min: 1,
  max: 100,
  ...over,
})

test("the vendor's example: 50 from 20:00, 10 from 22:00, and what was set at first outside the time of the policies", () => {
  const twice = plan({ scheduled: [action('cron(0 0 20 * * *)', 50), action('cron(0 0 22 * * *)', 10)] })
  const target = (text: string) => targetAt(twice, at(text), untracked)
  assert.equal(target('2024-07-31T12:00:00Z'), 3)
  // In effect from 10:00, but nothing has fired since.
  assert.equal(target('2024-08-01T11:59:59Z'), 3)
  assert.equal(target('2024-08-01T12:00:00Z'), 50)
  assert.equal(target('2024-08-01T14:00:00Z'), 10)
  assert.equal(target('2024-08-02T11:59:59Z'), 10)
  assert.equal(target('2024-08-30T02:00:00Z'), 3)
})

test('of policies of both kinds the one that asks for more counts, and of two that fire together too', () => {
  const both = plan({
    scheduled: [action('at(2024-08-02T00:00:00)', 7), action('at(2024-08-02T00:00:00)', 5)],
    tracking: [policy({ min: 9, toMs: at('2024-08-05T00:00:00Z') })],
  })
  assert.equal(targetAt(both, at('2024-08-03T00:00:00Z'), untracked), 9)
  assert.equal(targetAt(both, at('2024-08-06T00:00:00Z'), untracked), 7)
})

test('what a schedule fired before the plan was written does not count', () => {
  const late = plan({
    scheduled: [action('at(2024-08-02T00:00:00)', 7)],
    writtenMs: at('2024-08-02T00:00:00Z'),
  })
  assert.equal(targetAt(late, at('2024-08-03T00:00:00Z'), untracked), 3)
})

test('tracking scales out in proportion, in more slowly, and within its bounds', () => {
  const input = { current: 10, metricTarget: 0.6, min: 2, max: 30 }
  assert.equal(trackTarget({ ...input, metric: 0.9 }), 15)
  assert.equal(trackTarget({ ...input, metric: 0.61 }), 11)
  assert.equal(trackTarget({ ...input, metric: 0.6 }), 10)
  assert.equal(trackTarget({ ...input, metric: 0.3 }), 8)
  assert.equal(trackTarget({ ...input, metric: 0 }), 5)
  assert.equal(trackTarget({ ...input, metric: 1, current: 25 }), 30)
  assert.equal(trackTarget({ ...input, metric: 0, current: 2 }), 2)
  assert.equal(trackTarget({ ...input, metric: undefined }), 10)
  assert.equal(trackTarget({ ...input, metric: undefined, current: 0 }), 2)
})

const count = fc.nat(300)
const share = fc.double({ min: 0, max: 1, noNaN: true })

test('tracking never leaves its bounds, never scales in while more is used than wanted, nor out while less is', () => {
  const input = fc.record({
    current: count,
    metric: fc.option(share, { nil: undefined }),
    metricTarget: fc.double({ min: 0.01, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(input, count, count, (state, a, b) => {
      const [min, max] = [Math.min(a, b), Math.max(a, b)]
      const next = trackTarget({ ...state, min, max })
      assert.ok(Number.isInteger(next) && next >= min && next <= max)
      const { current, metric, metricTarget } = state
      if (metric === undefined || current < min || current > max) return
      if (metric > metricTarget) assert.ok(next >= current)
      if (metric < metricTarget) assert.ok(next <= current)
    }),
  )
})

test('under a steady load tracking comes to rest at a number that carries it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 50, noNaN: true }), count, (load, start) => {
      const metricTarget = 0.6
      let current = Math.max(1, start)
      for (let minute = 0; minute < 60; minute++) {
        const metric = Math.min(1, load / current)
        current = trackTarget({ current, metric, metricTarget, min: 1, max: 1000 })
      }
      const metric = Math.min(1, load / current)
      assert.equal(trackTarget({ current, metric, metricTarget, min: 1, max: 1000 }), current)
      assert.ok(load / current <= metricTarget + 1e-9)
      assert.ok(current <= Math.ceil(load / metricTarget) + 2, `${current} for ${load}`)
    }),
  )
})

test('a policy is asked once a minute, begins with what was set at first, and is forgotten when it has ended', () => {
  const tracked = plan({ tracking: [policy({ toMs: 10 * minuteMs })], writtenMs: 0 })
  const measured = { concurrency: 0.9, cpu: undefined }
  let state: TrackingState = untracked
  const step = (nowMs: number): number => {
    state = track(tracked, nowMs, measured, state)
    return targetAt(tracked, nowMs, state)
  }
  assert.equal(step(0), 3)
  assert.equal(step(minuteMs - 1), 3)
  assert.equal(step(minuteMs), 5)
  assert.equal(step(2 * minuteMs), 8)
  assert.deepEqual(JSON.parse(JSON.stringify(state)), state)
  assert.equal(step(10 * minuteMs), 3)
  assert.deepEqual(state.values, [null])
})
