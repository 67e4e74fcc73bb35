/** The quickest way between two sets of seeds. */
import { HalfSearch, NOWHERE, type Seed } from './half-search.ts'
import { type Hierarchy, unpack } from './hierarchy.ts'

export interface Way {
  ms: number
  decimetres: number
  /** Arcs of the road graph, in the order they are ridden. */
  arcs: number[]
  /** Which seeds it begins and ends at, by their ranks. */
  from: number
  to: number
}

/** Where two halves meet. */
interface Meeting {
  ms: number
  decimetres: number
  at: number
}

export class QuickestWays {
  readonly #hierarchy: Hierarchy
  readonly #forwards: HalfSearch
  readonly #backwards: HalfSearch

  constructor(hierarchy: Hierarchy) {
    this.#hierarchy = hierarchy
    this.#forwards = new HalfSearch(hierarchy, 'forwards')
    this.#backwards = new HalfSearch(hierarchy, 'backwards')
  }

  /** Time and length only, which is several times as fast as the way itself. */
  measure(
    sources: readonly Seed[],
    targets: readonly Seed[],
  ): { ms: number; decimetres: number } | undefined {
    const { ms, decimetres, at } = this.#meet(sources, targets)
    return at === NOWHERE ? undefined : { ms, decimetres }
  }

  find(sources: readonly Seed[], targets: readonly Seed[]): Way | undefined {
    const { ms, decimetres, at } = this.#meet(sources, targets)
    if (at === NOWHERE) return undefined
    const forwards = this.#forwards
    const backwards = this.#backwards
    const up: number[] = []
    let from = at
    for (; forwards.arc[from] !== NOWHERE; from = forwards.from[from]!) up.push(forwards.arc[from]!)
    const arcs: number[] = []
    for (const arc of up.reverse()) unpack(this.#hierarchy, arc, arcs)
    let to = at
    for (; backwards.arc[to] !== NOWHERE; to = backwards.from[to]!)
      unpack(this.#hierarchy, backwards.arc[to]!, arcs)
    return { ms, decimetres, arcs, from, to }
  }

  /** Both halves in turn, until neither can come to something quicker. */
  #meet(sources: readonly Seed[], targets: readonly Seed[]): Meeting {
    const best: Meeting = { ms: Number.POSITIVE_INFINITY, decimetres: 0, at: NOWHERE }
    this.#forwards.begin(sources)
    this.#backwards.begin(targets)
    for (;;) {
      const forwardsNext = this.#forwards.leastMs
      const backwardsNext = this.#backwards.leastMs
      if (Math.min(forwardsNext, backwardsNext) >= best.ms) return best
      const [one, other] =
        forwardsNext <= backwardsNext ? [this.#forwards, this.#backwards] : [this.#backwards, this.#forwards]
      const rank = one.advance()
      if (rank === NOWHERE) {
        if (other.leastMs === Number.POSITIVE_INFINITY) return best
        continue
      }
      if (!other.hasReached(rank)) continue
      const ms = one.ms[rank]! + other.ms[rank]!
      if (ms >= best.ms) continue
      best.ms = ms
      best.decimetres = one.decimetres[rank]! + other.decimetres[rank]!
      best.at = rank
    }
  }
}
