/** A city whose roads are as slow as they usually are at this time of the day. */
import type { CityMap, Region } from '../city-map.ts'
import type { RoadNetwork } from '../road-network.ts'
import type { TrafficFactors } from './factors.ts'

/**
 * The hierarchy is weighted anew when another quarter of an hour has begun and is asked for; once the factors have changed,
 * with the quarter after. Until then, and where nothing is known, roads are free.
 */
export function cityWithTraffic(
  free: RoadNetwork,
  factors: TrafficFactors,
  now: () => number,
  region: Region,
): CityMap {
  let current: { quarter: number; network: RoadNetwork } | undefined
  return {
    region,
    network() {
      const quarter = factors.quarterAt(now())
      if (current?.quarter === quarter) return current.network
      const weights = factors.weights(free.arcMs, quarter)
      const isFree = weights.every((ms, arc) => ms === free.arcMs[arc])
      current = { quarter, network: isFree ? free : free.reweighted(weights) }
      return current.network
    },
    trafficFactor: (arc) => factors.factor(arc, factors.quarterAt(now())),
  }
}
