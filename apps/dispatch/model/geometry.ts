/** Positions on the earth, as far as a city needs it. */
import type { Position } from './order.ts'

/** WGS-84, degrees; both ends belong to it. */
export interface Box {
  west: number
  south: number
  east: number
  north: number
}

export const isInside = ({ west, south, east, north }: Box, { lng, lat }: Position): boolean =>
  lng >= west && lng <= east && lat >= south && lat <= north

const earthRadiusMetres = 6_371_008.8

/** As the crow flies, on a sphere. */
export function metresBetween(a: Position, b: Position): number {
  const rad = Math.PI / 180
  const half =
    Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lng - a.lng) * rad) / 2) ** 2
  return 2 * earthRadiusMetres * Math.asin(Math.min(1, Math.sqrt(half)))
}
