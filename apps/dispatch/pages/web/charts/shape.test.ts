import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { linear, niceSteps, pathOf, timeSteps } from './shape.ts'
import { nearestIndex } from './time-chart.ts'

test('steps of an axis are round, whole, and reach the highest value', () => {
  assert.deepEqual(niceSteps(57, 4), [0, 20, 40, 60])
  assert.deepEqual(niceSteps(3, 4), [0, 1, 2, 3])
  assert.deepEqual(niceSteps(0, 4), [0, 1])
  assert.deepEqual(niceSteps(Number.NaN, 4), [0, 1])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (max) => {
      const steps = niceSteps(max, 4)
      assert.ok(steps.at(-1)! >= max && steps.length <= 6 && steps.every(Number.isInteger), steps.join())
    }),
  )
})

test('times at an axis are whole steps of the local clock', () => {
  const at = (time: string) => Date.parse(`2026-03-01T${time}Z`)
  assert.deepEqual(timeSteps(at('10:07:00'), at('12:10:00'), 5), [
    at('10:30:00'),
    at('11:00:00'),
    at('11:30:00'),
    at('12:00:00'),
  ])
  const quarter = 15 * 60_000
  assert.deepEqual(timeSteps(at('10:07:00'), at('12:10:00'), 3, quarter), [at('10:45:00'), at('11:45:00')])
  assert.deepEqual(timeSteps(5, 5, 4), [5])
})

test('a line goes through its points, an area is closed at its base', () => {
  assert.equal(
    pathOf([
      [0, 1],
      [2.04, 3],
    ]),
    'M0 1L2 3',
  )
  assert.equal(
    pathOf(
      [
        [0, 1],
        [2, 3],
      ],
      10,
    ),
    'M0 1L2 3L2 10L0 10Z',
  )
  assert.equal(pathOf([]), '')
})

test('a scale without extent has all at one place', () => {
  assert.equal(linear([0, 10], [100, 200])(5), 150)
  assert.equal(linear([3, 3], [100, 200])(3), 100)
})

test('what is pointed at is the nearest minute', () => {
  assert.equal(nearestIndex([0, 60, 120], 95), 2)
  assert.equal(nearestIndex([0, 60, 120], -50), 0)
  assert.equal(nearestIndex([], 5), undefined)
})
