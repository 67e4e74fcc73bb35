import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../lib/clock.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import { idleness } from './idleness.ts'

const minuteMs = 60_000
const revision = { functionArn: 'arn', versionId: 'LATEST', key: 'k' } as FunctionRevision

function world({ learns = true, fixedMs = 5 * minuteMs, mostMs = Number.POSITIVE_INFINITY } = {}) {
  const clock = new ManualClock()
  const started: number[] = []
  const idle = idleness({
    clock,
    fixedMs,
    mostMs,
    learns,
    startAhead: () => void started.push(clock.monotonicMs()),
  })
  const callEvery = (everyMs: number, count: number): void => {
    for (let call = 0; call < count; call++) {
      idle.called(revision)
      clock.advance(100)
      idle.ended(revision)
      clock.advance(everyMs - 100)
    }
  }
  return { clock, started, idle, callEvery }
}

test('a function of which nothing is known idles for the fixed time, and then nothing is wanted of it', () => {
  const { clock, idle } = world()
  const fixed = { newestMs: 5 * minuteMs, othersMs: 5 * minuteMs }
  assert.deepEqual(idle.limitsOf(revision), fixed)
  idle.called(revision)
  assert.deepEqual(idle.limitsOf(revision), fixed)
  idle.ended(revision)
  assert.deepEqual(idle.limitsOf(revision), { newestMs: Number.POSITIVE_INFINITY, othersMs: 5 * minuteMs })
  clock.advance(5 * minuteMs)
  assert.deepEqual(idle.limitsOf(revision), { newestMs: 0, othersMs: 0 })
})

test('a function that is called every half hour is let go after a call and started ahead of the next', () => {
  const { clock, started, idle, callEvery } = world()
  callEvery(30.5 * minuteMs, 12)
  started.length = 0
  idle.called(revision)
  idle.ended(revision)
  const endedMs = clock.monotonicMs()
  assert.deepEqual(idle.limitsOf(revision), { newestMs: 0, othersMs: 0 })
  clock.advance(30 * minuteMs)
  assert.deepEqual(started, [endedMs + 27 * minuteMs])
  assert.equal(idle.limitsOf(revision).newestMs, Number.POSITIVE_INFINITY)
})

test('where a longer time was learnt than an instance may idle, it idles for that time and none is started ahead', () => {
  const { clock, started, idle, callEvery } = world({ fixedMs: 2000, mostMs: 2000 })
  for (const everyMinutes of [8, 30.5]) {
    callEvery(everyMinutes * minuteMs, 20)
    started.length = 0
    idle.called(revision)
    idle.ended(revision)
    assert.equal(idle.limitsOf(revision).othersMs, 2000)
    clock.advance(1999)
    assert.ok(idle.limitsOf(revision).newestMs > 1999)
    for (let ms = 2000; ms < 60 * minuteMs; ms += 10_000) {
      clock.advance(ms === 2000 ? 1 : 10_000)
      assert.deepEqual(idle.limitsOf(revision), { newestMs: 0, othersMs: 0 })
    }
    assert.deepEqual(started, [])
  }
})

test('what was learnt is restored, is not learnt where that is off, and is forgotten with the function', () => {
  const { idle, callEvery } = world()
  callEvery(30.5 * minuteMs, 12)
  const learnt = JSON.parse(JSON.stringify([...idle.learnt()]))
  const next = world()
  next.idle.restore(learnt)
  assert.deepEqual([...next.idle.learnt()], learnt)
  next.idle.called(revision)
  next.idle.ended(revision)
  assert.equal(next.idle.limitsOf(revision).newestMs, 0)
  assert.equal(next.clock.pendingTimers, 1)
  next.idle.forget('arn')
  assert.equal(next.clock.pendingTimers, 0)
  assert.deepEqual([...next.idle.learnt()], [])
  const off = world({ learns: false })
  off.callEvery(30.5 * minuteMs, 12)
  assert.deepEqual(off.started, [])
  assert.equal(off.idle.limitsOf(revision).newestMs, 5 * minuteMs)
})

test('of a version that was deleted what was learnt is forgotten, and not of the others', () => {
  const { idle } = world()
  const other = { ...revision, versionId: '1' }
  for (const each of [revision, other]) {
    idle.called(each)
    idle.ended(each)
  }
  idle.forget('arn', '1')
  assert.deepEqual(
    [...idle.learnt()].map(([key]) => key),
    ['arn:LATEST'],
  )
})

test('memory is bounded: the function that was called the longest ago is forgotten', () => {
  const { clock, idle, callEvery } = world()
  callEvery(30.5 * minuteMs, 12)
  for (let count = 0; count < 10_000; count++) {
    const other = { ...revision, functionArn: `arn-${count}` }
    idle.called(other)
    idle.ended(other)
  }
  assert.equal([...idle.learnt()].length, 10_000)
  assert.equal(
    [...idle.learnt()].some(([key]) => key === 'arn:LATEST'),
    false,
  )
  assert.equal(clock.pendingTimers, 0)
})
