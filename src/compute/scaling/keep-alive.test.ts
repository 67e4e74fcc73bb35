import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { binVariation, emptyHistogram, observations, observeIdle, percentileBin } from './idle-histogram.ts'
import { keepAliveSettings, keepAliveWindows } from './keep-alive.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const { bins, binMs, observationsMax } = keepAliveSettings
const rangeMs = bins * binMs
const idleMs = fc.oneof(
  fc.double({ min: 0, max: 20 * minuteMs, noNaN: true }),
  fc.double({ min: 0, max: 2 * rangeMs, noNaN: true }),
)
const observe = (times: readonly number[]) =>
  times.reduce((histogram, ms) => observeIdle(histogram, ms), emptyHistogram)
const windows = (times: readonly number[]) => keepAliveWindows(observe(times))

test('a histogram stays small whatever is observed, survives JSON, and its input is left as it was', () => {
  fc.assert(
    fc.property(fc.array(idleMs, { maxLength: 400 }), idleMs, (times, further) => {
      const histogram = observe(times)
      const before = JSON.stringify(histogram)
      const next = observeIdle(histogram, further)
      assert.equal(JSON.stringify(histogram), before)
      assert.deepEqual(JSON.parse(JSON.stringify(next)), next)
      assert.ok(next.counts.length <= bins && next.recentOutOfBoundsMs.length <= 8)
      assert.equal(observations(next), observations(histogram) + 1)
    }),
  )
})

test('what was long ago weighs less: counts are halved at their bound, and a new habit takes over', () => {
  let histogram = emptyHistogram
  for (let call = 0; call < 5 * observationsMax; call++) {
    histogram = observeIdle(histogram, 2 * minuteMs)
    assert.ok(observations(histogram) < observationsMax)
  }
  for (let call = 0; call < 5 * observationsMax; call++) histogram = observeIdle(histogram, 30.5 * minuteMs)
  assert.equal(percentileBin(histogram, 0.05), 30)
})

test('a function that is called at a steady interval is let go and started ahead of its next call', () => {
  const { decidedBy, preWarmMs, keepAliveMs } = windows(Array(50).fill(30.5 * minuteMs))
  assert.equal(decidedBy, 'histogram')
  assert.equal(preWarmMs, 27 * minuteMs)
  assert.ok(Math.abs(preWarmMs + keepAliveMs - 34.1 * minuteMs) < 1)
})

test('a function that is called often is kept, for no longer than its idle times last', () => {
  const { decidedBy, preWarmMs, keepAliveMs } = windows(Array(50).fill(3000))
  assert.deepEqual([decidedBy, preWarmMs, keepAliveMs], ['histogram', 0, 1.1 * minuteMs])
})

test('where nothing can be learnt the fixed time holds', () => {
  const fixed = { decidedBy: 'fixed', preWarmMs: 0, keepAliveMs: keepAliveSettings.fixedMs }
  assert.deepEqual(windows([]), fixed)
  assert.deepEqual(windows(Array(9).fill(1000)), fixed)
  // Idle times of every length: no bin stands out.
  assert.deepEqual(windows(Array.from({ length: 240 }, (_, minute) => minute * minuteMs)), fixed)
  // Beyond the range, and no two alike.
  assert.deepEqual(windows(Array.from({ length: 20 }, (_, nth) => (5 + 7 * (nth % 5)) * hourMs)), fixed)
})

test('idle times beyond the range are met when the latest agree', () => {
  const { decidedBy, preWarmMs, keepAliveMs } = windows([
    ...Array(10).fill(minuteMs),
    ...Array(12).fill(24 * hourMs),
  ])
  assert.equal(decidedBy, 'outOfBounds')
  assert.ok(preWarmMs < 24 * hourMs && preWarmMs + keepAliveMs > 24 * hourMs)
  assert.ok(keepAliveMs < 8 * hourMs)
})

test('whatever is learnt, the windows cover the idle times that were learnt, as far as the tail goes', () => {
  fc.assert(
    fc.property(fc.array(idleMs, { minLength: 10, maxLength: 300 }), (times) => {
      const { decidedBy, preWarmMs, keepAliveMs } = windows(times)
      assert.ok(preWarmMs >= 0 && keepAliveMs > 0 && Number.isFinite(preWarmMs + keepAliveMs))
      if (decidedBy !== 'histogram') return
      const within = times.filter((ms) => ms < rangeMs)
      const early = within.filter((ms) => ms < preWarmMs).length
      const late = within.filter((ms) => ms >= preWarmMs + keepAliveMs).length
      assert.ok(early <= within.length * keepAliveSettings.head, `${early} of ${within.length} too early`)
      assert.ok(late <= within.length * (1 - keepAliveSettings.tail) + 1e-9, `${late} too late`)
    }),
  )
})

test('the variation of the bins is that of their counts, the empty ones among them', () => {
  assert.equal(binVariation(emptyHistogram), 0)
  const shape = { binMs: 1, bins: 4, observationsMax: 1000 }
  const evenly = [0, 1, 2, 3].reduce((histogram, ms) => observeIdle(histogram, ms, shape), emptyHistogram)
  assert.equal(binVariation(evenly, shape), 0)
  const alone = observeIdle(emptyHistogram, 2, shape)
  assert.ok(Math.abs(binVariation(alone, shape) - Math.sqrt(3)) < 1e-12)
})
