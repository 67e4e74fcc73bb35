import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { concurrencyKey } from './keys.ts'
import { ReservedConcurrency } from './reserved-concurrency.ts'

test('what is reserved is summed at the start and follows every change', async () => {
  const records = memoryRecordStore()
  const reserve = (functionName: string, reservedConcurrency: number) =>
    records.commit([{ put: concurrencyKey('1', functionName), value: { functionName, reservedConcurrency } }])
  for (let count = 0; count < 150; count++) await reserve(`f${count}`, 2)
  const reserved = new ReservedConcurrency(records, '1')
  await reserved.load()
  assert.equal(reserved.total, 300)
  await reserve('f0', 10)
  await reserved.refresh('f0')
  assert.deepEqual(
    [reserved.total, reserved.of('f0'), reserved.of('f1'), reserved.of('none')],
    [308, 10, 2, undefined],
  )
  await records.commit([{ remove: concurrencyKey('1', 'f0') }])
  await reserved.refresh('f0')
  await reserved.refresh('f0')
  assert.equal(reserved.total, 298)
})
