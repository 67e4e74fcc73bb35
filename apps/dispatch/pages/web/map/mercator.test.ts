import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { alongWay, distanceM, LAT_MAX, project, unproject } from './mercator.ts'

const positions = fc.record({
  lng: fc.double({ min: -180, max: 180, noNaN: true }),
  lat: fc.double({ min: -85, max: 85, noNaN: true }),
})

test('known places are where slippy maps have them', () => {
  assert.deepEqual(project({ lng: 0, lat: 0 }, 0), { x: 128, y: 128 })
  assert.deepEqual(project({ lng: -180, lat: LAT_MAX }, 3), {
    x: 0,
    y: project({ lng: 0, lat: LAT_MAX }, 3).y,
  })
  // People's Square in Shanghai: tile 15/27440/13397, by the formula of the OpenStreetMap wiki.
  const { x, y } = project({ lng: 121.4737, lat: 31.2304 }, 15)
  const n = 2 ** 15
  const rad = (31.2304 * Math.PI) / 180
  assert.equal(Math.floor(x / 256), Math.floor(((121.4737 + 180) / 360) * n))
  assert.equal(
    Math.floor(y / 256),
    Math.floor(((1 - Math.log(Math.tan(rad) + 1 / Math.cos(rad)) / Math.PI) / 2) * n),
  )
})

test('a position comes back from its pixel', () => {
  fc.assert(
    fc.property(positions, fc.double({ min: 0, max: 19, noNaN: true }), (position, zoom) => {
      const back = unproject(project(position, zoom), zoom)
      assert.ok(Math.abs(back.lng - position.lng) < 1e-9)
      assert.ok(Math.abs(back.lat - position.lat) < 1e-9)
    }),
  )
})

test('beyond the edge of the square world a place is at its edge', () => {
  assert.equal(project({ lng: 0, lat: 89.9 }, 5).y, project({ lng: 0, lat: LAT_MAX }, 5).y)
})

test('distances are those of a sphere', () => {
  assert.equal(distanceM({ lng: 1, lat: 1 }, { lng: 1, lat: 1 }), 0)
  const degree = distanceM({ lng: 0, lat: 0 }, { lng: 0, lat: 1 })
  assert.ok(Math.abs(degree - 111_195) < 1, `${degree}`)
  const shorter = distanceM({ lng: 0, lat: 60 }, { lng: 1, lat: 60 })
  assert.ok(Math.abs(shorter - degree / 2) < 30, `${shorter}`)
})

test('along a way one gets as far as one goes, and not beyond its end', () => {
  const way = [
    { lng: 0, lat: 0 },
    { lng: 0, lat: 0.01 },
    { lng: 0.01, lat: 0.01 },
  ]
  const half = alongWay(way, distanceM(way[0]!, way[1]!) / 2)!
  assert.ok(Math.abs(half.lat - 0.005) < 1e-9 && half.lng === 0)
  assert.deepEqual(alongWay(way, 1e9), way[2])
  assert.equal(alongWay([], 5), undefined)
  assert.deepEqual(alongWay([way[0]!], 5), way[0])
})
