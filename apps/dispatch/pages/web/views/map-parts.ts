/** Maps as the pages use them: with the tiles of the map service, in the reader's language. */
import type { Order, Position } from '../api/contract.ts'
import type { Shell } from '../base/shell.ts'
import type { Words } from '../base/text.ts'
import type { MapLine, Marker } from '../map/content.ts'
import { type CityMap, cityMap } from '../map/map.ts'
import type { Routes } from '../map/routes.ts'
import { restOfWay } from '../map/way.ts'
import { homeIcon, meIcon, riderIcon, shopIcon } from './icons.ts'

export function pageMap(
  { api }: Shell,
  start: Position,
  on: {
    onPick?: (position: Position, pointId: string | undefined) => void
    onMove?: (middle: Position) => void
  } = {},
): CityMap {
  return cityMap({ tileAddress: (z, x, y) => api.address(`map/tiles/${z}/${x}/${y}.svg`), start, ...on })
}

export function sayMap(map: CityMap, { t }: Words): void {
  map.say({
    label: t('map.label'),
    zoomIn: t('map.zoomIn'),
    zoomOut: t('map.zoomOut'),
    whole: t('map.whole'),
    tilesMissing: t('map.tilesMissing'),
  })
}

export const shopMarker = (position: Position, label: string): Marker => ({
  id: `shop-${position.lng},${position.lat}`,
  position,
  kind: 'shop',
  label,
  picture: shopIcon(),
})

export const homeMarker = (position: Position, label: string): Marker => ({
  id: `home-${position.lng},${position.lat}`,
  position,
  kind: 'home',
  label,
  picture: homeIcon(),
})

export const riderMarker = (position: Position, label: string): Marker => ({
  id: 'rider',
  position,
  kind: 'rider',
  label,
  picture: riderIcon(),
})

export const meMarker = (position: Position, label: string): Marker => ({
  id: 'me',
  position,
  kind: 'me',
  label,
  picture: meIcon(),
})

/** Farther off a way than this, somebody rides another. */
export const OFF_WAY_M_MAX = 120

/** The lines of one ride: where the rider is going now, and what comes after. */
export function rideLines(order: Order, rider: Position | undefined, routes: Routes): MapLine[] {
  const { pickup, dropoff } = order
  const isCarrying = order.state === 'PICKED_UP' || order.state === 'AT_CUSTOMER'
  const lines: MapLine[] = []
  const toDoor = routes.between([pickup, dropoff])
  if (isCarrying) {
    if (!rider)
      return toDoor ? [{ way: toDoor, kind: 'way' }] : [{ way: [pickup, dropoff], kind: 'straight' }]
    const { rest, offM } = toDoor ? restOfWay(toDoor, rider) : { rest: [], offM: Number.POSITIVE_INFINITY }
    lines.push(
      offM <= OFF_WAY_M_MAX
        ? { way: [rider, ...rest], kind: 'way' }
        : { way: [rider, dropoff], kind: 'straight' },
    )
    return lines
  }
  lines.push(toDoor ? { way: toDoor, kind: 'ahead' } : { way: [pickup, dropoff], kind: 'straight' })
  if (rider && order.state !== 'AT_MERCHANT') lines.push({ way: [rider, pickup], kind: 'straight' })
  return lines
}
