/**
 * The projection of slippy maps: WGS-84 in degrees to pixels of a square world that is 256 · 2^zoom wide, from its
 * north-western corner. Zoom need not be whole.
 */
import type { Position } from '../../../model/order.ts'

export const TILE_PX = 256
/** Where the square ends; beyond it Mercator's y leaves the world. */
export const LAT_MAX = 85.051_128_779_806_59

export interface Pixel {
  x: number
  y: number
}

export const worldPx = (zoom: number): number => TILE_PX * 2 ** zoom

export function project({ lng, lat }: Position, zoom: number): Pixel {
  const bounded = Math.min(LAT_MAX, Math.max(-LAT_MAX, lat))
  const sine = Math.sin((bounded * Math.PI) / 180)
  const size = worldPx(zoom)
  return {
    x: ((lng + 180) / 360) * size,
    y: (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * size,
  }
}

export function unproject({ x, y }: Pixel, zoom: number): Position {
  const size = worldPx(zoom)
  const n = Math.PI * (1 - (2 * y) / size)
  return { lng: (x / size) * 360 - 180, lat: (Math.atan(Math.sinh(n)) * 180) / Math.PI }
}

const EARTH_RADIUS_M = 6_371_008.8

/** Metres as the crow flies. */
export function distanceM(a: Position, b: Position): number {
  const rad = Math.PI / 180
  const u = Math.sin(((b.lat - a.lat) * rad) / 2)
  const v = Math.sin(((b.lng - a.lng) * rad) / 2)
  const w = u * u + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * v * v
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(w)))
}

/** The point that lies `metres` along a way, and the end of it for what is longer. */
export function alongWay(way: readonly Position[], metres: number): Position | undefined {
  let rest = metres
  for (let at = 1; at < way.length; at++) {
    const from = way[at - 1]!
    const to = way[at]!
    const length = distanceM(from, to)
    if (rest < length) {
      const share = rest / length
      return { lng: from.lng + (to.lng - from.lng) * share, lat: from.lat + (to.lat - from.lat) * share }
    }
    rest -= length
  }
  return way.at(-1)
}
