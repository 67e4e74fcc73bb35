/** A city whose roads are as slow as they usually are at this time of the day. */
import type { CityMap, Region } from '../city-map.ts'
import type { RoadNetwork } from '../road-network.ts'
import type { TrafficFactors } from './factors.ts'

export interface TrafficOptions {
  free: RoadNetwork
  factors: TrafficFactors
  now: () => number
  region: Region
  /** Runs a task when there is time, as `setImmediate`; without it, the hierarchy is weighted at once, by whoever asks first. */
  later?: (task: () => void) => void
}

/**
 * The hierarchy is weighted anew when another quarter of an hour has begun and is asked for, with what is known by then; what is
 * learnt meanwhile counts from the next time on. Where nothing is known, roads are free.
 */
export function cityWithTraffic({ free, factors, now, region, later }: TrafficOptions): CityMap {
  let network = free
  /** The quarter that `network` is of, or that is being made. */
  let quarter = -1

  const make = (steps: Generator<undefined, RoadNetwork>, of: number): void => {
    // Another quarter has begun meanwhile: this one is too late.
    if (of !== quarter) return
    const step = steps.next()
    if (step.done) network = step.value
    else later!(() => make(steps, of))
  }

  return {
    region,
    network() {
      const wanted = factors.quarterAt(now())
      if (wanted === quarter) return network
      quarter = wanted
      const weights = factors.weights(free.arcMs, wanted)
      if (weights.every((ms, arc) => ms === free.arcMs[arc])) network = free
      else if (later === undefined) network = free.reweighted(weights)
      else later(() => make(free.reweighting(weights), wanted))
      return network
    },
    trafficFactor: (arc) => factors.factor(arc, factors.quarterAt(now())),
  }
}
