import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { asyncDelayMs } from './async-delay.ts'

test('a delay is a whole number of seconds up to an hour, and none where none is named', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3600 }), (seconds) => {
      assert.equal(asyncDelayMs(String(seconds)), seconds * 1000)
    }),
  )
  assert.deepEqual([asyncDelayMs(undefined), asyncDelayMs('')], [0, 0])
})

test('whatever else is said is no delay', () => {
  const isNone = (text: string) => asyncDelayMs(text) === undefined
  fc.assert(fc.property(fc.integer({ min: 3601 }), (seconds) => isNone(String(seconds))))
  fc.assert(fc.property(fc.string({ minLength: 1 }), (text) => /^\d{1,4}$/.test(text) || isNone(text)))
  for (const text of ['-1', '1.5', '1e3', '0x10', ' 5', '5,6', '00005', 'soon'])
    assert.equal(asyncDelayMs(text), undefined, text)
})
