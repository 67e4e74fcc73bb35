/** A road network as the dispatcher asks it: places of positions, ways that are asked for again and again. */
import type { Ground } from '../dispatcher/options.ts'
import type { RoadNetwork } from '../map/road-network.ts'
import type { Ways } from '../running/ways.ts'

/** Pairs of places whose way is remembered, 16 bytes and a little each; all are forgotten when there are more. */
const REMEMBERED_MAX = 400_000
/** Positions whose place is remembered: doors and kitchens come up at every tick. */
const PLACES_MAX = 50_000

export function roadWays(network: RoadNetwork): Ways {
  const known = new Map<number, Map<number, { ms: number; metres: number }>>()
  const places = new Map<string, number | undefined>()
  let count = 0

  function way(from: number, to: number): { ms: number; metres: number } {
    const row = known.get(from)
    const found = row?.get(to)
    if (found) return found
    if (count >= REMEMBERED_MAX) {
      known.clear()
      count = 0
    }
    const made = { ms: network.ms(from, to), metres: network.metres(from, to) }
    const kept = known.get(from)
    if (kept) kept.set(to, made)
    else known.set(from, new Map([[to, made]]))
    count++
    return made
  }

  return {
    ms: (from, to) => way(from, to).ms,
    metres: (from, to) => way(from, to).metres,
    positionOf: network.positionOf,
    placeAt(position) {
      const key = `${position.lng},${position.lat}`
      if (places.has(key)) return places.get(key)
      if (places.size >= PLACES_MAX) places.clear()
      const place = network.nearest(position)?.place
      places.set(key, place)
      return place
    },
  }
}

const METRES_OF_DEGREE = 111_195

/** A plane that touches the earth where the city is. */
export function groundOf({ bounds, positionOf }: RoadNetwork): Ground {
  const metresOfLng = METRES_OF_DEGREE * Math.cos((((bounds.south + bounds.north) / 2) * Math.PI) / 180)
  return {
    x: (place) => positionOf(place).lng * metresOfLng,
    y: (place) => positionOf(place).lat * METRES_OF_DEGREE,
  }
}
