/** One order on its way: when it comes, where it is, and what can still be done about it. */
import { ApiFailure } from '../api/client.ts'
import type { Order, OrderSeen, Shop } from '../api/contract.ts'
import { isOver } from '../api/known-orders.ts'
import type { PageOrders } from '../base/orders-feed.ts'
import { explain, type Shell } from '../base/shell.ts'
import { h, type Picture } from '../base/view.ts'
import type { CityMap } from '../map/map.ts'
import { routesOf } from '../map/routes.ts'
import { homeMarker, pageMap, rideLines, riderMarker, sayMap, shopMarker } from './map-parts.ts'
import { badge, failed, isLate, linesOf, loading, orderName, stepsOf } from './order-parts.ts'

export interface Tracking {
  orderId: string
  view(): Picture
  close(): void
}

const LOOK_MS = 2_500
/** Riders report every few seconds; a position that is older is said to be. */
const STALE_MS = 30_000
const CANCELLABLE: ReadonlySet<Order['state']> = new Set([
  'CREATED',
  'PAID',
  'MERCHANT_ACCEPTED',
  'OFFERED',
  'RIDER_ACCEPTED',
  'AT_MERCHANT',
])

export function tracking(
  shell: Shell,
  orders: PageOrders,
  orderId: string,
  shopOf: (merchantId: string) => Shop | undefined,
): Tracking {
  let rider: OrderSeen['rider']
  let failure: ApiFailure | undefined
  let map: CityMap | undefined
  let isClosed = false
  let stopLooking = () => {}
  const routes = routesOf(shell.api, { nowMs: shell.nowMs, onNews: shell.update })
  const path = `orders/${encodeURIComponent(orderId)}`

  /** Positions of riders are not pushed; they are looked at for as long as there is one to see. */
  async function look(): Promise<void> {
    stopLooking()
    try {
      const seen = await shell.api.get<OrderSeen>(path)
      failure = undefined
      rider = seen.rider
      orders.put([seen.order])
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error
      if (error.status === 401) return shell.end()
      failure = error
    }
    if (isClosed) return
    shell.update()
    const order = orders.known().get(orderId)
    if (failure?.status === 404 || failure?.status === 403 || (order && isOver(order))) return
    stopLooking = shell.after(LOOK_MS, () => void look())
  }
  void look()

  const send = (name: string, step: string, body: unknown) =>
    shell.act(name, () => orders.step(orderId, step, body))

  function mapOf(order: Order): CityMap {
    const { t } = shell.words()
    map ??= pageMap(shell, order.pickup)
    const position = isOver(order) ? undefined : rider?.position
    const shop = shopOf(order.merchantId)
    map.show({
      markers: [
        shopMarker(order.pickup, shop?.name ?? t('map.shop')),
        homeMarker(order.dropoff, order.dropoffAddress),
        ...(position ? [riderMarker(position, t('map.rider'))] : []),
      ],
      lines: isOver(order) ? [] : rideLines(order, position, routes),
      points: [],
    })
    map.fit([order.pickup, order.dropoff, ...(position ? [position] : [])], { keep: true })
    sayMap(map, shell.words())
    return map
  }

  function headline(order: Order): Picture {
    const { t } = shell.words()
    const format = shell.format()
    const nowMs = shell.nowMs()
    if (order.state === 'DELIVERED') {
      return h(
        'div',
        { class: 'headline good', role: 'status' },
        h('p', { class: 'big' }, t('track.delivered')),
        h('p', { class: 'soft' }, format.clock(order.times.DELIVERED ?? order.expectedAtMs)),
      )
    }
    if (order.state === 'CANCELLED') {
      return h(
        'div',
        { class: 'headline', role: 'status' },
        h('p', { class: 'big' }, t('track.cancelled')),
        h('p', { class: 'soft' }, order.cancelReason ?? ''),
      )
    }
    if (order.state === 'RETURNING' || order.state === 'RETURNED') {
      return h('div', { class: 'headline', role: 'status' }, h('p', { class: 'big' }, t('track.returned')))
    }
    if (order.state === 'CREATED') {
      return h(
        'div',
        { class: 'headline' },
        h('p', { class: 'big' }, t('track.unpaid')),
        h(
          'button',
          {
            type: 'button',
            class: 'main',
            disabled: shell.isBusy('pay'),
            click: () => send('pay', 'pay', {}),
          },
          t('track.pay', { total: format.money(order.totalCents) }),
        ),
      )
    }
    return h(
      'div',
      { class: 'headline', role: 'status' },
      order.state !== 'AT_CUSTOMER' && h('p', { class: 'soft' }, t('track.arrives')),
      h(
        'p',
        { class: 'big' },
        order.state === 'AT_CUSTOMER'
          ? t('track.atDoor')
          : t('track.minutes', { minutes: format.minutesUntil(order.expectedAtMs, nowMs) }),
      ),
      h(
        'p',
        { class: isLate(order, nowMs) ? 'late' : 'soft' },
        t(isLate(order, nowMs) ? 'track.late' : 'track.at', {
          at: format.clock(order.expectedAtMs),
          promised: format.clock(order.promisedAtMs),
        }),
      ),
    )
  }

  const isStale = (order: Order): boolean =>
    !isOver(order) && rider !== undefined && shell.nowMs() - rider.positionAtMs > STALE_MS

  function view(): Picture {
    const { t } = shell.words()
    const format = shell.format()
    const order = orders.known().get(orderId)
    const back = h('a', { class: 'back', href: '#/' }, `‹ ${t('shops.title')}`)
    if (!order) {
      return h(
        'div',
        { class: 'column', key: 'missing' },
        back,
        failure
          ? failed(explain(shell.words(), failure), t('app.again'), () => void look())
          : loading(shell.words()),
      )
    }
    shell.setTitle(orderName(order))
    return h(
      'div',
      { class: 'column track', key: `order-${orderId}` },
      back,
      headline(order),
      h('div', { class: 'map-box' }, mapOf(order).element),
      h(
        'section',
        { class: 'card' },
        h(
          'p',
          { class: 'row' },
          h('strong', { class: 'grow' }, shopOf(order.merchantId)?.name ?? order.merchantId),
          badge(order.state, shell.words()),
        ),
        stepsOf(order, shell.words(), format),
        order.riderId !== undefined &&
          order.state !== 'OFFERED' &&
          h('p', { class: 'soft small' }, t('track.rider', { rider: order.riderId })),
        isStale(order) &&
          rider &&
          h(
            'p',
            { class: 'warning small', key: 'stale' },
            t('track.stale', { time: format.span(shell.nowMs() - rider.positionAtMs) }),
          ),
        order.photos.length > 0 &&
          h('p', { class: 'soft small' }, t('track.photo', { count: order.photos.length })),
      ),
      h(
        'section',
        { class: 'card' },
        h(
          'p',
          { class: 'row' },
          h('strong', { class: 'grow' }, orderName(order)),
          h('strong', { class: 'number' }, format.money(order.totalCents)),
        ),
        linesOf(order, format),
        h('p', { class: 'soft' }, order.dropoffAddress),
        CANCELLABLE.has(order.state) &&
          h(
            'details',
            { class: 'quiet-details' },
            h('summary', {}, t('track.cancel')),
            h('p', { class: 'soft small' }, t('track.cancel.about')),
            h(
              'button',
              {
                type: 'button',
                class: 'danger',
                disabled: shell.isBusy('cancel'),
                click: () => send('cancel', 'cancel', { reason: t('track.cancel.reason') }),
              },
              t('track.cancel.really'),
            ),
          ),
      ),
    )
  }

  return {
    orderId,
    view,
    close() {
      isClosed = true
      stopLooking()
      map?.close()
    },
  }
}
