/** One half of a search in a hierarchy: Dijkstra's, along arcs that lead up; forwards from sources or backwards from targets. */
import { Heap } from './heap.ts'
import type { Hierarchy } from './hierarchy.ts'

/** Where a search begins: a node, by its rank, and what it costs to be there. */
export interface Seed {
  rank: number
  ms: number
  decimetres: number
}

export const NOWHERE = -1

export class HalfSearch {
  readonly #hierarchy: Hierarchy
  readonly #start: Uint32Array
  readonly #opposite: Uint32Array
  readonly #heap = new Heap()
  readonly #seen: Uint32Array
  #round = 0
  /** By rank; of nodes that this round has reached only. */
  readonly ms: Int32Array
  readonly decimetres: Int32Array
  /** The arc by which it was reached and the rank of its lower end; `NOWHERE` at a seed. */
  readonly arc: Int32Array
  readonly from: Int32Array

  constructor(hierarchy: Hierarchy, direction: 'forwards' | 'backwards') {
    const size = hierarchy.rank.length
    this.#hierarchy = hierarchy
    this.#start = direction === 'forwards' ? hierarchy.upStart : hierarchy.downStart
    this.#opposite = direction === 'forwards' ? hierarchy.downStart : hierarchy.upStart
    this.#seen = new Uint32Array(size)
    this.ms = new Int32Array(size)
    this.decimetres = new Int32Array(size)
    this.arc = new Int32Array(size)
    this.from = new Int32Array(size)
  }

  begin(seeds: readonly Seed[]): void {
    this.#round++
    this.#heap.clear()
    for (const { rank, ms, decimetres } of seeds) this.#reach(rank, ms, decimetres, NOWHERE, NOWHERE)
  }

  /** No node that is still to come is nearer. */
  get leastMs(): number {
    return this.#heap.least
  }

  hasReached(rank: number): boolean {
    return this.#seen[rank] === this.#round
  }

  /**
   * Settles the next node and answers its rank, or `NOWHERE` when there is none. One that is reached sooner from above
   * is no part of a quickest way, and is passed over with all that follows from it.
   */
  advance(): number {
    const { other, ms: arcMs, decimetres } = this.#hierarchy
    while (this.#heap.size > 0) {
      const key = this.#heap.least
      const rank = this.#heap.pop()
      if (key > this.ms[rank]! || this.#isStalled(rank, key)) continue
      const metres = this.decimetres[rank]!
      for (let arc = this.#start[rank]!, end = this.#start[rank + 1]!; arc < end; arc++)
        this.#reach(other[arc]!, key + arcMs[arc]!, metres + decimetres[arc]!, arc, rank)
      return rank
    }
    return NOWHERE
  }

  #isStalled(rank: number, key: number): boolean {
    const { other, ms } = this.#hierarchy
    for (let arc = this.#opposite[rank]!, end = this.#opposite[rank + 1]!; arc < end; arc++) {
      const above = other[arc]!
      if (this.#seen[above] === this.#round && this.ms[above]! + ms[arc]! < key) return true
    }
    return false
  }

  #reach(rank: number, ms: number, decimetres: number, arc: number, from: number): void {
    if (this.#seen[rank] === this.#round && this.ms[rank]! <= ms) return
    this.#seen[rank] = this.#round
    this.ms[rank] = ms
    this.decimetres[rank] = decimetres
    this.arc[rank] = arc
    this.from[rank] = from
    this.#heap.push(ms, rank)
  }
}
