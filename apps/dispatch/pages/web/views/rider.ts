/** The rider's page: duty, what is offered, the next step of each order in hand, and the way there. */
import type { Order, Position, Rider, RideStep, Shop } from '../api/contract.ts'
import { openOrders } from '../api/known-orders.ts'
import { pageOrders } from '../base/orders-feed.ts'
import type { PageView, Shell } from '../base/shell.ts'
import { h, type Picture } from '../base/view.ts'
import { distanceM } from '../map/mercator.ts'
import { routesOf } from '../map/routes.ts'
import { restOfWay, type Way } from '../map/way.ts'
import { homeMarker, meMarker, OFF_WAY_M_MAX, pageMap, rideLines, sayMap, shopMarker } from './map-parts.ts'
import { linesOf, notYet, orderName } from './order-parts.ts'
import { handOver } from './rider-hand-over.ts'
import { riderPosition, type Source } from './rider-position.ts'

const SHIFT_MS = 4 * 3_600_000
const SOURCES: readonly Source[] = ['map', 'ride', 'device']

const NEXT: Partial<Record<Order['state'], RideStep>> = {
  RIDER_ACCEPTED: 'at-merchant',
  AT_MERCHANT: 'picked-up',
  PICKED_UP: 'at-customer',
  RETURNING: 'returned',
}

export function riderPage(shell: Shell): PageView {
  const { api, session } = shell
  let rider: Rider | undefined
  let shops: readonly Shop[] = []
  let areShopsLoaded = false
  const orders = pageOrders(shell, (news) => {
    if (news.some(isOffer)) shell.say(shell.words().t('ride.newOffer'))
  })
  const routes = routesOf(api, { nowMs: shell.nowMs, onNews: shell.update })
  const position = riderPosition(shell, wayAhead)
  const photos = handOver(shell, orders, step)
  const map = pageMap(shell, { lng: 0, lat: 0 }, { onPick: position.place })

  shell.act('shops', async () => {
    shops = (await api.get<{ shops: Shop[] }>('shops')).shops
    areShopsLoaded = true
    const first = shops[0]
    if (first && !position.now()) position.place(first.position)
  })

  const mine = () => openOrders(orders.known()).filter((order) => order.riderId === session.id)
  const inHand = () =>
    mine()
      .filter((order) => order.state !== 'OFFERED')
      .sort((a, b) => a.expectedAtMs - b.expectedAtMs)

  function isOffer(order: Order): boolean {
    const isInTime = (order.offerExpiresAtMs ?? Number.POSITIVE_INFINITY) > shell.nowMs()
    return order.state === 'OFFERED' && order.riderId === session.id && isInTime
  }

  /** Where to, now. */
  function nextStop(): Position | undefined {
    const order = inHand()[0]
    if (!order) return undefined
    return ['RIDER_ACCEPTED', 'AT_MERCHANT', 'RETURNING'].includes(order.state) ? order.pickup : order.dropoff
  }

  /** The way to the next stop, asked for once from where it began; what was ridden of it is cut off. */
  let begun: { from: Position; to: Position } | undefined
  function wayAhead(from: Position): Way | undefined {
    const to = nextStop()
    if (!to) return undefined
    if (begun?.to.lng !== to.lng || begun.to.lat !== to.lat) begun = { from, to }
    const way = routes.between([begun.from, to])
    if (!way) return [from, to]
    const { rest, offM } = restOfWay(way, from)
    if (offM > OFF_WAY_M_MAX) begun = { from, to }
    return [from, ...rest]
  }

  function setDuty(onDuty: boolean): void {
    shell.act('duty', async () => {
      const at = position.now()
      if (!at) return
      const nowMs = Math.round(shell.nowMs())
      const body = { onDuty, position: at, ...(onDuty ? { onUntilMs: nowMs + SHIFT_MS } : {}) }
      const answer = await api.post<{ rider: Rider; offers: Order[] }>('riders/me/duty', body)
      rider = answer.rider
      orders.put(answer.offers)
      if (rider.onDuty) position.startReports(rider.positionSeq)
      else position.stopReports()
    })
  }

  function step(order: Order, next: RideStep): void {
    shell.act(`ride ${order.orderId}`, () => orders.step(order.orderId, 'ride', { step: next }))
  }

  const button = (order: Order, next: RideStep, kind: string): Picture =>
    h(
      'button',
      {
        type: 'button',
        class: kind,
        key: next,
        disabled: shell.isBusy(`ride ${order.orderId}`),
        click: () => step(order, next),
      },
      shell.words().t(`ride.${next}`),
    )

  const shopName = (order: Order) =>
    shops.find((shop) => shop.merchantId === order.merchantId)?.name ?? order.merchantId

  function offer(order: Order): Picture {
    const { t } = shell.words()
    const format = shell.format()
    const at = position.now()
    const leftMs = (order.offerExpiresAtMs ?? 0) - shell.nowMs()
    return h(
      'li',
      { key: order.orderId, class: 'card offer', role: 'alert' },
      h(
        'p',
        { class: 'row' },
        h('strong', { class: 'grow' }, shopName(order)),
        h('span', { class: 'number countdown' }, format.span(leftMs)),
      ),
      h(
        'p',
        { class: 'soft' },
        t('ride.offer', {
          there: at ? format.metres(distanceM(at, order.pickup)) : '–',
          on: format.metres(distanceM(order.pickup, order.dropoff)),
          by: format.clock(order.promisedAtMs),
        }),
      ),
      h('p', {}, order.dropoffAddress),
      h('div', { class: 'row' }, button(order, 'accept', 'main grow'), button(order, 'refuse', '')),
    )
  }

  function ride(order: Order, isNext: boolean): Picture {
    const { t } = shell.words()
    const format = shell.format()
    const toShop =
      order.state === 'RIDER_ACCEPTED' || order.state === 'AT_MERCHANT' || order.state === 'RETURNING'
    const next = NEXT[order.state]
    return h(
      'li',
      { key: order.orderId, class: isNext ? 'card ride ride-next' : 'card ride' },
      h(
        'p',
        { class: 'row' },
        h('strong', { class: 'grow' }, toShop ? shopName(order) : order.dropoffAddress),
        h('span', { class: 'soft number' }, orderName(order)),
      ),
      h('p', { class: 'soft' }, t(`ride.now.${order.state}`, { at: format.clock(order.promisedAtMs) })),
      order.state === 'AT_MERCHANT' && [
        order.kitchen === 'READY'
          ? h('p', { class: 'good strong' }, t('ride.ready'))
          : h('p', { class: 'soft' }, t('ride.notReady', { at: format.clock(order.readyAtMs) })),
        linesOf(order, format),
      ],
      next && h('div', { class: 'row' }, button(order, next, 'main grow')),
      order.state === 'AT_CUSTOMER' && photos.view(order),
      (order.state === 'PICKED_UP' || order.state === 'AT_CUSTOMER') &&
        h(
          'details',
          { class: 'quiet-details' },
          h('summary', {}, t('ride.trouble')),
          h('p', { class: 'soft small' }, t('ride.returning.about')),
          button(order, 'returning', 'danger'),
        ),
    )
  }

  function showMap(): void {
    const { t } = shell.words()
    const at = position.now()
    const shown = [...inHand(), ...mine().filter(isOffer)]
    const markers = shown.flatMap((order) => [
      shopMarker(order.pickup, shopName(order)),
      homeMarker(order.dropoff, order.dropoffAddress),
    ])
    const unique = [...new Map(markers.map((marker) => [marker.id, marker])).values()]
    map.show({
      markers: [...unique, ...(at ? [meMarker(at, t('map.me'))] : [])],
      lines: shown.flatMap((order, index) => {
        const own = rideLines(order, undefined, routes)
        const to = index === 0 && at && nextStop() ? wayAhead(at) : undefined
        return to ? [...own, { way: to, kind: 'way' as const }] : own
      }),
      points: shops.map((shop) => ({
        id: shop.merchantId,
        position: shop.position,
        kind: 'shop' as const,
        isChosen: false,
      })),
    })
    const around = shown.flatMap((order) => [order.pickup, order.dropoff])
    map.fit(at ? [...(around.length > 0 ? around : shops.map((shop) => shop.position)), at] : around, {
      keep: true,
    })
    sayMap(map, shell.words())
  }

  function duty(): Picture {
    const { t } = shell.words()
    const format = shell.format()
    const isOn = rider?.onDuty === true
    const trouble = position.trouble()
    const unreported = position.unreportedSinceMs()
    return h(
      'section',
      { class: 'card duty', 'aria-labelledby': 'duty-title' },
      h(
        'div',
        { class: 'row' },
        h(
          'p',
          { class: 'grow' },
          h('strong', { id: 'duty-title' }, t(isOn ? 'ride.onDuty' : 'ride.offDuty')),
          isOn &&
            rider &&
            h('span', { class: 'soft' }, ` ${t('ride.until', { at: format.clock(rider.onUntilMs) })}`),
        ),
        h(
          'button',
          {
            type: 'button',
            class: isOn ? '' : 'main',
            disabled: shell.isBusy('duty') || !position.now(),
            click: () => setDuty(!isOn),
          },
          t(isOn ? 'ride.goOff' : 'ride.goOn'),
        ),
      ),
      h(
        'label',
        { class: 'row small' },
        h('span', { class: 'grow soft' }, t('ride.source')),
        h(
          'select',
          {
            value: position.source(),
            change: (event: Event) => position.setSource((event.target as HTMLSelectElement).value as Source),
          },
          SOURCES.map((source) => h('option', { key: source, value: source }, t(`ride.source.${source}`))),
        ),
      ),
      trouble && h('p', { class: 'warning', role: 'alert' }, t(`ride.source.${trouble}`)),
      unreported !== undefined &&
        h(
          'p',
          { class: 'warning', role: 'alert' },
          t('ride.unreported', { time: format.span(shell.nowMs() - unreported) }),
        ),
    )
  }

  function view(): Picture {
    const { t } = shell.words()
    if (!orders.isLoaded() || !areShopsLoaded) return notYet(shell, orders)
    const offers = mine().filter(isOffer)
    const rides = inHand()
    shell.setTitle(offers.length > 0 ? `(${offers.length})` : undefined)
    showMap()
    return h(
      'div',
      { class: 'column rider', key: 'rider' },
      duty(),
      offers.length > 0 &&
        h(
          'section',
          { key: 'offers', 'aria-labelledby': 'offers-title' },
          h('h2', { id: 'offers-title' }, t('ride.offers')),
          h('ul', { class: 'cards' }, offers.map(offer)),
        ),
      h('div', { class: 'map-box', key: 'map' }, map.element),
      rides.length > 0 &&
        h(
          'section',
          { key: 'rides', 'aria-labelledby': 'rides-title' },
          h('h2', { id: 'rides-title' }, t('ride.inHand')),
          h(
            'ul',
            { class: 'cards' },
            rides.map((order, at) => ride(order, at === 0)),
          ),
        ),
      rides.length === 0 &&
        offers.length === 0 &&
        h('p', { class: 'soft hollow', key: 'none' }, t(rider?.onDuty ? 'ride.none' : 'ride.none.offDuty')),
    )
  }

  return {
    view,
    close() {
      position.close()
      photos.close()
      map.close()
      orders.close()
    },
  }
}
