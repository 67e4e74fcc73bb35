/** The city on a map: riders, shops, orders that wait, and the ways of those under way. */
import type { Order, Rider, Shop } from '../api/contract.ts'
import type { Shell } from '../base/shell.ts'
import { h, type Picture } from '../base/view.ts'
import type { MapContent, MapLine, Marker, Point } from '../map/content.ts'
import type { CityMap } from '../map/map.ts'
import { type Routes, routesOf } from '../map/routes.ts'
import { homeMarker, pageMap, rideLines, riderMarker, sayMap, shopMarker } from './map-parts.ts'
import { isLate } from './order-parts.ts'

export interface City {
  orders: readonly Order[]
  riders: readonly Rider[]
  shops: readonly Shop[]
  /** An order or a rider. */
  chosen: string | undefined
}

/** More ways would hide the map; the one of what was chosen is always shown. */
const WAYS_MAX = 60
/** How long an order may be late before the map shows it. */
const LATE_MS = 5_000
/** So many of each kind say well enough how large the city is. */
const FIT_MAX = 500
const RIDING: ReadonlySet<Order['state']> = new Set([
  'RIDER_ACCEPTED',
  'AT_MERCHANT',
  'PICKED_UP',
  'AT_CUSTOMER',
  'RETURNING',
])

export interface OperationsMap {
  view(city: City): Picture
  close(): void
}

export function operationsMap(shell: Shell, choose: (id: string | undefined) => void): OperationsMap {
  let routeNews = 0
  const routes = routesOf(shell.api, {
    nowMs: shell.nowMs,
    onNews() {
      routeNews += 1
      shell.update()
    },
  })
  let map: CityMap | undefined
  let shown: { of: readonly unknown[]; content: MapContent } | undefined

  /** The same as before where nothing changed: a large city is not drawn anew each second. */
  function contentOf(city: City, riderLabel: string): MapContent {
    const nowMs = shell.nowMs()
    const { orders, riders, shops, chosen } = city
    const of = [orders, riders, shops, chosen, routeNews, riderLabel, Math.floor(nowMs / LATE_MS)]
    if (!shown || of.some((one, at) => one !== shown?.of[at])) {
      const content = {
        points: pointsOf(city, nowMs),
        lines: linesOf(city, routes),
        markers: markersOf(city, riderLabel),
      }
      shown = { of, content }
    }
    return shown.content
  }

  function view(city: City): Picture {
    const { t } = shell.words()
    const first = city.shops[0]?.position ?? city.riders[0]?.position
    if (!map && first) {
      map = pageMap(shell, first, { onPick: (_position, pointId) => choose(pointId) })
    }
    if (map) {
      map.show(contentOf(city, t('map.rider')))
      sayMap(map, shell.words())
      map.fit([
        ...city.orders.slice(0, FIT_MAX).map((order) => order.dropoff),
        ...city.shops.map((shop) => shop.position),
        ...city.riders.slice(0, FIT_MAX).map((rider) => rider.position),
      ])
    }
    return h(
      'section',
      { class: 'card area-map', key: 'map', 'aria-labelledby': 'map-title' },
      h('h2', { id: 'map-title', class: 'unseen' }, t('map.label')),
      h('div', { class: 'map-box' }, map?.element),
      h(
        'p',
        { class: 'legend' },
        (['idle', 'busy', 'waiting', 'late', 'shop'] as const).map((kind) =>
          h('span', { key: kind, class: `key point-${kind}` }, t(`map.point.${kind}`)),
        ),
      ),
    )
  }

  return { view, close: () => map?.close() }
}

export function pointsOf({ orders, riders, shops, chosen }: City, nowMs: number): Point[] {
  const busy = new Set(orders.filter((order) => RIDING.has(order.state)).map((order) => order.riderId))
  const waiting = orders.filter((order) => order.state !== 'CREATED' && !RIDING.has(order.state))
  return [
    ...shops.map(
      ({ merchantId, position }): Point => ({ id: merchantId, position, kind: 'shop', isChosen: false }),
    ),
    ...riders
      .filter((rider) => rider.onDuty)
      .map(
        ({ riderId, position }): Point => ({
          id: riderId,
          position,
          kind: busy.has(riderId) ? 'busy' : 'idle',
          isChosen: riderId === chosen,
        }),
      ),
    ...waiting.map(
      (order): Point => ({
        id: order.orderId,
        position: order.pickup,
        kind: isLate(order, nowMs) ? 'late' : 'waiting',
        isChosen: order.orderId === chosen,
      }),
    ),
  ]
}

function linesOf({ orders, riders, chosen }: City, routes: Routes): MapLine[] {
  const where = new Map(riders.map((rider) => [rider.riderId, rider.position]))
  const lines: MapLine[] = []
  const riding = orders.filter((order) => RIDING.has(order.state))
  for (const order of riding.slice(0, WAYS_MAX)) {
    if (isOfInterest(order, chosen)) continue
    const way = routes.between([order.pickup, order.dropoff])
    lines.push({ way: way ?? [order.pickup, order.dropoff], kind: 'faint' })
  }
  for (const order of orders.filter((one) => isOfInterest(one, chosen))) {
    lines.push(...rideLines(order, where.get(order.riderId ?? ''), routes))
  }
  return lines
}

const isOfInterest = (order: Order, chosen: string | undefined): boolean =>
  chosen !== undefined && (order.orderId === chosen || order.riderId === chosen)

function markersOf({ orders, riders, chosen }: City, riderLabel: string): Marker[] {
  const shown = orders.filter((order) => isOfInterest(order, chosen))
  const riderId = shown[0]?.riderId ?? chosen
  const rider = riders.find((known) => known.riderId === riderId)
  const markers = [
    ...shown.flatMap((order) => [
      shopMarker(order.pickup, order.merchantId),
      homeMarker(order.dropoff, order.dropoffAddress),
    ]),
    ...(rider ? [riderMarker(rider.position, `${riderLabel} ${rider.riderId}`)] : []),
  ]
  return [...new Map(markers.map((marker) => [marker.id, marker])).values()]
}
