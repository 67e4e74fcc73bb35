/** A shop's menu, what was chosen of it, and where it is to be brought: under the pin in the middle of a map. */
import type { Order, Position, Shop } from '../api/contract.ts'
import type { Shell } from '../base/shell.ts'
import { h, type Picture } from '../base/view.ts'
import { distanceM } from '../map/mercator.ts'
import { pageMap, sayMap, shopMarker } from './map-parts.ts'

export interface OrderForm {
  merchantId: string
  view(): Picture
  close(): void
}

const COUNT_MAX = 20
const ADDRESS_CHARS_MAX = 200
/** Where the pin is at first, from the shop to the middle of all: near enough to be seen together. */
const FIRST_SHARE = 0.6
/** North of the only shop there is. */
const FIRST_OFFSET_DEG = 0.002

/** What was given the last time, for as long as the page. */
let last: { dropoff: Position; address: string } | undefined

/** `middle`: of the city, as far as its shops tell. */
export function orderForm(
  shell: Shell,
  shop: Shop,
  middle: Position,
  onPlaced: (order: Order) => void,
): OrderForm {
  const counts = new Map<number, number>()
  const nearby = {
    lng: shop.position.lng + (middle.lng - shop.position.lng) * FIRST_SHARE,
    lat: shop.position.lat + ((middle.lat - shop.position.lat) * FIRST_SHARE || FIRST_OFFSET_DEG),
  }
  let address = last?.address ?? ''
  /** The same for each attempt at the same order, so that an answer that was lost makes no second one. */
  let attempt: { what: string; key: string } | undefined

  const map = pageMap(shell, last?.dropoff ?? nearby, {
    onPick: (position) => map.goTo(position),
    onMove: () => shell.update(),
  })
  map.show({ markers: [shopMarker(shop.position, shop.name)], lines: [], points: [] })

  const lines = () =>
    [...counts].filter(([, count]) => count > 0).map(([at, count]) => ({ dish: shop.menu[at]!, count }))
  const totalCents = () => lines().reduce((sum, { dish, count }) => sum + dish.priceCents * count, 0)

  function change(at: number, by: number): void {
    counts.set(at, Math.min(COUNT_MAX, Math.max(0, (counts.get(at) ?? 0) + by)))
    shell.update()
  }

  function place(event: Event): void {
    event.preventDefault()
    shell.act('place', async () => {
      const dropoff = map.middle()
      last = { dropoff, address }
      const body = {
        merchantId: shop.merchantId,
        lines: lines().map(({ dish, count }) => ({ name: dish.name, count })),
        dropoff,
        dropoffAddress: address.trim(),
      }
      const what = JSON.stringify(body)
      if (attempt?.what !== what) attempt = { what, key: newKey() }
      const headers = { 'idempotency-key': attempt.key }
      const { order } = await shell.api.post<{ order: Order }>('orders', body, headers)
      onPlaced(order)
      if (order.state !== 'CREATED') return
      const paid = await shell.api.post<{ order: Order }>(
        `orders/${encodeURIComponent(order.orderId)}/pay`,
        {},
      )
      onPlaced(paid.order)
    })
  }

  function dishes(): Picture {
    const { t } = shell.words()
    const format = shell.format()
    return h(
      'ul',
      { class: 'menu' },
      shop.menu.map((dish, at) => {
        const count = counts.get(at) ?? 0
        return h(
          'li',
          { key: String(at) },
          h('span', { class: 'grow' }, dish.name),
          h('span', { class: 'number soft' }, format.money(dish.priceCents)),
          h(
            'span',
            { class: 'counter' },
            h(
              'button',
              {
                type: 'button',
                disabled: count === 0,
                'aria-label': t('menu.less', { dish: dish.name }),
                click: () => change(at, -1),
              },
              '−',
            ),
            h('output', { 'aria-live': 'polite' }, count),
            h(
              'button',
              {
                type: 'button',
                disabled: count === COUNT_MAX,
                'aria-label': t('menu.more', { dish: dish.name }),
                click: () => change(at, 1),
              },
              '+',
            ),
          ),
        )
      }),
    )
  }

  return {
    merchantId: shop.merchantId,
    view() {
      const { t } = shell.words()
      const format = shell.format()
      sayMap(map, shell.words())
      shell.setTitle(shop.name)
      const isBusy = shell.isBusy('place')
      return h(
        'form',
        { class: 'column', key: `shop-${shop.merchantId}`, submit: place },
        h('a', { class: 'back', href: '#/' }, `‹ ${t('shops.title')}`),
        h('h1', {}, shop.name),
        shop.menu.length === 0 ? h('p', { class: 'soft' }, t('menu.none')) : dishes(),
        h('h2', {}, t('menu.where')),
        h(
          'div',
          { class: 'map-box map-pick' },
          map.element,
          h('span', { class: 'map-pin', 'aria-hidden': 'true' }),
        ),
        h(
          'p',
          { class: 'soft small' },
          t('menu.pin', { way: format.metres(distanceM(shop.position, map.middle())) }),
        ),
        h(
          'label',
          { class: 'field' },
          t('menu.address'),
          h('input', {
            value: address,
            required: true,
            maxlength: ADDRESS_CHARS_MAX,
            autocomplete: 'street-address',
            placeholder: t('menu.address.example'),
            input: (event: Event) => {
              address = (event.target as HTMLInputElement).value
            },
          }),
        ),
        h(
          'div',
          { class: 'bottom-bar' },
          h(
            'button',
            { type: 'submit', class: 'main', disabled: isBusy || lines().length === 0 },
            isBusy
              ? t('app.wait')
              : lines().length === 0
                ? t('menu.choose')
                : t('menu.order', { total: format.money(totalCents()) }),
          ),
        ),
      )
    },
    close: map.close,
  }
}

/** Not `crypto.randomUUID`, which pages have by HTTPS and on the machine itself only. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
