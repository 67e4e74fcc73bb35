/** The streets of the map service as the simulator needs them. */

import { headOf, MAIN, nodePosition, tailOf } from '../map/graph/road-graph.ts'
import type { RoadNetwork } from '../map/road-network.ts'
import { type Box, isInside, metresBetween } from '../model/geometry.ts'
import type { Position } from '../model/order.ts'
import type { Roads, Way } from './core/roads.ts'

/** Somebody who is farther from every road than this is not in this city. */
const withinMetres = 10_000

/** `box`: what the platform takes for the city. Nobody lives outside of it, and who rides through there is told of at its border. */
export function networkRoads(network: RoadNetwork, box: Box): Roads {
  const inside = ({ lng, lat }: Position): Position => ({
    lng: Math.min(Math.max(lng, box.west), box.east),
    lat: Math.min(Math.max(lat, box.south), box.north),
  })
  const weights = weightsOf(network, box)
  return {
    size: network.nodeCount,
    position: (place) => inside(network.positionOf(place)),
    weight: (place) => weights[place]!,
    nearest(position) {
      const snap = network.nearest(position, { withinMetres })
      if (!snap) throw new Error(`no road within ${withinMetres} m of ${position.lng},${position.lat}`)
      return snap.place
    },
    way(from, to) {
      const route = network.route(from, to)
      if (!route) return undefined
      const way: Way = { points: [network.positionOf(from)], metres: [0], ms: [0] }
      for (const { points, metres, ms } of route.steps) append(way, points, metres, ms)
      way.points = way.points.map(inside)
      return way
    },
  }
}

/** A step of so many metres and milliseconds, which its line, drawn straight from point to point, has its share of. */
function append(way: Way, points: Way['points'], metres: number, ms: number): void {
  const [doneMetres, doneMs] = [way.metres.at(-1)!, way.ms.at(-1)!]
  const lengths = points.map((point, index) => (index === 0 ? 0 : metresBetween(points[index - 1]!, point)))
  const line = lengths.reduce((sum, length) => sum + length, 0)
  let passed = 0
  for (let index = 1; index < points.length; index++) {
    passed += lengths[index]!
    const share = line > 0 ? passed / line : index / (points.length - 1)
    way.points.push(points[index]!)
    way.metres.push(doneMetres + share * metres)
    way.ms.push(doneMs + share * ms)
  }
}

/** Metres of road at each node, where everything is reached from; those of junctions in dense streets are near each other. */
function weightsOf({ graph, nodeCount }: RoadNetwork, box: Box): Float64Array {
  const weights = new Float64Array(nodeCount)
  for (let edge = 0; edge < graph.edgeFrom.length; edge++) {
    if ((graph.edgeFlags[edge]! & MAIN) === 0) continue
    for (const node of [tailOf(graph, 2 * edge), headOf(graph, 2 * edge)])
      if (isInside(box, nodePosition(graph, node))) weights[node]! += graph.edgeDecimetres[edge]! / 20
  }
  return weights
}
