/** What is left of a graph while it is contracted node by node, with the shortcuts that stand for what is gone. */
import { Heap } from './heap.ts'
import { NO_ARC, type WeightedArcs } from './hierarchy.ts'

/** Nodes a search for a witness settles before it gives up, which costs a needless shortcut and nothing else. */
const SETTLED_TO_CONTRACT = 200
const SETTLED_TO_PRICE = 40

const NONE = -1

interface ArcColumns {
  tail: Int32Array
  head: Int32Array
  ms: Int32Array
  decimetres: Int32Array
  /** As in a `Hierarchy`. */
  first: Uint32Array
  second: Uint32Array
  /** Arcs of the road graph that it stands for. */
  hops: Int32Array
  /** Next arc of the same tail, and of the same head. */
  nextOut: Int32Array
  nextIn: Int32Array
}

export class Remainder {
  arcs: ArcColumns
  arcCount = 0
  readonly #firstOut: Int32Array
  readonly #firstIn: Int32Array
  /** How deep the hierarchy below a node is; contracted evenly, it stays flat. */
  readonly #level: Int32Array
  readonly #heap = new Heap()
  readonly #distance: Int32Array
  readonly #seen: Int32Array
  #round = 0

  constructor(nodeCount: number, given: WeightedArcs) {
    this.#firstOut = new Int32Array(nodeCount).fill(NONE)
    this.#firstIn = new Int32Array(nodeCount).fill(NONE)
    this.#level = new Int32Array(nodeCount)
    this.#distance = new Int32Array(nodeCount)
    this.#seen = new Int32Array(nodeCount)
    this.arcs = columns(given.tail.length * 3)
    for (let at = 0; at < given.tail.length; at++)
      this.#put(given.tail[at]!, given.head[at]!, {
        ms: given.ms[at]!,
        decimetres: given.decimetres[at]!,
        first: given.road[at]!,
        second: NO_ARC,
        hops: 1,
      })
  }

  /** What it would cost to contract the node now; the weights are those of RoutingKit. */
  price(node: number): number {
    const added = this.#shortcuts(node, SETTLED_TO_PRICE, false)
    let removed = 0
    let removedHops = 0
    const { hops, nextOut, nextIn } = this.arcs
    for (let arc = this.#firstOut[node]!; arc !== NONE; arc = nextOut[arc]!) {
      removed++
      removedHops += hops[arc]!
    }
    for (let arc = this.#firstIn[node]!; arc !== NONE; arc = nextIn[arc]!) {
      removed++
      removedHops += hops[arc]!
    }
    const level = 1000 * this.#level[node]!
    if (removed === 0) return level
    return level + Math.round((1000 * added.count) / removed + (1000 * added.hops) / removedHops)
  }

  /** Takes the node out; its own lists stay, and name what was left when it went. */
  contract(node: number): void {
    this.#shortcuts(node, SETTLED_TO_CONTRACT, true)
    const above = this.#level[node]! + 1
    const { head, tail, nextOut, nextIn } = this.arcs
    for (let arc = this.#firstOut[node]!; arc !== NONE; arc = nextOut[arc]!) {
      const other = head[arc]!
      this.#level[other] = Math.max(this.#level[other]!, above)
      this.#unlink(this.#firstIn, nextIn, other, arc)
    }
    for (let arc = this.#firstIn[node]!; arc !== NONE; arc = nextIn[arc]!) {
      const other = tail[arc]!
      this.#level[other] = Math.max(this.#level[other]!, above)
      this.#unlink(this.#firstOut, nextOut, other, arc)
    }
  }

  /** Counts, or adds, the shortcuts that keep all distances when the node is gone. */
  #shortcuts(node: number, settledMax: number, add: boolean): { count: number; hops: number } {
    const found = { count: 0, hops: 0 }
    for (let into = this.#firstIn[node]!; into !== NONE; into = this.arcs.nextIn[into]!) {
      const from = this.arcs.tail[into]!
      const intoMs = this.arcs.ms[into]!
      let farthest = NONE
      for (let out = this.#firstOut[node]!; out !== NONE; out = this.arcs.nextOut[out]!)
        if (this.arcs.head[out]! !== from) farthest = Math.max(farthest, intoMs + this.arcs.ms[out]!)
      if (farthest === NONE) continue
      this.#findWitnesses(from, node, farthest, settledMax)
      for (let out = this.#firstOut[node]!; out !== NONE; out = this.arcs.nextOut[out]!) {
        const to = this.arcs.head[out]!
        const ms = intoMs + this.arcs.ms[out]!
        if (to === from || (this.#seen[to] === this.#round && this.#distance[to]! <= ms)) continue
        const hops = this.arcs.hops[into]! + this.arcs.hops[out]!
        found.count++
        found.hops += hops
        if (!add) continue
        const decimetres = this.arcs.decimetres[into]! + this.arcs.decimetres[out]!
        this.#put(from, to, { ms, decimetres, first: into, second: out, hops })
      }
    }
    return found
  }

  /** Distances from a node that do not go through another; those beyond what matters are left out. */
  #findWitnesses(from: number, without: number, msMax: number, settledMax: number): void {
    const { head, ms, nextOut } = this.arcs
    const distance = this.#distance
    const seen = this.#seen
    const heap = this.#heap
    const round = ++this.#round
    heap.clear()
    distance[from] = 0
    seen[from] = round
    heap.push(0, from)
    for (let settled = 0; settled < settledMax && heap.least <= msMax; ) {
      const key = heap.least
      const node = heap.pop()
      if (key > distance[node]!) continue
      settled++
      for (let arc = this.#firstOut[node]!; arc !== NONE; arc = nextOut[arc]!) {
        const to = head[arc]!
        if (to === without) continue
        const length = key + ms[arc]!
        if (length > msMax || (seen[to] === round && distance[to]! <= length)) continue
        seen[to] = round
        distance[to] = length
        heap.push(length, to)
      }
    }
  }

  /** Of arcs between the same two nodes the quickest stays; one that is replaced is part of no shortcut, as both ends are there. */
  #put(
    tail: number,
    head: number,
    arc: { ms: number; decimetres: number; first: number; second: number; hops: number },
  ): void {
    if (tail === head) return
    let at = this.#firstOut[tail]!
    while (at !== NONE && this.arcs.head[at] !== head) at = this.arcs.nextOut[at]!
    if (at === NONE) at = this.#link(tail, head)
    else if (this.arcs.ms[at]! <= arc.ms) return
    this.arcs.ms[at] = arc.ms
    this.arcs.decimetres[at] = arc.decimetres
    this.arcs.first[at] = arc.first
    this.arcs.second[at] = arc.second
    this.arcs.hops[at] = arc.hops
  }

  #link(tail: number, head: number): number {
    if (this.arcCount === this.arcs.tail.length) this.arcs = grown(this.arcs)
    const at = this.arcCount++
    this.arcs.tail[at] = tail
    this.arcs.head[at] = head
    this.arcs.nextOut[at] = this.#firstOut[tail]!
    this.#firstOut[tail] = at
    this.arcs.nextIn[at] = this.#firstIn[head]!
    this.#firstIn[head] = at
    return at
  }

  #unlink(first: Int32Array, next: Int32Array, node: number, arc: number): void {
    if (first[node] === arc) {
      first[node] = next[arc]!
      return
    }
    let before = first[node]!
    while (next[before] !== arc) before = next[before]!
    next[before] = next[arc]!
  }
}

/** Nodes in the order of their rank. */
export function ordered(rank: Uint32Array): Uint32Array {
  const nodes = new Uint32Array(rank.length)
  for (let node = 0; node < rank.length; node++) nodes[rank[node]!] = node
  return nodes
}

const columns = (length: number): ArcColumns => ({
  tail: new Int32Array(length),
  head: new Int32Array(length),
  ms: new Int32Array(length),
  decimetres: new Int32Array(length),
  first: new Uint32Array(length),
  second: new Uint32Array(length),
  hops: new Int32Array(length),
  nextOut: new Int32Array(length),
  nextIn: new Int32Array(length),
})

function grown(arcs: ArcColumns): ArcColumns {
  const larger = columns(arcs.tail.length * 2 + 16)
  for (const name of Object.keys(arcs) as (keyof ArcColumns)[]) larger[name].set(arcs[name])
  return larger
}
