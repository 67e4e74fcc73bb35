import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createHistogram } from './figures.ts'

test('a quantile is at most five per cent above the value that has it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 6e7, noNaN: true }), { minLength: 1, maxLength: 100 }),
      fc.constantFrom(0.5, 0.9, 0.99, 1),
      (values, share) => {
        const histogram = createHistogram()
        for (const value of values) histogram.add(value)
        const exact = values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1]!
        const told = histogram.quantile(share)
        assert.ok(told >= exact * 0.9999 && told <= exact * 1.0501, `${told} for ${exact}`)
        assert.equal(histogram.count, values.length)
      },
    ),
  )
})

test('of nothing there is no quantile', () => {
  assert.ok(Number.isNaN(createHistogram().quantile(0.5)))
})
