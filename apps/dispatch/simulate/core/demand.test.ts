import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { arrivalRate, highestPeak, hourMs, leastPeak, nextArrival } from './demand.ts'
import { seeded } from './random.ts'

const dayMs = 24 * hourMs
const samples = Array.from({ length: 24 * 30 }, (_, index) => (index / (24 * 30)) * dayMs)

test('whatever the peak, the day has its mean, and its busiest moment the peak', () => {
  fc.assert(
    fc.property(
      fc.double({ min: leastPeak, max: highestPeak, noNaN: true }),
      fc.double({ min: 1, max: 100_000, noNaN: true }),
      (peak, ordersPerHour) => {
        const { at, highest } = arrivalRate({ ordersPerHour, peak })
        const rates = samples.map(at)
        const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
        assert.ok(Math.abs(mean * hourMs - ordersPerHour) < ordersPerHour * 1e-6)
        assert.ok(Math.abs(highest / mean - peak) < 1e-3)
        assert.ok(rates.every((rate) => rate >= 0 && rate <= highest * (1 + 1e-9)))
      },
    ),
    { numRuns: 30 },
  )
})

test('noon is busier than the evening, and the evening than the night', () => {
  const { at } = arrivalRate({ ordersPerHour: 60, peak: 3 })
  assert.ok(at(12.5 * hourMs) > at(18.5 * hourMs))
  assert.ok(at(18.5 * hourMs) > 5 * at(3 * hourMs))
})

test('a peak that no day has is refused', () => {
  for (const peak of [0.5, highestPeak + 1, Number.NaN])
    assert.throws(() => arrivalRate({ ordersPerHour: 60, peak }), RangeError)
})

test('arrivals are as many as the rate says, also in a surge, and none where it is nothing', () => {
  const surges = [
    { fromMs: 12 * hourMs, untilMs: 13 * hourMs, times: 10 },
    { fromMs: 14 * hourMs, untilMs: 15 * hourMs, times: 0 },
  ]
  const rate = arrivalRate({ ordersPerHour: 100, peak: 1, surges })
  const random = seeded('arrivals')
  const inHour = new Map<number, number>()
  for (let atMs = nextArrival(rate, 10 * hourMs, random)!; atMs < 16 * hourMs; ) {
    const hour = Math.floor(atMs / hourMs)
    inHour.set(hour, (inHour.get(hour) ?? 0) + 1)
    atMs = nextArrival(rate, atMs, random)!
  }
  // Poisson: within five deviations of the mean, and repeatable, as the seed is.
  assert.ok(Math.abs(inHour.get(10)! - 100) < 50)
  assert.ok(Math.abs(inHour.get(12)! - 1000) < 160)
  assert.equal(inHour.get(14), undefined)
})

test('without orders nothing arrives', () => {
  assert.equal(nextArrival(arrivalRate({ ordersPerHour: 0, peak: 2 }), 0, seeded('none')), undefined)
})
