/** What a map shows: a middle and a zoom, and what moving, zooming and fitting make of them. Pure. */
import type { Position } from '../../../model/order.ts'
import { type Pixel, project, TILE_PX, unproject } from './mercator.ts'

export interface Viewport {
  middle: Position
  zoom: number
  widthPx: number
  heightPx: number
}

/** The map service has no tiles below. */
export const ZOOM_MIN = 8
export const ZOOM_MAX = 19

const boundedZoom = (zoom: number): number => Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, zoom))

/** Pixels within the map, from its upper left corner. */
export function toScreen(view: Viewport, position: Position): Pixel {
  const middle = project(view.middle, view.zoom)
  const at = project(position, view.zoom)
  return { x: at.x - middle.x + view.widthPx / 2, y: at.y - middle.y + view.heightPx / 2 }
}

export function fromScreen(view: Viewport, { x, y }: Pixel): Position {
  const middle = project(view.middle, view.zoom)
  return unproject({ x: middle.x + x - view.widthPx / 2, y: middle.y + y - view.heightPx / 2 }, view.zoom)
}

/** The ground follows the finger. */
export function moved(view: Viewport, by: Pixel): Viewport {
  const { widthPx, heightPx } = view
  return { ...view, middle: fromScreen(view, { x: widthPx / 2 - by.x, y: heightPx / 2 - by.y }) }
}

/** What lies under `at` stays there. */
export function zoomed(view: Viewport, by: number, at: Pixel): Viewport {
  const zoom = boundedZoom(view.zoom + by)
  const held = fromScreen(view, at)
  const after = { ...view, zoom }
  const now = toScreen(after, held)
  return moved(after, { x: at.x - now.x, y: at.y - now.y })
}

/** All of the positions, with a margin; nearer than `closest` only if somebody zooms. */
export function fitted(
  view: Viewport,
  positions: readonly Position[],
  { marginPx = 48, closest = 16 }: { marginPx?: number; closest?: number } = {},
): Viewport {
  const first = positions[0]
  if (!first) return view
  let [west, east, south, north] = [first.lng, first.lng, first.lat, first.lat]
  for (const { lng, lat } of positions) {
    west = Math.min(west, lng)
    east = Math.max(east, lng)
    south = Math.min(south, lat)
    north = Math.max(north, lat)
  }
  const a = project({ lng: west, lat: north }, 0)
  const b = project({ lng: east, lat: south }, 0)
  const zoomFor = (sizePx: number, extent: number) =>
    extent > 0 ? Math.log2(Math.max(1, sizePx - 2 * marginPx) / extent) : closest
  const zoom = Math.min(closest, zoomFor(view.widthPx, b.x - a.x), zoomFor(view.heightPx, b.y - a.y))
  return {
    ...view,
    middle: unproject({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, 0),
    zoom: boundedZoom(zoom),
  }
}

export interface Tile {
  z: number
  x: number
  y: number
  left: number
  top: number
  sizePx: number
}

/** The tiles that cover the map, nearest to its middle first. */
export function tilesOf(view: Viewport): Tile[] {
  const z = Math.round(view.zoom)
  const scale = 2 ** (view.zoom - z)
  const sizePx = TILE_PX * scale
  const middle = project(view.middle, view.zoom)
  const west = middle.x - view.widthPx / 2
  const north = middle.y - view.heightPx / 2
  const last = 2 ** z - 1
  const tiles: Tile[] = []
  const from = (edge: number) => Math.max(0, Math.floor(edge / sizePx))
  const to = (edge: number) => Math.min(last, Math.floor(edge / sizePx))
  for (let y = from(north); y <= to(north + view.heightPx); y++) {
    for (let x = from(west); x <= to(west + view.widthPx); x++) {
      tiles.push({ z, x, y, left: x * sizePx - west, top: y * sizePx - north, sizePx })
    }
  }
  const far = ({ left, top }: Tile) =>
    Math.hypot(left + sizePx / 2 - view.widthPx / 2, top + sizePx / 2 - view.heightPx / 2)
  return tiles.sort((a, b) => far(a) - far(b))
}
