/** A way as it is told to people: a line, and steps by the names of the roads. */
import type { Position } from '../../model/order.ts'
import { bearing, cut } from './metric.ts'
import { pointsOf, ROAD_CLASSES, type RoadClass, type RoadGraph } from './road-graph.ts'

/** What of the road graph is ridden, one piece after the other; shares are in the direction of the arc. */
export interface Piece {
  arc: number
  from: number
  to: number
}

export type Turn = 'straight' | 'slight-left' | 'left' | 'sharp-left' | 'around' | 'sharp-right' | 'right' | 'slight-right' // biome-ignore format: one line

export interface Step {
  /** Empty for a road without a name. */
  roadName: string
  roadClass: RoadClass
  metres: number
  ms: number
  /** Degrees clockwise from north, where it begins. */
  bearing: number
  /** From the step before into this one; undefined for the first. */
  turn: Turn | undefined
  points: Position[]
  /** Pieces of the road graph that it is made of, with time and length. */
  pieces: (Piece & { ms: number; metres: number })[]
}

export interface Route {
  ms: number
  metres: number
  points: Position[]
  steps: Step[]
}

export function routeOf(graph: RoadGraph, arcMs: Uint32Array, pieces: readonly Piece[]): Route {
  const steps: Step[] = []
  for (const piece of pieces) {
    const edge = piece.arc >> 1
    const share = piece.to - piece.from
    const told = {
      ...piece,
      ms: Math.round(arcMs[piece.arc]! * share),
      metres: Math.round(graph.edgeDecimetres[edge]! * share) / 10,
    }
    const points = pointsAlong(graph, piece)
    const roadName = graph.names[graph.edgeName[edge]!]!
    const last = steps.at(-1)
    if (
      last !== undefined &&
      last.roadName === roadName &&
      (roadName !== '' || goesOn(last.points, points))
    ) {
      last.metres += told.metres
      last.ms += told.ms
      last.points.push(...points.slice(1))
      last.pieces.push(told)
      continue
    }
    steps.push({
      roadName,
      roadClass: ROAD_CLASSES[graph.edgeClass[edge]!]!,
      metres: told.metres,
      ms: told.ms,
      bearing: directionAt(points, 'start'),
      turn: last === undefined ? undefined : turnOf(last.points, points),
      points,
      pieces: [told],
    })
  }
  const points = steps.flatMap((step, at) => (at === 0 ? step.points : step.points.slice(1)))
  return {
    ms: steps.reduce((sum, step) => sum + step.ms, 0),
    metres: steps.reduce((sum, step) => sum + step.metres, 0),
    points,
    steps,
  }
}

function pointsAlong(graph: RoadGraph, { arc, from, to }: Piece): Position[] {
  const points = pointsOf(graph, arc >> 1)
  if (arc & 1) points.reverse()
  return from === 0 && to === 1 ? points : cut(points, from, to)
}

/** Roads without a name are one step as long as they lead straight on. */
const goesOn = (before: readonly Position[], after: readonly Position[]): boolean =>
  turnOf(before, after) === 'straight'

/** The first or last point that is not in the same place as the end, seen from there. */
function directionAt(points: readonly Position[], end: 'start' | 'end'): number {
  const same = (one: Position, other: Position): boolean => one.lng === other.lng && one.lat === other.lat
  if (end === 'start') {
    const next = points.find((point) => !same(point, points[0]!))
    return next === undefined ? 0 : bearing(points[0]!, next)
  }
  const last = points.at(-1)!
  const before = points.findLast((point) => !same(point, last))
  return before === undefined ? 0 : bearing(before, last)
}

function turnOf(before: readonly Position[], after: readonly Position[]): Turn {
  const degrees = ((directionAt(after, 'start') - directionAt(before, 'end') + 540) % 360) - 180
  const size = Math.abs(degrees)
  if (size < 20) return 'straight'
  if (size > 170) return 'around'
  const side = degrees < 0 ? 'left' : 'right'
  if (size < 45) return `slight-${side}`
  return size < 120 ? side : `sharp-${side}`
}
