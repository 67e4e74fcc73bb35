/**
 * Turn restrictions, exactly. The sequences of arcs that are banned make an automaton (Aho and Corasick 1975): its state
 * is how much of a banned sequence has just been ridden. A node of the graph is then split for each state that can be
 * there, and an arc that would complete a banned sequence is left out of that copy. Node `n` itself is the state in
 * which nothing of a banned sequence has been ridden; there are as many copies beside it as there are restrictions that
 * begin there, so that the graph hardly grows.
 */
import { headOf, isOpen, type RoadGraph, tailOf } from './road-graph.ts'

/** Arcs between split nodes, as columns. */
export interface Arcs {
  tail: Uint32Array
  head: Uint32Array
  /** The arc of the road graph that each is. */
  road: Uint32Array
}

export interface Turns {
  /** Of split nodes: those of the graph first, then the copies. */
  nodeCount: number
  /** Whose copy it is; for the nodes of the graph themselves. */
  original(node: number): number
  /** Node `original`, and its copies. */
  variants(original: number): readonly number[]
  /** The split node that an arc leads to when it is ridden from a split node; -1 where it may not be. */
  follow(node: number, arc: number): number
}

interface State {
  next: Map<number, number>
  fail: number
  banned: boolean
  /** The node where it is reached; unused for the root. */
  at: number
}

const ROOT = 0

export function turnsOf(graph: RoadGraph): Turns {
  const states = automaton(graph)
  const nodes = graph.nodeLng.length
  // A banned state is never entered, so it needs no node; the root is the node of the graph itself.
  const splitOf = new Int32Array(states.length).fill(-1)
  const copies: number[] = []
  for (let state = 1; state < states.length; state++) {
    if (states[state]!.banned) continue
    splitOf[state] = nodes + copies.length
    copies.push(state)
  }
  const variants = new Map<number, number[]>()
  copies.forEach((state, at) => {
    const original = states[state]!.at
    if (!variants.has(original)) variants.set(original, [original])
    variants.get(original)!.push(nodes + at)
  })

  const follow = (node: number, arc: number): number => {
    const state = node < nodes ? ROOT : copies[node - nodes]!
    const entered = step(states, state, arc)
    if (entered === ROOT) return headOf(graph, arc)
    return splitOf[entered]!
  }

  return {
    nodeCount: nodes + copies.length,
    original: (node) => (node < nodes ? node : states[copies[node - nodes]!]!.at),
    variants: (original) => variants.get(original) ?? [original],
    follow,
  }
}

function automaton(graph: RoadGraph): State[] {
  const states: State[] = [{ next: new Map(), fail: ROOT, banned: false, at: -1 }]
  for (let ban = 0; ban + 1 < graph.bannedStart.length; ban++) {
    let state = ROOT
    for (let at = graph.bannedStart[ban]!; at < graph.bannedStart[ban + 1]!; at++) {
      const arc = graph.bannedArcs[at]!
      let next = states[state]!.next.get(arc)
      if (next === undefined) {
        next = states.push({ next: new Map(), fail: ROOT, banned: false, at: headOf(graph, arc) }) - 1
        states[state]!.next.set(arc, next)
      }
      state = next
    }
    if (state !== ROOT) states[state]!.banned = true
  }
  const queue = [...states[ROOT]!.next.values()]
  for (const state of queue)
    for (const [arc, next] of states[state]!.next) {
      const fail = step(states, states[state]!.fail, arc)
      states[next]!.fail = fail
      states[next]!.banned ||= states[fail]!.banned
      queue.push(next)
    }
  return states
}

function step(states: readonly State[], from: number, arc: number): number {
  for (let state = from; ; state = states[state]!.fail) {
    const next = states[state]!.next.get(arc)
    if (next !== undefined) return next
    if (state === ROOT) return ROOT
  }
}

/** All arcs that may be ridden, between split nodes. */
export function splitArcs(graph: RoadGraph, turns: Turns): Arcs {
  const columns: { [column in keyof Arcs]: number[] } = { tail: [], head: [], road: [] }
  for (let arc = 0; arc < graph.edgeFrom.length * 2; arc++) {
    if (!isOpen(graph, arc)) continue
    for (const node of turns.variants(tailOf(graph, arc))) {
      const head = turns.follow(node, arc)
      if (head === -1) continue
      columns.tail.push(node)
      columns.head.push(head)
      columns.road.push(arc)
    }
  }
  return {
    tail: Uint32Array.from(columns.tail),
    head: Uint32Array.from(columns.head),
    road: Uint32Array.from(columns.road),
  }
}
