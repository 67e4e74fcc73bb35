/** Small random roads, and the plainest search there is on them, to hold the hierarchy against. */
import fc from 'fast-check'
import { spotOf } from './graph/places.ts'
import {
  BACKWARD,
  DEGREE,
  FORWARD,
  freeFlow,
  headOf,
  isOpen,
  type RoadGraph,
  tailOf,
} from './graph/road-graph.ts'

const NODES_MAX = 12

export interface Sketch {
  nodes: number
  edges: { from: number; to: number; flags: number; ms: number; decimetres: number }[]
  /** Arcs to begin with, and which way to go on: made into sequences that hang together. */
  bans: { arc: number; turns: number[] }[]
}

export const sketches: fc.Arbitrary<Sketch> = fc.record({
  nodes: fc.integer({ min: 2, max: NODES_MAX }),
  edges: fc.array(
    fc.record({
      from: fc.nat(NODES_MAX - 1),
      to: fc.nat(NODES_MAX - 1),
      flags: fc.constantFrom(FORWARD, BACKWARD, FORWARD | BACKWARD, FORWARD | BACKWARD),
      ms: fc.integer({ min: 1, max: 30 }),
      decimetres: fc.integer({ min: 0, max: 1000 }),
    }),
    { minLength: 1, maxLength: 30 },
  ),
  bans: fc.array(fc.record({ arc: fc.nat(), turns: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }) }), {
    maxLength: 8,
  }),
})

export function graphOf({ nodes, edges, bans }: Sketch): RoadGraph {
  const graph: RoadGraph = {
    nodeLng: Int32Array.from({ length: nodes }, (_, node) => (node % 4) * 0.001 * DEGREE),
    nodeLat: Int32Array.from({ length: nodes }, (_, node) => Math.floor(node / 4) * 0.001 * DEGREE),
    edgeFrom: Uint32Array.from(edges, ({ from }) => from % nodes),
    edgeTo: Uint32Array.from(edges, ({ to }) => to % nodes),
    edgeFlags: Uint8Array.from(edges, ({ flags }) => flags),
    edgeClass: new Uint8Array(edges.length),
    edgeName: new Uint32Array(edges.length),
    edgeDecimetres: Uint32Array.from(edges, ({ decimetres }) => decimetres),
    edgeMs: Uint32Array.from(edges, ({ ms }) => ms),
    shapeStart: new Uint32Array(edges.length + 1),
    shapeLng: new Int32Array(0),
    shapeLat: new Int32Array(0),
    bannedStart: Uint32Array.of(0),
    bannedArcs: new Uint32Array(0),
    names: [''],
  }
  const sequences = bans.map(({ arc, turns }) => {
    const sequence = [arc % (edges.length * 2)]
    for (const turn of turns) {
      const out = arcsFrom(graph, headOf(graph, sequence.at(-1)!))
      if (out.length > 0) sequence.push(out[turn % out.length]!)
    }
    return sequence
  })
  return withBans(
    graph,
    sequences.filter(({ length }) => length > 1),
  )
}

export function withBans(graph: RoadGraph, sequences: readonly (readonly number[])[]): RoadGraph {
  const bannedStart = [0]
  for (const { length } of sequences) bannedStart.push(bannedStart.at(-1)! + length)
  return {
    ...graph,
    bannedStart: Uint32Array.from(bannedStart),
    bannedArcs: Uint32Array.from(sequences.flat()),
  }
}

const arcsFrom = (graph: RoadGraph, node: number): number[] =>
  Array.from({ length: graph.edgeFrom.length * 2 }, (_, arc) => arc).filter(
    (arc) => isOpen(graph, arc) && tailOf(graph, arc) === node,
  )

const bansOf = (graph: RoadGraph): number[][] =>
  Array.from({ length: graph.bannedStart.length - 1 }, (_, at) => [
    ...graph.bannedArcs.subarray(graph.bannedStart[at]!, graph.bannedStart[at + 1]!),
  ])

/** Whether a ride, told by its arcs, rides no banned sequence. */
export function isAllowed(graph: RoadGraph, ride: readonly number[]): boolean {
  const text = `,${ride.join(',')},`
  return bansOf(graph).every((ban) => !text.includes(`,${ban.join(',')},`))
}

/**
 * Least time between two places, by trying every ride in the order of its time. A state is the end of the ride that may
 * still matter to a ban; nothing here knows of split nodes.
 */
export function plainMs(graph: RoadGraph, from: number, to: number, arcMs = freeFlow(graph)): number {
  if (from === to) return 0
  const bans = bansOf(graph)
  const remembered = Math.max(1, ...bans.map(({ length }) => length - 1))
  const source = spotOf(graph, from)
  const target = spotOf(graph, to)
  let best = Number.POSITIVE_INFINITY
  const part = (arc: number, share: number): number => Math.round(arcMs[arc]! * share)
  const along = (arc: number, share: number): number => (arc & 1 ? 1 - share : share)
  const open: { ms: number; node: number; ride: number[] }[] = []
  if (source === undefined) open.push({ ms: 0, node: from, ride: [] })
  else
    for (const arc of [2 * source.edge, 2 * source.edge + 1].filter((one) => isOpen(graph, one))) {
      open.push({ ms: part(arc, 1 - along(arc, source.share)), node: headOf(graph, arc), ride: [arc] })
      if (target?.edge === source.edge && along(arc, target.share) >= along(arc, source.share))
        best = Math.min(best, part(arc, along(arc, target.share) - along(arc, source.share)))
    }
  const done = new Set<string>()
  while (open.length > 0) {
    open.sort((one, other) => one.ms - other.ms)
    const { ms, node, ride } = open.shift()!
    if (ms >= best) break
    const key = `${node}:${ride.join()}`
    if (done.has(key)) continue
    done.add(key)
    if (target === undefined && node === to) return Math.min(best, ms)
    for (const arc of arcsFrom(graph, node)) {
      const whole = [...ride, arc]
      if (
        bans.some(
          (ban) =>
            ban.length <= whole.length &&
            ban.every((one, at) => one === whole[whole.length - ban.length + at]),
        )
      )
        // biome-ignore format: one line
        continue
      if (target !== undefined && arc >> 1 === target.edge)
        best = Math.min(best, ms + part(arc, along(arc, target.share)))
      open.push({ ms: ms + arcMs[arc]!, node: headOf(graph, arc), ride: whole.slice(-remembered) })
    }
  }
  return best
}
