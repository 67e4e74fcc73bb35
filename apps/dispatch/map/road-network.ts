/**
 * The roads of a city, to ask them the way. Places are numbers, so that a network is a planner's `Travel`: nodes of the
 * graph, and spots between them as `nearest` answers them. Positions are WGS-84 in degrees. It keeps work space for one
 * question at a time: one network is for one thread.
 */
import type { Position } from '../model/order.ts'
import { EdgeGrid, type NearEdge } from './graph/edge-grid.ts'
import { markMain } from './graph/main-part.ts'
import { cut, METRES_PER_DEGREE } from './graph/metric.ts'
import { spotOf, spotPlace } from './graph/places.ts'
import { fromBytes, type Prebuilt, toBytes } from './graph/prebuilt.ts'
import {
  DEGREE,
  freeFlow,
  MAIN,
  nodePosition,
  pointsOf,
  ROAD_CLASSES,
  type RoadClass,
  type RoadGraph,
} from './graph/road-graph.ts'
import { type Piece, type Route, routeOf } from './graph/route.ts'
import { alongEdge, type PlaceSeed, type Roads, sourceSeeds, targetSeeds } from './graph/seeds.ts'
import { splitArcs, type Turns, turnsOf } from './graph/turns.ts'
import { contract, contractAnew } from './hierarchy/contract.ts'
import { MS_MAX, type WeightedArcs } from './hierarchy/hierarchy.ts'
import { ManyToMany } from './hierarchy/many-to-many.ts'
import { QuickestWays } from './hierarchy/quickest.ts'

export type { Route, Step, Turn } from './graph/route.ts'

/** Cells of a matrix at the most: 64 MB of answers. */
export const MATRIX_CELLS_MAX = 4_000_000

/** A position farther from every road than this is nowhere, unless the caller says another limit up to the second. */
const NEAREST_METRES = 1000
const NEAREST_METRES_MAX = 10_000

export interface Snap {
  place: number
  /** On the road. */
  position: Position
  /** From what was asked to there. */
  metres: number
  edge: number
  roadName: string
  roadClass: RoadClass
}

export interface Matrix {
  /** Row by row: from source i to target j at `i * targets + j`; Infinity where there is no way. */
  ms: Float64Array
  metres: Float64Array
}

export interface Box {
  west: number
  south: number
  east: number
  north: number
}

export interface RoadNetwork {
  readonly graph: RoadGraph
  readonly bounds: Box
  /** Of the data, to be shown with it. */
  readonly attribution: string
  /** Nodes are the places from 0 to before this. */
  readonly nodeCount: number
  /** Milliseconds of every arc, as it is now. */
  readonly arcMs: Uint32Array
  /** The spot on a road nearest to a position; only roads from which everything is reached, unless `any` is asked for. */
  nearest(position: Position, options?: { withinMetres?: number; any?: boolean }): Snap | undefined
  /** Roads that have a name, each once, where they are nearest; the nearest first. */
  roadsNear(position: Position, withinMetres: number): Snap[]
  positionOf(place: number): Position
  /** Infinity where there is no way. */
  ms(from: number, to: number): number
  /** Of the quickest way; Infinity where there is none. */
  metres(from: number, to: number): number
  /** @throws RangeError for more than `MATRIX_CELLS_MAX` cells */
  matrix(sources: readonly number[], targets: readonly number[]): Matrix
  route(from: number, to: number): Route | undefined
  /** Edges that may touch a rectangle; all that do are among them. */
  edgesWithin(box: Box): Set<number>
  /** The same roads with other times; the hierarchy is contracted anew in the order it has. */
  reweighted(arcMs: Uint32Array): RoadNetwork
  /** The same in steps of a few milliseconds. */
  reweighting(arcMs: Uint32Array): Generator<undefined, RoadNetwork>
  toBytes(): Uint8Array
}

/** Milliseconds for a city: the file's columns are used where they lie. */
export const loadRoadNetwork = (bytes: Uint8Array): RoadNetwork => {
  const prebuilt = fromBytes(bytes)
  return networkOf(prebuilt, turnsOf(prebuilt.graph), freeFlow(prebuilt.graph))
}

/** Seconds for a city, for it is contracted; what `toBytes` gives is loaded in milliseconds. */
export function buildRoadNetwork(graph: RoadGraph, attribution = ''): RoadNetwork {
  const turns = turnsOf(graph)
  const arcMs = freeFlow(graph)
  markMain(graph, turns)
  return networkOf(
    { graph, hierarchy: contract(turns.nodeCount, weightedArcs(graph, turns, arcMs)), attribution },
    turns,
    arcMs,
  )
}

function weightedArcs(graph: RoadGraph, turns: Turns, arcMs: Uint32Array): WeightedArcs {
  const { tail, head, road } = splitArcs(graph, turns)
  const ms = Uint32Array.from(road, (arc) => arcMs[arc]!)
  const decimetres = Uint32Array.from(road, (arc) => graph.edgeDecimetres[arc >> 1]!)
  return { tail, head, ms, decimetres, road }
}

function finished<Value>(steps: Generator<undefined, Value>): Value {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

function networkOf(
  prebuilt: Prebuilt,
  turns: Turns,
  arcMs: Uint32Array,
  grid = gridOf(prebuilt.graph),
): RoadNetwork {
  const { graph, hierarchy, attribution } = prebuilt
  const roads: Roads = { graph, turns, rank: hierarchy.rank, arcMs }
  const { bounds } = grid
  const ways = new QuickestWays(hierarchy)
  const manyToMany = new ManyToMany(hierarchy)
  /** A planner asks for the time and then for the length of the same way. */
  const last = { from: -1, to: -1, ms: 0, metres: 0 }

  const measure = (from: number, to: number): typeof last => {
    if (last.from === from && last.to === to) return last
    const found =
      from === to ? { ms: 0, decimetres: 0 } : ways.measure(sourceSeeds(roads, from), targetSeeds(roads, to))
    const direct = alongEdge(roads, from, to)
    const best = direct !== undefined && (found === undefined || direct.ms <= found.ms) ? direct : found
    last.from = from
    last.to = to
    last.ms = best?.ms ?? Number.POSITIVE_INFINITY
    last.metres = best === undefined ? Number.POSITIVE_INFINITY : best.decimetres / 10
    return last
  }

  function* reweighting(weights: Uint32Array): Generator<undefined, RoadNetwork> {
    const arcs = weightedArcs(graph, turns, weights)
    const anew = yield* contractAnew(turns.nodeCount, arcs, hierarchy.rank)
    return networkOf({ ...prebuilt, hierarchy: anew }, turns, weights, grid)
  }

  return {
    graph,
    bounds,
    attribution,
    nodeCount: graph.nodeLng.length,
    arcMs,
    nearest(position, { withinMetres = NEAREST_METRES, any = false } = {}) {
      const limit = Math.min(withinMetres, NEAREST_METRES_MAX)
      const found = grid
        .edges()
        .nearest(position, limit, (edge) => any || (graph.edgeFlags[edge]! & MAIN) !== 0)
      return found === undefined ? undefined : snapOf(graph, found)
    },
    roadsNear: (position, withinMetres) =>
      namedRoads(graph, grid.edges(), position, Math.min(withinMetres, NEAREST_METRES_MAX)),
    positionOf(place) {
      const spot = spotOf(graph, place)
      if (spot === undefined) return nodePosition(graph, place)
      return cut(pointsOf(graph, spot.edge), spot.share, spot.share)[0]!
    },
    ms: (from, to) => measure(from, to).ms,
    metres: (from, to) => measure(from, to).metres,
    matrix: (sources, targets) => matrixOf(roads, manyToMany, sources, targets),
    route(from, to) {
      const found = ways.find(sourceSeeds(roads, from), targetSeeds(roads, to))
      const direct = alongEdge(roads, from, to)
      if (direct !== undefined && (found === undefined || direct.ms <= found.ms))
        return routeOf(graph, arcMs, [{ arc: direct.arc, ...direct.part }])
      if (found === undefined) return undefined
      if (from === to) return { ms: 0, metres: 0, points: [nodePosition(graph, from)], steps: [] }
      const begin = cheapest(sourceSeeds(roads, from), found.from)
      const end = cheapest(targetSeeds(roads, to), found.to)
      const middle = found.arcs.map((arc) => ({ arc, from: 0, to: 1 }))
      return routeOf(graph, arcMs, [...pieceOf(begin), ...middle, ...pieceOf(end)])
    },
    edgesWithin: (box) => grid.edges().within(box),
    reweighted: (weights) => finished(reweighting(weights)),
    reweighting,
    toBytes: () => toBytes(prebuilt),
  }
}

const snapOf = (graph: RoadGraph, { edge, share, position, metres }: NearEdge): Snap => ({
  place: spotPlace(graph, { edge, share }),
  position,
  metres,
  edge,
  roadName: graph.names[graph.edgeName[edge]!]!,
  roadClass: ROAD_CLASSES[graph.edgeClass[edge]!]!,
})

function namedRoads(graph: RoadGraph, grid: EdgeGrid, position: Position, withinMetres: number): Snap[] {
  const lat = withinMetres / METRES_PER_DEGREE
  const lng = lat / Math.cos((position.lat * Math.PI) / 180)
  const box = {
    west: position.lng - lng,
    south: position.lat - lat,
    east: position.lng + lng,
    north: position.lat + lat,
  }
  const nearest = new Map<number, NearEdge>()
  for (const edge of grid.within(box)) {
    const name = graph.edgeName[edge]!
    if (name === 0) continue
    const found = grid.measure(edge, position)
    if (
      found.metres <= withinMetres &&
      found.metres < (nearest.get(name)?.metres ?? Number.POSITIVE_INFINITY)
    )
      nearest.set(name, found)
  }
  return [...nearest.values()]
    .sort((one, other) => one.metres - other.metres)
    .map((found) => snapOf(graph, found))
}

/** What was searched from: of several seeds at the same node, the one that the search has kept. */
const cheapest = (seeds: readonly PlaceSeed[], rank: number): PlaceSeed =>
  seeds.filter((seed) => seed.rank === rank).reduce((one, other) => (other.ms < one.ms ? other : one))

const pieceOf = ({ arc, part }: PlaceSeed): Piece[] => (arc === undefined ? [] : [{ arc, ...part }])

function matrixOf(
  roads: Roads,
  manyToMany: ManyToMany,
  sources: readonly number[],
  targets: readonly number[],
): Matrix {
  const width = targets.length
  if (sources.length * width > MATRIX_CELLS_MAX)
    throw new RangeError(
      `a matrix has ${MATRIX_CELLS_MAX} cells at the most, not ${sources.length} × ${width}`,
    )
  const ms = new Float64Array(sources.length * width)
  const metres = new Float64Array(sources.length * width)
  const onEdge = spotsByEdge(roads.graph, targets)
  manyToMany.each(
    sources.map((place) => sourceSeeds(roads, place)),
    targets.map((place) => targetSeeds(roads, place)),
    (source, rowMs, rowDecimetres) => {
      for (let target = 0; target < width; target++) {
        const isReached = rowMs[target]! < MS_MAX
        ms[source * width + target] = isReached ? rowMs[target]! : Number.POSITIVE_INFINITY
        metres[source * width + target] = isReached ? rowDecimetres[target]! / 10 : Number.POSITIVE_INFINITY
      }
      for (const target of onEdge.get(spotOf(roads.graph, sources[source]!)?.edge) ?? []) {
        const direct = alongEdge(roads, sources[source]!, targets[target]!)
        if (direct === undefined || direct.ms > ms[source * width + target]!) continue
        ms[source * width + target] = direct.ms
        metres[source * width + target] = direct.decimetres / 10
      }
    },
  )
  return { ms, metres }
}

/** The targets that are spots, by their edge. */
function spotsByEdge(graph: RoadGraph, targets: readonly number[]): Map<number | undefined, number[]> {
  const onEdge = new Map<number | undefined, number[]>()
  targets.forEach((place, target) => {
    const edge = spotOf(graph, place)?.edge
    if (edge === undefined) return
    const others = onEdge.get(edge)
    if (others === undefined) onEdge.set(edge, [target])
    else others.push(target)
  })
  return onEdge
}

interface Grid {
  bounds: Box
  edges(): EdgeGrid
}

/** The grid is made when it is first asked: who only wants matrices between nodes does without. */
function gridOf(graph: RoadGraph): Grid {
  const bounds = boundsOf(graph)
  let made: EdgeGrid | undefined
  return {
    bounds,
    edges() {
      made ??= new EdgeGrid(graph, bounds)
      return made
    },
  }
}

function boundsOf({ nodeLng, nodeLat, shapeLng, shapeLat }: RoadGraph): Box {
  const span = (columns: readonly Int32Array[]): [number, number] => {
    let least = Number.POSITIVE_INFINITY
    let most = Number.NEGATIVE_INFINITY
    for (const column of columns)
      for (let at = 0; at < column.length; at++) {
        if (column[at]! < least) least = column[at]!
        if (column[at]! > most) most = column[at]!
      }
    return [least / DEGREE, most / DEGREE]
  }
  const [west, east] = span([nodeLng, shapeLng])
  const [south, north] = span([nodeLat, shapeLat])
  return { west, south, east, north }
}
