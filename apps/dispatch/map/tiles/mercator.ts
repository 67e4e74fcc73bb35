/** Web Mercator tiles: https://wiki.openstreetmap.org/wiki/Slippy_map_tilenames. */
import type { Position } from '../../model/order.ts'
import type { Box } from '../road-network.ts'

export const TILE_PIXELS = 256

export interface TileName {
  z: number
  x: number
  y: number
}

export function boxOf({ z, x, y }: TileName, marginPixels = 0): Box {
  const count = 2 ** z
  const margin = marginPixels / TILE_PIXELS
  const lng = (column: number): number => (column / count) * 360 - 180
  const lat = (row: number): number =>
    (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / count))) * 180) / Math.PI
  return {
    west: lng(x - margin),
    east: lng(x + 1 + margin),
    north: lat(y - margin),
    south: lat(y + 1 + margin),
  }
}

/** Pixels from the upper left corner of the tile. */
export function pixelOf({ z, x, y }: TileName, { lng, lat }: Position): { x: number; y: number } {
  const count = 2 ** z
  const radians = (lat * Math.PI) / 180
  const column = ((lng + 180) / 360) * count
  const row = ((1 - Math.asinh(Math.tan(radians)) / Math.PI) / 2) * count
  return { x: (column - x) * TILE_PIXELS, y: (row - y) * TILE_PIXELS }
}
