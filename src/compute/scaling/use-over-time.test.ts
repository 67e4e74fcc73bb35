import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type UseOfInstances, UseOverTime } from './use-over-time.ts'

const use = (busySlots: number, cpuMs: Record<string, number> = {}): UseOfInstances => ({
  slots: 4,
  busySlots,
  cpu: 0.5,
  cpuMs: new Map(Object.entries(cpuMs)),
})

test('nothing measured is not the same as nothing used', () => {
  const over = new UseOverTime()
  assert.deepEqual(over.overLastMinute(0), { concurrency: undefined, cpu: undefined })
  over.add(0, use(0))
  assert.deepEqual(over.overLastMinute(0), { concurrency: 0, cpu: undefined })
})

test('slots are averaged over a minute, and what is older counts no more', () => {
  const over = new UseOverTime()
  over.add(0, use(4))
  over.add(30_000, use(2))
  assert.equal(over.overLastMinute(30_000).concurrency, 0.75)
  assert.equal(over.overLastMinute(61_000).concurrency, 0.5)
  assert.equal(over.overLastMinute(100_000).concurrency, undefined)
})

test('processor time is that of instances that were there before, by what they may use', () => {
  const over = new UseOverTime()
  over.add(0, use(0, { a: 1000, gone: 50 }))
  over.add(10_000, use(0, { a: 3500, fresh: 9000 }))
  assert.equal(over.overLastMinute(10_000).cpu, 0.5)
})
