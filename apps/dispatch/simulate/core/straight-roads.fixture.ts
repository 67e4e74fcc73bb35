/** A city without streets, for tests: places in a square of four kilometres, ways that are straight. */

import { metresBetween } from '../../model/geometry.ts'
import type { Position } from '../../model/order.ts'
import type { Random } from './random.ts'
import type { Roads } from './roads.ts'

/** An electric bike in town: 20 km/h. */
const metresPerMs = 20 / 3600

export function straightRoads(random: Random, size = 200): Roads {
  const places: Position[] = Array.from({ length: size }, () => ({
    lng: random.between(116.3, 116.347),
    lat: random.between(39.98, 40.016),
  }))
  return {
    size,
    position: (place) => places[place]!,
    weight: () => 1,
    nearest: (position) =>
      places.reduce(
        (best, place, index) =>
          metresBetween(position, place) < metresBetween(position, places[best]!) ? index : best,
        0,
      ),
    way(from, to) {
      const points = [places[from]!, places[to]!]
      const metres = metresBetween(points[0]!, points[1]!)
      return { points, metres: [0, metres], ms: [0, metres / metresPerMs] }
    },
  }
}
