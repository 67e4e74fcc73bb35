/**
 * Places are numbers: those below the count of nodes are nodes, the others are spots on an edge. A spot's number holds its
 * edge and how far along it is, in 1023rds of its length, so that nothing has to be remembered for it.
 */
import type { RoadGraph } from './road-graph.ts'

const STEPS = 1023

export interface Spot {
  edge: number
  /** 0 at the first node of the edge, 1 at its second. */
  share: number
}

export const spotPlace = (graph: RoadGraph, { edge, share }: Spot): number =>
  graph.nodeLng.length + edge * (STEPS + 1) + Math.round(share * STEPS)

/** Undefined for a node. @throws RangeError where there is no such place */
export function spotOf(graph: RoadGraph, place: number): Spot | undefined {
  const nodes = graph.nodeLng.length
  if (!Number.isInteger(place) || place < 0) throw new RangeError(`${place} is not a place`)
  if (place < nodes) return undefined
  const edge = Math.floor((place - nodes) / (STEPS + 1))
  if (edge >= graph.edgeFrom.length) throw new RangeError(`${place} is not a place`)
  return { edge, share: ((place - nodes) % (STEPS + 1)) / STEPS }
}
