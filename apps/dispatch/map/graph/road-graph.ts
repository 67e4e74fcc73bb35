/**
 * The roads of a city as a graph: nodes are junctions and ends, edges the pieces of road between them. Columns instead
 * of objects, so that it is read from a file as it lies there. An *arc* is an edge in one direction:
 * `2 * edge` from its first node to its second, `2 * edge + 1` back.
 */
import type { Position } from '../../model/order.ts'

/** Degrees are kept as whole numbers of this unit, OpenStreetMap's own. */
export const DEGREE = 1e7

/** In the order of their importance; an edge names its class by the place in this list. */
export const ROAD_CLASSES = [
  'motorway',
  'trunk',
  'primary',
  'secondary',
  'tertiary',
  'unclassified',
  'residential',
  'living_street',
  'service',
  'cycleway',
  'track',
  'path',
  'pushed',
] as const
export type RoadClass = (typeof ROAD_CLASSES)[number]

/** Flags of an edge. */
export const FORWARD = 1
export const BACKWARD = 2
/** From there everything that counts is reached, and reaches it: the largest part of the graph that hangs together. */
export const MAIN = 4

export interface RoadGraph {
  /** In units of 1/`DEGREE`. */
  nodeLng: Int32Array
  nodeLat: Int32Array
  edgeFrom: Uint32Array
  edgeTo: Uint32Array
  edgeFlags: Uint8Array
  edgeClass: Uint8Array
  /** Place in `names`; 0 is the empty name. */
  edgeName: Uint32Array
  edgeDecimetres: Uint32Array
  /** On a free road, by the vehicles of the riders; at least 1. */
  edgeMs: Uint32Array
  /** Points between its ends: those from `shapeStart[edge]` to before `shapeStart[edge + 1]`. */
  shapeStart: Uint32Array
  shapeLng: Int32Array
  shapeLat: Int32Array
  /** Sequences of arcs that may not be ridden one after the other: those from `bannedStart[i]` to before `bannedStart[i + 1]`. */
  bannedStart: Uint32Array
  bannedArcs: Uint32Array
  names: string[]
}

export const isOpen = (graph: RoadGraph, arc: number): boolean =>
  (graph.edgeFlags[arc >> 1]! & (arc & 1 ? BACKWARD : FORWARD)) !== 0

export const tailOf = (graph: RoadGraph, arc: number): number =>
  arc & 1 ? graph.edgeTo[arc >> 1]! : graph.edgeFrom[arc >> 1]!

export const headOf = (graph: RoadGraph, arc: number): number =>
  arc & 1 ? graph.edgeFrom[arc >> 1]! : graph.edgeTo[arc >> 1]!

export const nodePosition = (graph: RoadGraph, node: number): Position => ({
  lng: graph.nodeLng[node]! / DEGREE,
  lat: graph.nodeLat[node]! / DEGREE,
})

/** The points of an edge from its first node to its second, both included. */
export function pointsOf(graph: RoadGraph, edge: number): Position[] {
  const points = [nodePosition(graph, graph.edgeFrom[edge]!)]
  for (let at = graph.shapeStart[edge]!; at < graph.shapeStart[edge + 1]!; at++)
    points.push({ lng: graph.shapeLng[at]! / DEGREE, lat: graph.shapeLat[at]! / DEGREE })
  points.push(nodePosition(graph, graph.edgeTo[edge]!))
  return points
}

/** Free-flow time of every arc. */
export function freeFlow(graph: RoadGraph): Uint32Array {
  const arcMs = new Uint32Array(graph.edgeMs.length * 2)
  for (let edge = 0; edge < graph.edgeMs.length; edge++) {
    arcMs[2 * edge] = graph.edgeMs[edge]!
    arcMs[2 * edge + 1] = graph.edgeMs[edge]!
  }
  return arcMs
}
