import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withMinutes } from './minutes.ts'

const MINUTE_MS = 60_000
const at = (minute: number, placed: number, delivered = 0) => ({
  atMs: minute * MINUTE_MS,
  placed,
  delivered,
})

test('minutes without orders are zero, and the one that runs is left out', () => {
  assert.deepEqual(withMinutes([], [at(10, 3), at(12, 1, 2), at(13, 9)], 13.5 * MINUTE_MS), [
    at(10, 3),
    at(11, 0),
    at(12, 1, 2),
  ])
})

test('what was told before is kept, and corrected by what is told now', () => {
  const known = withMinutes([], [at(10, 3), at(11, 4)], 12 * MINUTE_MS)
  assert.deepEqual(withMinutes(known, [at(11, 5)], 13 * MINUTE_MS), [at(10, 3), at(11, 5), at(12, 0)])
})

test('a day is kept, and no more', () => {
  const minutes = withMinutes([at(1, 1)], [at(5_000, 2)], 5_001 * MINUTE_MS)
  assert.equal(minutes.length, 1_440)
  assert.deepEqual(minutes.at(-1), at(5_000, 2))
})

test('without orders there is nothing to show', () => {
  assert.deepEqual(withMinutes([], [], 100 * MINUTE_MS), [])
})
