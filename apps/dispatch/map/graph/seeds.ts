/** What a place is to a search: where it begins or ends among the split nodes, and what the way to there costs. */
import type { Seed } from '../hierarchy/half-search.ts'
import { type Spot, spotOf } from './places.ts'
import { isOpen, type RoadGraph, tailOf } from './road-graph.ts'
import type { Turns } from './turns.ts'

/** A seed, and the part of an arc that it stands for; none where the place is a node. */
export interface PlaceSeed extends Seed {
  arc: number | undefined
  /** The part of the arc that is ridden, from and to in its own direction. */
  part: { from: number; to: number }
}

export interface Roads {
  graph: RoadGraph
  turns: Turns
  rank: Uint32Array
  arcMs: Uint32Array
}

const whole = { from: 0, to: 1 }

export function sourceSeeds({ graph, turns, rank, arcMs }: Roads, place: number): PlaceSeed[] {
  const spot = spotOf(graph, place)
  if (spot === undefined) return [{ rank: rank[place]!, ms: 0, decimetres: 0, arc: undefined, part: whole }]
  return arcsOf(graph, spot).map(({ arc, at }) => ({
    rank: rank[turns.follow(tailOf(graph, arc), arc)]!,
    ...costOf(graph, arcMs, arc, 1 - at),
    arc,
    part: { from: at, to: 1 },
  }))
}

export function targetSeeds({ graph, turns, rank, arcMs }: Roads, place: number): PlaceSeed[] {
  const spot = spotOf(graph, place)
  if (spot === undefined)
    return turns
      .variants(place)
      .map((node) => ({ rank: rank[node]!, ms: 0, decimetres: 0, arc: undefined, part: whole }))
  return arcsOf(graph, spot).flatMap(({ arc, at }) =>
    turns
      .variants(tailOf(graph, arc))
      .filter((node) => turns.follow(node, arc) !== -1)
      .map((node) => ({
        rank: rank[node]!,
        ...costOf(graph, arcMs, arc, at),
        arc,
        part: { from: 0, to: at },
      })),
  )
}

/** The way between two spots of the same edge that does not leave it; undefined where there is none. */
export function alongEdge(
  { graph, arcMs }: Roads,
  from: number,
  to: number,
): { ms: number; decimetres: number; arc: number; part: { from: number; to: number } } | undefined {
  const one = spotOf(graph, from)
  const other = spotOf(graph, to)
  if (one === undefined || other === undefined || one.edge !== other.edge) return undefined
  const arc = [2 * one.edge, 2 * one.edge + 1].find(
    (each) => isOpen(graph, each) && (each & 1 ? one.share >= other.share : one.share <= other.share),
  )
  if (arc === undefined) return undefined
  const part = arc & 1 ? { from: 1 - one.share, to: 1 - other.share } : { from: one.share, to: other.share }
  return { ...costOf(graph, arcMs, arc, part.to - part.from), arc, part }
}

/** The arcs that a spot lies on, and how far along each. */
const arcsOf = (graph: RoadGraph, { edge, share }: Spot): { arc: number; at: number }[] =>
  [
    { arc: 2 * edge, at: share },
    { arc: 2 * edge + 1, at: 1 - share },
  ].filter(({ arc }) => isOpen(graph, arc))

const costOf = (
  graph: RoadGraph,
  arcMs: Uint32Array,
  arc: number,
  share: number,
): { ms: number; decimetres: number } => ({
  ms: Math.round(arcMs[arc]! * share),
  decimetres: Math.round(graph.edgeDecimetres[arc >> 1]! * share),
})
