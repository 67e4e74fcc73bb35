import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restOfWay } from './way.ts'

const way = [
  { lng: 0, lat: 0 },
  { lng: 0.01, lat: 0 },
  { lng: 0.01, lat: 0.01 },
]

test('what was ridden is cut off where the rider is', () => {
  const { rest, offM } = restOfWay(way, { lng: 0.004, lat: 0.0001 })
  assert.equal(rest.length, 3)
  assert.ok(Math.abs(rest[0]!.lng - 0.004) < 1e-9 && rest[0]!.lat === 0)
  assert.deepEqual(rest.slice(1), way.slice(1))
  assert.ok(offM > 10 && offM < 12, `${offM}`)
})

test('who is elsewhere is far off the way', () => {
  assert.ok(restOfWay(way, { lng: 0.02, lat: 0.005 }).offM > 1000)
})

test('a way of one place has nothing to be near to', () => {
  assert.deepEqual(restOfWay(way.slice(0, 1), way[0]!), {
    rest: way.slice(0, 1),
    offM: Number.POSITIVE_INFINITY,
  })
})
