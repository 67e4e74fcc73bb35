/**
 * Turn restrictions (https://wiki.openstreetmap.org/wiki/Relation:restriction) as sequences of arcs that may not be ridden.
 * One that commands ("only_…") forbids every other way on: at its via, and on a chain of via ways also at the end of it.
 */
import { headOf, isOpen, type RoadGraph, tailOf } from '../graph/road-graph.ts'
import type { Member, Tags } from './pbf.ts'

export interface Restriction {
  isCommand: boolean
  from: number[]
  /** One node, or ways that hang together. */
  via: { type: 'node' | 'way'; id: number }[]
  to: number[]
}

/** Edges of via ways at the most; one with more is unclear. */
const VIA_EDGES_MAX = 24

/** Undefined for relations that restrict no electric bike. Those at certain hours only are left out. */
export function restrictionOf(members: readonly Member[], tags: Tags): Restriction | undefined {
  if (tags['type'] !== 'restriction') return undefined
  const kind = tags['restriction:bicycle'] ?? tags['restriction'] ?? ''
  if (!/^(no|only)_/.test(kind)) return undefined
  const isExcepted = (tags['except'] ?? '').split(';').some((vehicle) => vehicle.trim() === 'bicycle')
  if (isExcepted && tags['restriction:bicycle'] === undefined) return undefined
  const ways = (role: string): number[] =>
    members.filter((member) => member.role === role && member.type === 'way').map(({ id }) => id)
  const via = members.flatMap(({ role, type, id }) =>
    role === 'via' && type !== 'relation' ? [{ type, id }] : [],
  )
  return { isCommand: kind.startsWith('only_'), from: ways('from'), via, to: ways('to') }
}

interface Lookup {
  edgesOfWay(id: number): readonly number[]
  nodeOf(id: number): number | undefined
}

/** Restrictions whose members are not in the extract ban nothing; those that can be read in two ways are counted as unclear. */
export function restrictedSequences(
  graph: RoadGraph,
  restrictions: readonly Restriction[],
  lookup: Lookup,
): { sequences: number[][]; unclear: number } {
  const leaving = arcsByTail(graph)
  const sequences = new Map<string, number[]>()
  const ban = (sequence: number[]): void => void sequences.set(sequence.join(), sequence)
  let unclear = 0
  for (const restriction of restrictions) {
    const chains = chainsOf(graph, restriction, lookup)
    if (chains === undefined) {
      unclear++
      continue
    }
    const to = new Set(restriction.to.flatMap((id) => lookup.edgesOfWay(id)))
    for (const chain of chains) {
      const onward = leaving.get(headOf(graph, chain.at(-1)!)) ?? []
      const named = onward.filter((arc) => to.has(arc >> 1) && (chain.length > 1 || arc !== chain[0]))
      if (named.length === 0) continue
      if (!restriction.isCommand) for (const arc of named) ban([...chain, arc])
      else {
        for (const arc of onward) if (!named.includes(arc)) ban([...chain, arc])
        if (chain.length > 1)
          for (const arc of leaving.get(headOf(graph, chain[0]!)) ?? [])
            if (arc !== chain[1]) ban([chain[0]!, arc])
      }
    }
  }
  return { sequences: [...sequences.values()], unclear }
}

/** From an arc of a `from` way along all of the via, each as arcs. Undefined where several arcs of one way arrive at it. */
function chainsOf(graph: RoadGraph, { from, via }: Restriction, lookup: Lookup): number[][] | undefined {
  const viaEdges = via.flatMap(({ type, id }) => (type === 'way' ? lookup.edgesOfWay(id) : []))
  const viaNode = via.length === 1 && via[0]!.type === 'node' ? lookup.nodeOf(via[0]!.id) : undefined
  if (viaNode === undefined && viaEdges.length === 0) return []
  if (viaEdges.length > VIA_EDGES_MAX) return undefined
  const chains: number[][] = []
  for (const way of from) {
    const arcs = lookup
      .edgesOfWay(way)
      .flatMap((edge) => [2 * edge, 2 * edge + 1])
      .filter((arc) => isOpen(graph, arc))
    const found = arcs.flatMap((arc) =>
      viaNode === undefined
        ? throughAll(graph, [arc], viaEdges)
        : headOf(graph, arc) === viaNode
          ? [[arc]]
          : [],
    )
    if (found.length > 1) return undefined
    chains.push(...found)
  }
  return chains
}

/** Every ride that goes on over all of these edges, each once. */
function throughAll(graph: RoadGraph, chain: readonly number[], left: readonly number[]): number[][] {
  if (left.length === 0) return [[...chain]]
  const at = headOf(graph, chain.at(-1)!)
  return left.flatMap((edge) =>
    [2 * edge, 2 * edge + 1]
      .filter((arc) => isOpen(graph, arc) && tailOf(graph, arc) === at)
      .flatMap((arc) =>
        throughAll(
          graph,
          [...chain, arc],
          left.filter((other) => other !== edge),
        ),
      ),
  )
}

function arcsByTail(graph: RoadGraph): Map<number, number[]> {
  const leaving = new Map<number, number[]>()
  for (let arc = 0; arc < graph.edgeFrom.length * 2; arc++) {
    if (!isOpen(graph, arc)) continue
    const others = leaving.get(tailOf(graph, arc))
    if (others === undefined) leaving.set(tailOf(graph, arc), [arc])
    else others.push(arc)
  }
  return leaving
}
