/** The customer's page: shops, a menu, and an order on its way. Where one is stands behind the # of the address. */

import { ApiFailure } from '../api/client.ts'
import type { Order, Position, Shop } from '../api/contract.ts'
import { isOver, openOrders, overOrders } from '../api/known-orders.ts'
import { pageOrders } from '../base/orders-feed.ts'
import { explain, type PageView, type Shell } from '../base/shell.ts'
import { h, type Picture } from '../base/view.ts'
import { type OrderForm, orderForm } from './customer-menu.ts'
import { type Tracking, tracking } from './customer-tracking.ts'
import { badge, empty, failed, isLate, loading, orderName } from './order-parts.ts'

export function customerPage(shell: Shell): PageView {
  let shops: Shop[] | undefined
  let failure: ApiFailure | undefined
  let form: OrderForm | undefined
  let track: Tracking | undefined
  const orders = pageOrders(shell)

  function load(): void {
    failure = undefined
    shell.act('shops', async () => {
      try {
        shops = (await shell.api.get<{ shops: Shop[] }>('shops')).shops
      } catch (error) {
        if (!(error instanceof ApiFailure) || error.status === 401) throw error
        failure = error
      }
    })
  }

  /** `shop/ID` or `order/ID`; anything else is the list of shops. */
  const place = (): [string, string] => {
    const [kind = '', id = ''] = location.hash.replace(/^#\/?/, '').split('/')
    try {
      return [kind, decodeURIComponent(id)]
    } catch {
      // Somebody typed it; it names nothing.
      return ['', '']
    }
  }
  const onHash = () => {
    scrollTo(0, 0)
    shell.update()
  }
  addEventListener('hashchange', onHash)
  load()

  function leave(): void {
    form?.close()
    form = undefined
    track?.close()
    track = undefined
  }

  function view(): Picture {
    const { t } = shell.words()
    const [kind, id] = place()
    if (kind === 'order') {
      if (track?.orderId !== id) {
        leave()
        track = tracking(shell, orders, id, (merchantId) =>
          shops?.find((shop) => shop.merchantId === merchantId),
        )
      }
      return track.view()
    }
    if (failure) return failed(explain(shell.words(), failure), t('app.again'), load)
    if (!shops) return loading(shell.words())
    const shop = kind === 'shop' ? shops.find((known) => known.merchantId === id) : undefined
    if (shop) {
      if (form?.merchantId !== shop.merchantId) {
        leave()
        form = orderForm(shell, shop, middleOf(shops), (order) => {
          orders.put([order])
          location.hash = `#/order/${encodeURIComponent(order.orderId)}`
        })
      }
      return form.view()
    }
    leave()
    shell.setTitle(undefined)
    return h('div', { class: 'column', key: 'shops' }, ownOrders(), shopList(shops))
  }

  function shopList(all: readonly Shop[]): Picture {
    const { t } = shell.words()
    if (all.length === 0) return empty(t('shops.none'), t('shops.none.advice'))
    return h(
      'section',
      { 'aria-labelledby': 'shops-title' },
      h('h1', { id: 'shops-title' }, t('shops.title')),
      h(
        'ul',
        { class: 'cards' },
        all.map((shop) =>
          h(
            'li',
            { key: shop.merchantId },
            h(
              'a',
              { class: 'card shop', href: `#/shop/${encodeURIComponent(shop.merchantId)}` },
              h('strong', {}, shop.name),
              h(
                'span',
                { class: 'soft' },
                shop.menu
                  .slice(0, 3)
                  .map((dish) => dish.name)
                  .join(' · '),
              ),
              h(
                'span',
                { class: 'soft small' },
                t('shops.cooking', { time: shell.format().span(shop.cookingMs) }),
              ),
            ),
          ),
        ),
      ),
    )
  }

  function ownOrders(): Picture | undefined {
    const { t } = shell.words()
    const own = [...openOrders(orders.known()).reverse(), ...overOrders(orders.known())].slice(0, 20)
    if (own.length === 0) return undefined
    return h(
      'section',
      { 'aria-labelledby': 'own-title', key: 'own' },
      h('h2', { id: 'own-title' }, t('orders.own')),
      h('ul', { class: 'cards' }, own.map(ownOrder)),
    )
  }

  function ownOrder(order: Order): Picture {
    const { t } = shell.words()
    const format = shell.format()
    const shop = shops?.find((known) => known.merchantId === order.merchantId)
    return h(
      'li',
      { key: order.orderId },
      h(
        'a',
        { class: 'card shop', href: `#/order/${encodeURIComponent(order.orderId)}` },
        h(
          'span',
          { class: 'row' },
          h('strong', { class: 'grow' }, shop?.name ?? orderName(order)),
          badge(order.state, shell.words()),
        ),
        !isOver(order) &&
          order.state !== 'CREATED' &&
          h(
            'span',
            { class: isLate(order, shell.nowMs()) ? 'late' : 'soft' },
            t('order.eta', {
              minutes: format.minutesUntil(order.expectedAtMs, shell.nowMs()),
              at: format.clock(order.expectedAtMs),
            }),
          ),
      ),
    )
  }

  return {
    view,
    close() {
      removeEventListener('hashchange', onHash)
      leave()
      orders.close()
    },
  }
}

const middleOf = (shops: readonly Shop[]): Position => ({
  lng: shops.reduce((sum, { position }) => sum + position.lng, 0) / shops.length,
  lat: shops.reduce((sum, { position }) => sum + position.lat, 0) / shops.length,
})
