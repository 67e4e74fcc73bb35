/**
 * Many-to-many by buckets (Knopp, Sanders, Schultes, Schulz, Wagner 2007): a search backwards from each target leaves its
 * distance at every node that it settles, and a search forwards from each source reads what lies there.
 */
import { HalfSearch, NOWHERE, type Seed } from './half-search.ts'
import { type Hierarchy, MS_MAX } from './hierarchy.ts'

/** What each target's search has left, sorted by the rank where it lies: those of rank r from `start[r]` on. */
interface Buckets {
  start: Uint32Array
  target: Int32Array
  ms: Int32Array
  decimetres: Int32Array
}

/** Told for each source, with a row that is written over when the next one comes: at `MS_MAX` there is no way. */
export type Row = (source: number, ms: Int32Array, decimetres: Int32Array) => void

export class ManyToMany {
  readonly #forwards: HalfSearch
  readonly #backwards: HalfSearch
  readonly #size: number

  constructor(hierarchy: Hierarchy) {
    this.#forwards = new HalfSearch(hierarchy, 'forwards')
    this.#backwards = new HalfSearch(hierarchy, 'backwards')
    this.#size = hierarchy.rank.length
  }

  each(sources: readonly (readonly Seed[])[], targets: readonly (readonly Seed[])[], row: Row): void {
    const buckets = this.#fill(targets)
    const rowMs = new Int32Array(targets.length)
    const rowDecimetres = new Int32Array(targets.length)
    const forwards = this.#forwards
    sources.forEach((seeds, source) => {
      rowMs.fill(MS_MAX)
      forwards.begin(seeds)
      for (let rank = forwards.advance(); rank !== NOWHERE; rank = forwards.advance()) {
        const ms = forwards.ms[rank]!
        const decimetres = forwards.decimetres[rank]!
        for (let at = buckets.start[rank]!, end = buckets.start[rank + 1]!; at < end; at++) {
          const target = buckets.target[at]!
          const whole = ms + buckets.ms[at]!
          if (whole >= rowMs[target]!) continue
          rowMs[target] = whole
          rowDecimetres[target] = decimetres + buckets.decimetres[at]!
        }
      }
      row(source, rowMs, rowDecimetres)
    })
  }

  #fill(targets: readonly (readonly Seed[])[]): Buckets {
    const backwards = this.#backwards
    const left: { rank: number[]; target: number[]; ms: number[]; decimetres: number[] } = {
      rank: [],
      target: [],
      ms: [],
      decimetres: [],
    }
    targets.forEach((seeds, target) => {
      backwards.begin(seeds)
      for (let rank = backwards.advance(); rank !== NOWHERE; rank = backwards.advance()) {
        left.rank.push(rank)
        left.target.push(target)
        left.ms.push(backwards.ms[rank]!)
        left.decimetres.push(backwards.decimetres[rank]!)
      }
    })
    return sorted(this.#size, left)
  }
}

function sorted(
  size: number,
  left: { rank: number[]; target: number[]; ms: number[]; decimetres: number[] },
): Buckets {
  const count = left.rank.length
  const start = new Uint32Array(size + 1)
  for (let at = 0; at < count; at++) start[left.rank[at]! + 1]!++
  for (let rank = 0; rank < size; rank++) start[rank + 1]! += start[rank]!
  const next = start.slice()
  const buckets = {
    start,
    target: new Int32Array(count),
    ms: new Int32Array(count),
    decimetres: new Int32Array(count),
  }
  for (let at = 0; at < count; at++) {
    const place = next[left.rank[at]!]!++
    buckets.target[place] = left.target[at]!
    buckets.ms[place] = left.ms[at]!
    buckets.decimetres[place] = left.decimetres[at]!
  }
  return buckets
}
