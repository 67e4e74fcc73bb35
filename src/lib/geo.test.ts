import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { boxAround, boxOf, distanceM, isInBox, isInPolygon } from './geo.ts'

const point = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
})

it('measures along great circles', () => {
  const [pole, equator] = [
    { latitude: 90, longitude: 17 },
    { latitude: 0, longitude: 116 },
  ]
  assert.equal(Math.round(distanceM(pole, equator)), 10_007_557)
  assert.equal(distanceM(equator, equator), 0)
  const acrossTheDateLine = distanceM({ latitude: 0, longitude: 179 }, { latitude: 0, longitude: -179 })
  assert.ok(Math.abs(acrossTheDateLine - 222_390) < 10)
})

it('draws a box around all that is near', () => {
  fc.assert(
    fc.property(point, point, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, more) => {
      assert.ok(isInBox(b, boxAround(a, distanceM(a, b) * (1 + more))))
    }),
  )
  assert.ok(!isInBox({ latitude: 1, longitude: 1 }, boxAround({ latitude: 0, longitude: 0 }, 100_000)))
})

it('knows what is within a polygon, also one that is not convex', () => {
  const corners = [
    [0, 0],
    [0, 10],
    [10, 10],
    [5, 5],
    [10, 0],
  ].map(([latitude, longitude]) => ({ latitude: latitude!, longitude: longitude! }))
  assert.ok(isInPolygon({ latitude: 2, longitude: 5 }, corners))
  assert.ok(!isInPolygon({ latitude: 9, longitude: 5 }, corners))
})

it('finds nothing in a polygon that is outside of its box, however small an edge is', () => {
  const small = { latitude: 0, longitude: Number.MIN_VALUE }
  assert.ok(!isInPolygon({ latitude: 0, longitude: 0 }, [small, { latitude: 10, longitude: 10 }, small]))
  const corners = fc.array(point, { minLength: 3, maxLength: 5 })
  fc.assert(fc.property(point, corners, (one, all) => !isInPolygon(one, all) || isInBox(one, boxOf(all))))
})
