/** Where the name of a road goes: along the longest part of it that lies within the tile, so that no name is cut at its edge. */
import { pointsOf, type RoadGraph } from '../graph/road-graph.ts'
import { pixelOf, TILE_PIXELS, type TileName } from './mercator.ts'

/** From the edge of the tile, for the height of letters. */
const MARGIN_PIXELS = 7

interface Pixel {
  x: number
  y: number
}

export interface NameLine {
  name: string
  pixels: number
  /** Read from left to right. */
  points: Pixel[]
}

export function nameLines(graph: RoadGraph, tile: TileName, edges: readonly number[]): NameLine[] {
  const ofName = new Map<number, number[]>()
  for (const edge of edges) {
    const name = graph.edgeName[edge]!
    if (name === 0) continue
    if (ofName.has(name)) ofName.get(name)!.push(edge)
    else ofName.set(name, [edge])
  }
  return [...ofName].flatMap(([name, own]) => {
    const runs = chains(graph, own)
      .map((chain) => chain.map((point) => pixelOf(tile, point)))
      .flatMap(runsInside)
      .map((points) => ({ points, pixels: lengthOf(points) }))
    if (runs.length === 0) return []
    const { points, pixels } = runs.reduce((one, other) => (other.pixels > one.pixels ? other : one))
    const isLeftward = points.at(-1)!.x < points[0]!.x
    return [{ name: graph.names[name]!, pixels, points: isLeftward ? points.toReversed() : points }]
  })
}

/** Edges that meet, one after the other; where three meet, one of them goes on. */
function chains(graph: RoadGraph, edges: readonly number[]): { lng: number; lat: number }[][] {
  const left = new Set(edges)
  const at = new Map<number, number[]>()
  for (const edge of edges)
    for (const node of [graph.edgeFrom[edge]!, graph.edgeTo[edge]!])
      at.set(node, [...(at.get(node) ?? []), edge])
  const made: { lng: number; lat: number }[][] = []
  for (const edge of edges) {
    if (!left.delete(edge)) continue
    const chain = pointsOf(graph, edge)
    extend(graph.edgeTo[edge]!, (points) => chain.push(...points.slice(1)))
    extend(graph.edgeFrom[edge]!, (points) => chain.unshift(...points.slice(1).reverse()))
    made.push(chain)
  }
  return made

  function extend(from: number, add: (points: { lng: number; lat: number }[]) => void): void {
    for (let node = from; ; ) {
      const next = at.get(node)?.find((edge) => left.has(edge))
      if (next === undefined) return
      left.delete(next)
      const isForward = graph.edgeFrom[next] === node
      add(isForward ? pointsOf(graph, next) : pointsOf(graph, next).reverse())
      node = isForward ? graph.edgeTo[next]! : graph.edgeFrom[next]!
    }
  }
}

/** The parts of a line within the tile. */
function runsInside(line: readonly Pixel[]): Pixel[][] {
  const runs: Pixel[][] = []
  let run: Pixel[] = []
  const close = (): void => {
    if (run.length > 1) runs.push(run)
    run = []
  }
  for (let at = 1; at < line.length; at++) {
    const part = clipped(line[at - 1]!, line[at]!)
    if (part === undefined) {
      close()
      continue
    }
    if (part.from > 0) close()
    if (run.length === 0) run.push(pointAt(line[at - 1]!, line[at]!, part.from))
    run.push(pointAt(line[at - 1]!, line[at]!, part.to))
    if (part.to < 1) close()
  }
  close()
  return runs
}

/** The share of a straight line that is within the tile (Liang and Barsky). */
function clipped(one: Pixel, other: Pixel): { from: number; to: number } | undefined {
  let from = 0
  let to = 1
  for (const axis of ['x', 'y'] as const) {
    const step = other[axis] - one[axis]
    for (const [distance, towards] of [
      [one[axis] - MARGIN_PIXELS, -step],
      [TILE_PIXELS - MARGIN_PIXELS - one[axis], step],
    ] as const) {
      if (towards === 0 && distance < 0) return undefined
      if (towards < 0) from = Math.max(from, distance / towards)
      if (towards > 0) to = Math.min(to, distance / towards)
    }
  }
  return from < to ? { from, to } : undefined
}

const pointAt = (one: Pixel, other: Pixel, share: number): Pixel => ({
  x: one.x + share * (other.x - one.x),
  y: one.y + share * (other.y - one.y),
})

const lengthOf = (points: readonly Pixel[]): number =>
  points.reduce(
    (sum, { x, y }, at) => (at === 0 ? 0 : sum + Math.hypot(x - points[at - 1]!.x, y - points[at - 1]!.y)),
    0,
  )
