import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { metresBetween } from '../../model/geometry.ts'
import { along, type Way } from './roads.ts'

const way: fc.Arbitrary<Way> = fc
  .array(
    fc.record({
      lng: fc.double({ min: 116, max: 116.1, noNaN: true }),
      lat: fc.double({ min: 39, max: 39.1, noNaN: true }),
      ms: fc.integer({ min: 0, max: 60_000 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => {
    let [ms, metres] = [0, 0]
    const made: Way = { points: [], metres: [], ms: [] }
    parts.forEach(({ lng, lat, ms: more }, index) => {
      const point = { lng, lat }
      if (index > 0) {
        ms += more
        metres += metresBetween(made.points.at(-1)!, point)
      }
      made.points.push(point)
      made.metres.push(metres)
      made.ms.push(ms)
    })
    return made
  })

test('who rides is always between two points of the way, begins at the first and ends at the last', () => {
  fc.assert(
    fc.property(way, fc.double({ min: -1, max: 800_000, noNaN: true }), (ridden, elapsedMs) => {
      const at = along(ridden, elapsedMs)
      const detour = ridden.points.map((point, index) => {
        const next = ridden.points[index + 1] ?? point
        return metresBetween(point, at) + metresBetween(at, next) - metresBetween(point, next)
      })
      assert.ok(Math.min(...detour) < 0.5)
      assert.deepEqual(along(ridden, ridden.ms.at(-1)!), ridden.points.at(-1))
      if (ridden.ms.length > 1 && ridden.ms[1]! > 0) assert.deepEqual(along(ridden, 0), ridden.points[0])
    }),
  )
})
