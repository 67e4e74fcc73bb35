/** Orders that have no rider yet, the longest waiting first, and the one that was chosen. */
import type { Order, Rider, Shop } from '../api/contract.ts'
import type { Shell } from '../base/shell.ts'
import { h, type Picture } from '../base/view.ts'
import type { City } from './operations-map.ts'
import { badge, isLate, orderName } from './order-parts.ts'

const ROWS_MAX = 60
const WAITING: ReadonlySet<Order['state']> = new Set(['PAID', 'MERCHANT_ACCEPTED', 'OFFERED'])

export function waitingCard(
  shell: Shell,
  { orders: open, riders, shops, chosen }: City,
  choose: (orderId: string | undefined) => void,
): Picture {
  const { t } = shell.words()
  const waiting = open.filter((order) => WAITING.has(order.state))
  const one = open.find((order) => order.orderId === chosen)
  const rider = riders.find(({ riderId }) => riderId === chosen)
  return h(
    'section',
    { class: 'card area-waiting', key: 'waiting', 'aria-labelledby': 'waiting-title' },
    h('h2', { id: 'waiting-title' }, t('ops.waitingOrders'), h('span', { class: 'tally' }, waiting.length)),
    one && orderDetail(shell, one, shops, choose),
    rider && riderDetail(shell, rider, open, choose),
    waiting.length === 0
      ? h('p', { class: 'soft hollow' }, t('ops.waiting.none'))
      : h(
          'ul',
          { class: 'rows scroll' },
          waiting.slice(0, ROWS_MAX).map((order) => row(shell, order, order.orderId === chosen, choose)),
        ),
    waiting.length > ROWS_MAX &&
      h('p', { class: 'soft small' }, t('ops.more', { count: waiting.length - ROWS_MAX })),
  )
}

function row(shell: Shell, order: Order, isChosen: boolean, choose: (orderId: string) => void): Picture {
  const format = shell.format()
  const nowMs = shell.nowMs()
  return h(
    'li',
    { key: order.orderId },
    h(
      'button',
      {
        type: 'button',
        class: isChosen ? 'row-button chosen' : 'row-button',
        'aria-pressed': isChosen ? 'true' : 'false',
        click: () => choose(order.orderId),
      },
      h('span', { class: 'strong' }, orderName(order)),
      badge(order.state, shell.words()),
      h(
        'span',
        { class: isLate(order, nowMs) ? 'late number' : 'soft number' },
        format.span(nowMs - order.placedAtMs),
      ),
    ),
  )
}

function orderDetail(
  shell: Shell,
  order: Order,
  shops: readonly Shop[],
  choose: (id: string | undefined) => void,
): Picture {
  const { t } = shell.words()
  const format = shell.format()
  return detail(shell, orderName(order), badge(order.state, shell.words()), choose, [
    [t('ops.shop'), shops.find((shop) => shop.merchantId === order.merchantId)?.name ?? order.merchantId],
    [t('ops.door'), order.dropoffAddress],
    [t('ops.rider'), order.riderId ?? '–'],
    [t('ops.kitchen'), t(`kitchenState.${order.kitchen}`)],
    [t('ops.promised'), format.clock(order.promisedAtMs)],
    [t('ops.expected'), format.clock(order.expectedAtMs)],
  ])
}

function riderDetail(
  shell: Shell,
  rider: Rider,
  open: readonly Order[],
  choose: (id: string | undefined) => void,
): Picture {
  const { t } = shell.words()
  const format = shell.format()
  const carried = open.filter((order) => order.riderId === rider.riderId && order.state !== 'OFFERED')
  const load = carried.reduce((sum, order) => sum + order.load, 0)
  return detail(shell, rider.riderId, undefined, choose, [
    [t('ops.capacity'), t('ops.loads', { count: load, most: rider.vehicle.capacity })],
    [t('ops.range'), format.metres(rider.vehicle.rangeMetres)],
    [t('ops.shiftEnds'), format.clock(rider.onUntilMs)],
    [t('ops.seen'), t('ops.ago', { time: format.span(shell.nowMs() - rider.positionAtMs) })],
  ])
}

function detail(
  shell: Shell,
  name: string,
  mark: Picture | undefined,
  choose: (id: string | undefined) => void,
  facts: readonly (readonly [string, string])[],
): Picture {
  return h(
    'div',
    { class: 'detail', key: 'detail', role: 'region', 'aria-label': name },
    h(
      'p',
      { class: 'row' },
      h('strong', {}, name),
      mark,
      h('span', { class: 'grow' }),
      h(
        'button',
        {
          type: 'button',
          class: 'quiet',
          'aria-label': shell.words().t('app.close'),
          click: () => choose(undefined),
        },
        '✕',
      ),
    ),
    h(
      'dl',
      { class: 'facts' },
      facts.map(([fact, value]) =>
        h('div', { key: fact }, h('dt', { class: 'soft' }, fact), h('dd', { title: value }, value)),
      ),
    ),
  )
}
