/** Orders that have no rider yet, the longest waiting first, and the one that was chosen. */
import type { Order } from '../api/contract.ts'
import type { Shell } from '../base/shell.ts'
import { h, type Picture } from '../base/view.ts'
import { badge, isLate, orderName } from './order-parts.ts'

const ROWS_MAX = 60
const WAITING: ReadonlySet<Order['state']> = new Set(['PAID', 'MERCHANT_ACCEPTED', 'OFFERED'])

export function waitingCard(
  shell: Shell,
  open: readonly Order[],
  chosen: string | undefined,
  choose: (orderId: string | undefined) => void,
): Picture {
  const { t } = shell.words()
  const waiting = open.filter((order) => WAITING.has(order.state))
  const one = open.find((order) => order.orderId === chosen)
  return h(
    'section',
    { class: 'card area-waiting', key: 'waiting', 'aria-labelledby': 'waiting-title' },
    h('h2', { id: 'waiting-title' }, t('ops.waitingOrders'), h('span', { class: 'tally' }, waiting.length)),
    one && detail(shell, one, choose),
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

function detail(shell: Shell, order: Order, choose: (orderId: string | undefined) => void): Picture {
  const { t } = shell.words()
  const format = shell.format()
  const facts: [string, string][] = [
    [t('ops.shop'), order.merchantId],
    [t('ops.door'), order.dropoffAddress],
    [t('ops.rider'), order.riderId ?? '–'],
    [t('ops.kitchen'), t(`kitchenState.${order.kitchen}`)],
    [t('ops.promised'), format.clock(order.promisedAtMs)],
    [t('ops.expected'), format.clock(order.expectedAtMs)],
  ]
  return h(
    'div',
    { class: 'detail', key: 'detail', role: 'region', 'aria-label': orderName(order) },
    h(
      'p',
      { class: 'row' },
      h('strong', {}, orderName(order)),
      badge(order.state, shell.words()),
      h('span', { class: 'grow' }),
      h(
        'button',
        { type: 'button', class: 'quiet', 'aria-label': t('app.close'), click: () => choose(undefined) },
        '✕',
      ),
    ),
    h(
      'dl',
      { class: 'facts' },
      facts.map(([name, value]) =>
        h('div', { key: name }, h('dt', { class: 'soft' }, name), h('dd', {}, value)),
      ),
    ),
  )
}
