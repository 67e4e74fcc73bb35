import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seeded, weighted } from './random.ts'

const draws = (seed: string, count = 1000) => {
  const random = seeded(seed)
  return Array.from({ length: count }, () => random.next())
}

test('the same seed gives the same values, all in [0, 1), and another seed others', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (seed, other) => {
      const values = draws(seed, 20)
      assert.deepEqual(draws(seed, 20), values)
      assert.ok(values.every((value) => value >= 0 && value < 1))
      if (other !== seed) assert.notDeepEqual(draws(other, 20), values)
    }),
  )
})

test('what a fork gives does not depend on what was drawn before', () => {
  const [fresh, used] = [seeded('a'), seeded('a')]
  for (let index = 0; index < 10; index++) used.next()
  assert.equal(used.fork('rider').next(), fresh.fork('rider').next())
  assert.notEqual(fresh.fork('rider').next(), fresh.fork('other').next())
})

test('values are spread evenly, and log-normal ones around their median', () => {
  const random = seeded('spread')
  const tenths = new Array<number>(10).fill(0)
  for (let index = 0; index < 10_000; index++) tenths[random.below(10)]! += 1
  assert.ok(tenths.every((count) => Math.abs(count - 1000) < 150))
  const below = Array.from({ length: 10_000 }, () => random.logNormal(5, 0.5)).filter((value) => value < 5)
  assert.ok(Math.abs(below.length - 5000) < 250)
})

test('indexes are drawn by their weights, and those without weight never', () => {
  const draw = weighted([1, 0, 3])
  const random = seeded('weights')
  const counts = [0, 0, 0]
  for (let index = 0; index < 4000; index++) counts[draw(random)]! += 1
  assert.equal(counts[1], 0)
  assert.ok(Math.abs(counts[2]! - 3000) < 150)
  assert.throws(() => weighted([0, 0]))
})
