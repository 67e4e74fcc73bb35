import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import fc from 'fast-check'
import { syntheticCity } from '../map/graph/synthetic-city.ts'
import { buildRoadNetwork, type RoadNetwork } from '../map/road-network.ts'
import { isInside, metresBetween } from '../model/geometry.ts'
import { along, type Roads } from './core/roads.ts'
import { networkRoads } from './network-roads.ts'

describe('the streets of the map service', () => {
  let network: RoadNetwork
  let roads: Roads
  before(() => {
    const corner = { lng: 121.3, lat: 31.1 }
    network = buildRoadNetwork(syntheticCity({ side: 8, seed: 1, blockMetres: 150, corner }))
    roads = networkRoads(network, network.bounds)
  })

  test('ways begin and end where they should, and never go back in time', () => {
    fc.assert(
      fc.property(fc.nat(63), fc.nat(63), (from, to) => {
        const way = roads.way(from, to)
        if (!way) return
        assert.ok(metresBetween(way.points[0]!, roads.position(from)) < 1)
        assert.ok(metresBetween(way.points.at(-1)!, roads.position(to)) < 1)
        assert.ok(Math.abs(way.ms.at(-1)! - network.ms(from, to)) <= way.points.length)
        assert.ok(Math.abs(way.metres.at(-1)! - network.metres(from, to)) <= way.points.length)
        for (let index = 1; index < way.ms.length; index++) assert.ok(way.ms[index]! >= way.ms[index - 1]!)
      }),
    )
  })

  test('nobody is ever told of outside of the box, and nobody lives there', () => {
    const { west, east, south, north } = network.bounds
    const box = { west, south, east: (west + east) / 2, north: (south + north) / 2 }
    const inner = networkRoads(network, box)
    const outside = Array.from({ length: inner.size }, (_, place) => place).filter(
      (place) => !isInside(box, network.positionOf(place)),
    )
    assert.ok(outside.length > 0)
    for (const place of outside) assert.equal(inner.weight(place), 0)
    const way = inner.way(0, outside.at(-1)!)
    assert.ok(way)
    for (const share of [0, 0.3, 0.6, 1]) assert.ok(isInside(box, along(way, share * way.ms.at(-1)!)))
  })

  test('somebody who is nowhere near is refused', () => {
    assert.throws(() => roads.nearest({ lng: 0, lat: 0 }), /no road within/)
  })
})
