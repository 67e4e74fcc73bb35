/** The largest part of the roads in which everything reaches everything; what is outside of it is drawn, but nothing is sent there. */
import { isOpen, MAIN, type RoadGraph, tailOf } from './road-graph.ts'
import { type Arcs, splitArcs, type Turns } from './turns.ts'

/** Sets the flag `MAIN` of the edges that can be left into that part and be reached from it. */
export function markMain(graph: RoadGraph, turns: Turns): void {
  const inMain = largestComponent(turns.nodeCount, splitArcs(graph, turns))
  for (let edge = 0; edge < graph.edgeFrom.length; edge++) {
    const arcs = [2 * edge, 2 * edge + 1].filter((arc) => isOpen(graph, arc))
    const leaves = arcs.some((arc) => inMain[turns.follow(tailOf(graph, arc), arc)] === 1)
    const isReached = arcs.some((arc) =>
      turns.variants(tailOf(graph, arc)).some((node) => inMain[node] === 1 && turns.follow(node, arc) !== -1),
    )
    if (leaves && isReached) graph.edgeFlags[edge]! |= MAIN
    else graph.edgeFlags[edge]! &= ~MAIN
  }
}

/** Two passes of depth-first search (Kosaraju), without recursion. */
function largestComponent(nodeCount: number, arcs: Arcs): Uint8Array {
  const out = adjacency(nodeCount, arcs.tail, arcs.head)
  const into = adjacency(nodeCount, arcs.head, arcs.tail)
  const order = finishingOrder(nodeCount, out)
  const component = new Int32Array(nodeCount).fill(-1)
  let largest = { name: -1, size: 0 }
  for (let at = nodeCount - 1; at >= 0; at--) {
    const root = order[at]!
    if (component[root] !== -1) continue
    component[root] = root
    const open = [root]
    let size = 0
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      size++
      for (let next = into.start[node]!; next < into.start[node + 1]!; next++) {
        const other = into.other[next]!
        if (component[other] !== -1) continue
        component[other] = root
        open.push(other)
      }
    }
    if (size > largest.size) largest = { name: root, size }
  }
  return Uint8Array.from(component, (name) => (name === largest.name ? 1 : 0))
}

interface Adjacency {
  start: Uint32Array
  other: Uint32Array
}

function adjacency(nodeCount: number, from: Uint32Array, to: Uint32Array): Adjacency {
  const start = new Uint32Array(nodeCount + 1)
  for (const node of from) start[node + 1]!++
  for (let node = 0; node < nodeCount; node++) start[node + 1]! += start[node]!
  const next = start.slice()
  const other = new Uint32Array(from.length)
  for (let at = 0; at < from.length; at++) other[next[from[at]!]!++] = to[at]!
  return { start, other }
}

function finishingOrder(nodeCount: number, { start, other }: Adjacency): Uint32Array {
  const order = new Uint32Array(nodeCount)
  const isSeen = new Uint8Array(nodeCount)
  const next = start.slice(0, nodeCount)
  let finished = 0
  for (let root = 0; root < nodeCount; root++) {
    if (isSeen[root] === 1) continue
    isSeen[root] = 1
    const path = [root]
    while (path.length > 0) {
      const node = path.at(-1)!
      if (next[node]! === start[node + 1]!) {
        order[finished++] = node
        path.pop()
        continue
      }
      const reached = other[next[node]!++]!
      if (isSeen[reached] === 1) continue
      isSeen[reached] = 1
      path.push(reached)
    }
  }
  return order
}
