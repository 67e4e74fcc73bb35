/** Where things are for the planner, which knows places as numbers. A road network is one; straight lines are another. */
import type { Travel } from '../dispatcher/planner.ts'
import { type Box, metresBetween } from '../model/geometry.ts'
import type { Position } from '../model/order.ts'

export interface Ways extends Travel {
  /** The same number for the same position, always. Undefined: nowhere that one can ride to. */
  placeAt(position: Position): number | undefined
  positionOf(place: number): Position
}

/** About a metre. */
const stepsOfDegree = 100_000

/** By straight lines that are made longer, at one speed: for tests, and for a city whose roads nobody has. */
export function straightWays(box: Box, { metresPerMs = 4.2 / 1000, detour = 1.35 } = {}): Ways {
  const columns = Math.ceil((box.east - box.west) * stepsOfDegree) + 1
  const rows = Math.ceil((box.north - box.south) * stepsOfDegree) + 1
  const positionOf = (place: number) => ({
    lng: box.west + (place % columns) / stepsOfDegree,
    lat: box.south + Math.floor(place / columns) / stepsOfDegree,
  })
  const metres = (from: number, to: number) =>
    from === to ? 0 : metresBetween(positionOf(from), positionOf(to)) * detour
  return {
    positionOf,
    metres,
    ms: (from, to) => metres(from, to) / metresPerMs,
    placeAt({ lng, lat }) {
      const column = Math.round((lng - box.west) * stepsOfDegree)
      const row = Math.round((lat - box.south) * stepsOfDegree)
      const isInside = column >= 0 && row >= 0 && column < columns && row < rows
      return isInside ? row * columns + column : undefined
    },
  }
}
