import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { spotPlace } from './graph/places.ts'
import { BACKWARD, DEGREE, FORWARD, freeFlow, tailOf } from './graph/road-graph.ts'
import { syntheticCity } from './graph/synthetic-city.ts'
import { graphOf, isAllowed, plainMs, type Sketch, sketches, withBans } from './road-network.testing.ts'
import { buildRoadNetwork, loadRoadNetwork } from './road-network.ts'

/** Every node, and some spots on edges. */
function placesOf(sketch: Sketch): number[] {
  const graph = graphOf(sketch)
  const spots = sketch.edges
    .slice(0, 4)
    .flatMap((_, edge) => [spotPlace(graph, { edge, share: 0.25 }), spotPlace(graph, { edge, share: 0.8 })])
  return [...Array.from({ length: sketch.nodes }, (_, node) => node), ...spots]
}

describe('a road network', () => {
  it('answers the time of the quickest way there is, whatever one-ways, restrictions and spots there are', () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        const graph = graphOf(sketch)
        const network = buildRoadNetwork(graph)
        const places = placesOf(sketch)
        for (const from of places)
          for (const to of places)
            assert.equal(network.ms(from, to), plainMs(graph, from, to), `${from} to ${to}`)
      }),
      { numRuns: 30 },
    )
  })

  it('fills a matrix with what it answers one by one', () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        const network = buildRoadNetwork(graphOf(sketch))
        const places = placesOf(sketch)
        const { ms } = network.matrix(places, places)
        places.forEach((from, row) => {
          places.forEach((to, column) => {
            assert.equal(ms[row * places.length + column], network.ms(from, to), `${from} to ${to}`)
          })
        })
      }),
      { numRuns: 50 },
    )
  })

  it('tells a route that hangs together, is allowed, and takes the time that was answered', () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        const graph = graphOf(sketch)
        const network = buildRoadNetwork(graph)
        const places = placesOf(sketch)
        for (const from of places)
          for (const to of places) {
            const route = network.route(from, to)
            assert.equal(route?.ms ?? Number.POSITIVE_INFINITY, network.ms(from, to))
            const arcs = route?.steps.flatMap(({ pieces }) => pieces.map(({ arc }) => arc)) ?? []
            assert.ok(isAllowed(graph, arcs), `${from} to ${to} by ${arcs}`)
            for (let at = 1; at < arcs.length; at++)
              assert.equal(tailOf(graph, arcs[at]!), tailOf(graph, arcs[at - 1]! ^ 1))
          }
      }),
      { numRuns: 30 },
    )
  })

  it('is exact after its times have changed', () => {
    fc.assert(
      fc.property(
        sketches,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 60, maxLength: 60 }),
        (sketch, draws) => {
          // biome-ignore format: one line
          const graph = graphOf(sketch)
          const arcMs = freeFlow(graph).map((_, arc) => draws[arc % draws.length]!)
          const network = buildRoadNetwork(graph).reweighted(arcMs)
          const places = placesOf(sketch)
          for (const from of places)
            for (const to of places) assert.equal(network.ms(from, to), plainMs(graph, from, to, arcMs))
        },
      ),
      { numRuns: 15 },
    )
  })

  it('takes the way round where the turn is forbidden, and no shorter way through the same junction by another road', () => {
    // 0 → 1 → 2 straight on, and round by 3; the turn 0-1-2 is forbidden.
    const edge = (from: number, to: number, ms: number) => ({ from, to, flags: FORWARD, ms, decimetres: ms })
    const sketch = {
      nodes: 4,
      edges: [edge(0, 1, 10), edge(1, 2, 10), edge(1, 3, 10), edge(3, 1, 10)],
      bans: [],
    }
    const free = graphOf(sketch)
    assert.equal(buildRoadNetwork(free).ms(0, 2), 20)
    const banned = withBans(free, [[0, 2]])
    assert.equal(buildRoadNetwork(banned).ms(0, 2), 40)
    const bannedByWay = withBans(free, [[0, 2], [0, 4, 6, 2]]) // biome-ignore format: one line
    assert.equal(buildRoadNetwork(bannedByWay).ms(0, 2), 60, 'twice round, which nothing forbids')
    assert.equal(buildRoadNetwork(bannedByWay).ms(1, 2), 10)
  })

  it('finds the nearest road of all', () => {
    const network = buildRoadNetwork(
      syntheticCity({ side: 20, seed: 3, blockMetres: 120, corner: { lng: 121, lat: 31 } }),
    )
    const { graph } = network
    fc.assert(
      fc.property(
        fc.integer({ min: -40, max: 400 }),
        fc.integer({ min: -40, max: 400 }),
        fc.constantFrom(20, 900),
        (x, y, withinMetres) => {
          const position = { lng: 121 + x * 7e-5, lat: 31 + y * 6e-5 }
          const found = network.nearest(position, { any: true, withinMetres })
          const metresPerLng =
            Math.cos((((network.bounds.south + network.bounds.north) / 2) * Math.PI) / 180) * 111_195.08
          let least = Number.POSITIVE_INFINITY
          for (let edge = 0; edge < graph.edgeFrom.length; edge++) {
            const at = (node: number) => [
              (graph.nodeLng[node]! / DEGREE - position.lng) * metresPerLng,
              (graph.nodeLat[node]! / DEGREE - position.lat) * 111_195.08,
            ]
            const [x1, y1] = at(graph.edgeFrom[edge]!) as [number, number]
            const [x2, y2] = at(graph.edgeTo[edge]!) as [number, number]
            const square = (x2 - x1) ** 2 + (y2 - y1) ** 2
            const along = Math.max(0, Math.min(1, -(x1 * (x2 - x1) + y1 * (y2 - y1)) / square))
            least = Math.min(least, Math.hypot(x1 + along * (x2 - x1), y1 + along * (y2 - y1)))
          }
          if (least > withinMetres) assert.equal(found, undefined)
          else {
            assert.ok(Math.abs(found!.metres - least) < 0.1, `${found!.metres} instead of ${least}`)
            const there = network.positionOf(found!.place)
            assert.ok(
              Math.abs(there.lng - found!.position.lng) < 2e-6 &&
                Math.abs(there.lat - found!.position.lat) < 2e-6,
            )
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('is the same when it is loaded from its file, wherever the bytes lie', () => {
    const built = buildRoadNetwork(
      syntheticCity({ side: 12, seed: 5, blockMetres: 100, corner: { lng: 116, lat: 40 } }),
      '© somebody',
    )
    const bytes = built.toBytes()
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    const loaded = loadRoadNetwork(shifted.subarray(3))
    assert.equal(loaded.attribution, '© somebody')
    assert.deepEqual(loaded.graph.names, built.graph.names)
    for (let from = 0; from < built.nodeCount; from += 7)
      for (let to = 0; to < built.nodeCount; to += 5) assert.equal(loaded.ms(from, to), built.ms(from, to))
  })

  it('refuses what is no road network, or is cut off', () => {
    const bytes = buildRoadNetwork(graphOf({ nodes: 2, edges: [{ from: 0, to: 1, flags: FORWARD | BACKWARD, ms: 1, decimetres: 1 }], bans: [] })).toBytes() // biome-ignore format: one line
    assert.throws(() => loadRoadNetwork(new Uint8Array(100)), /does not begin with HSROAD01/)
    assert.throws(() => loadRoadNetwork(bytes.subarray(0, bytes.length - 40)), /ends before its column/)
  })

  it('refuses places that are none and matrices that are too large', () => {
    const network = buildRoadNetwork(graphOf({ nodes: 2, edges: [{ from: 0, to: 1, flags: FORWARD, ms: 1, decimetres: 1 }], bans: [] })) // biome-ignore format: one line
    assert.throws(() => network.ms(0, 5000), RangeError)
    assert.throws(() => network.ms(-1, 0), RangeError)
    assert.throws(() => network.matrix(new Array(2001).fill(0), new Array(2000).fill(1)), RangeError)
  })
})
