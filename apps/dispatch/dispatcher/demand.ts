/** Where the next order is likely to be: near the restaurants of the last ones. */
import type { Ground } from './options.ts'

/** Enough to know the quarters that are busy, few enough to follow them through the day. */
const remembered = 64
/** Past this a place is far off, whether by a little or by much: a city may be larger than what one rider serves. */
const farMetres = 8000
/** Places whose distance is known; when there are more, all are forgotten. */
const mostKnown = 20_000

export interface Demand {
  note(pickup: number): void
  /** Mean distance of a place from the restaurants of the last orders. */
  metres(place: number): number
}

export function demandOf(ground: Ground): Demand {
  const xs = new Float64Array(remembered)
  const ys = new Float64Array(remembered)
  const known = new Map<number, number>()
  let noted = 0
  return {
    note(pickup) {
      xs[noted % remembered] = ground.x(pickup)
      ys[noted % remembered] = ground.y(pickup)
      noted++
      known.clear()
    },
    metres(place) {
      const before = known.get(place)
      if (before !== undefined) return before
      const count = Math.min(noted, remembered)
      if (count === 0) return 0
      const x = ground.x(place)
      const y = ground.y(place)
      let sum = 0
      for (let index = 0; index < count; index++) {
        sum += Math.min(farMetres, Math.sqrt((xs[index]! - x) ** 2 + (ys[index]! - y) ** 2))
      }
      if (known.size >= mostKnown) known.clear()
      known.set(place, sum / count)
      return sum / count
    },
  }
}
