/** Metres on a city's scale: a plane that touches the earth in the middle of what is measured. */
import type { Position } from '../../model/order.ts'

const EARTH_RADIUS_METRES = 6_371_008.8
export const METRES_PER_DEGREE = (EARTH_RADIUS_METRES * Math.PI) / 180

export function metresBetween(one: Position, other: Position): number {
  const middle = (((one.lat + other.lat) / 2) * Math.PI) / 180
  const x = (other.lng - one.lng) * Math.cos(middle) * METRES_PER_DEGREE
  const y = (other.lat - one.lat) * METRES_PER_DEGREE
  return Math.hypot(x, y)
}

/** Degrees clockwise from north, 0 to 360. */
export function bearing(from: Position, to: Position): number {
  const x = (to.lng - from.lng) * Math.cos((from.lat * Math.PI) / 180)
  const degrees = (Math.atan2(x, to.lat - from.lat) * 180) / Math.PI
  return (degrees + 360) % 360
}

export const between = (from: Position, to: Position, share: number): Position => ({
  lng: from.lng + (to.lng - from.lng) * share,
  lat: from.lat + (to.lat - from.lat) * share,
})

export function lengthOf(points: readonly Position[]): number {
  let metres = 0
  for (let at = 1; at < points.length; at++) metres += metresBetween(points[at - 1]!, points[at]!)
  return metres
}

/** The part of a line from one share of its length to another. */
export function cut(points: readonly Position[], fromShare: number, toShare: number): Position[] {
  const whole = lengthOf(points)
  const fromMetres = whole * fromShare
  const toMetres = whole * toShare
  const part: Position[] = []
  let begun = 0
  for (let at = 1; at < points.length; at++) {
    const one = points[at - 1]!
    const other = points[at]!
    const length = metresBetween(one, other)
    const share = (metres: number): number => (length === 0 ? 0 : (metres - begun) / length)
    if (part.length === 0 && begun + length >= fromMetres) part.push(between(one, other, share(fromMetres)))
    if (begun + length >= toMetres) {
      part.push(between(one, other, share(toMetres)))
      return part
    }
    if (part.length > 0) part.push(other)
    begun += length
  }
  part.push(points.at(-1)!)
  return part
}
