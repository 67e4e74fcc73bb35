import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryRecordStore } from '../drivers/memory/records.ts'
import { learntIdleness } from './learnt-idleness.ts'
import { emptyHistogram, type IdleHistogram, observeIdle } from './scaling/idle-histogram.ts'

const histograms = (count: number): [string, IdleHistogram][] =>
  Array.from({ length: count }, (_, nth) => [`arn:${nth}:LATEST`, observeIdle(emptyHistogram, nth * 60_000)])

test('what was learnt is found again, and what was forgotten is gone', async () => {
  const records = memoryRecordStore()
  const all = histograms(250)
  await learntIdleness(records).save(all)
  const next = learntIdleness(records)
  const loaded = new Map(await next.load())
  assert.deepEqual(loaded, new Map(all))
  loaded.delete('arn:7:LATEST')
  loaded.set('arn:8:LATEST', observeIdle(loaded.get('arn:8:LATEST')!, 5))
  await next.save(loaded)
  assert.deepEqual(new Map(await learntIdleness(records).load()), loaded)
})

test('only what has changed is written', async () => {
  const records = memoryRecordStore()
  let writes = 0
  const counting = {
    ...records,
    commit: (batch: Parameters<typeof records.commit>[0]) => {
      writes += batch.length
      return records.commit(batch)
    },
  }
  const learnt = learntIdleness(counting)
  const all = histograms(20)
  await learnt.save(all)
  await learnt.save(all)
  assert.equal(writes, 20)
  await learnt.save(all.slice(1))
  assert.equal(writes, 21)
})
