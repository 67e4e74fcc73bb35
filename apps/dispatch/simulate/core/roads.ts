/** The streets as the simulator needs them. Places are numbers from 0; the city is whatever implements this. */
import type { Position } from '../../model/order.ts'

export interface Roads {
  /** How many places there are. */
  readonly size: number
  position(place: number): Position
  /** How likely somebody lives or cooks there: metres of road around it. */
  weight(place: number): number
  nearest(position: Position): number
  /** The quickest way of an electric bike on empty roads; undefined where there is none. */
  way(from: number, to: number): Way | undefined
}

/** Points of a way with how far, and how long after its beginning, each is; at least one point. */
export interface Way {
  points: Position[]
  metres: number[]
  ms: number[]
}

/** Where somebody is who has been on the way for this long, at this share of the speed of empty roads. */
export function along(way: Way, elapsedMs: number): Position {
  const last = way.points.length - 1
  if (elapsedMs >= way.ms[last]!) return way.points[last]!
  let [low, high] = [0, last]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (way.ms[middle]! <= elapsedMs) low = middle
    else high = middle
  }
  const span = way.ms[high]! - way.ms[low]!
  const share = span > 0 ? Math.max(0, elapsedMs - way.ms[low]!) / span : 1
  const [from, to] = [way.points[low]!, way.points[high]!]
  return { lng: from.lng + (to.lng - from.lng) * share, lat: from.lat + (to.lat - from.lat) * share }
}
