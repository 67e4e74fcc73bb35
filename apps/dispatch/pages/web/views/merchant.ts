/** The merchant's page: what came in, what is on the stove, what stands ready, from left to right. */
import type { Order, Shop } from '../api/contract.ts'
import { isOver, openOrders, overOrders } from '../api/known-orders.ts'
import { pageOrders } from '../base/orders-feed.ts'
import type { PageView, Shell } from '../base/shell.ts'
import type { TextKey } from '../base/text.ts'
import { h, type Picture } from '../base/view.ts'
import { linesOf, notYet, orderName } from './order-parts.ts'

type KitchenStep = 'accept' | 'reject' | 'cooking' | 'ready'

const MINUTE_MS = 60_000
/** What a kitchen is asked to choose from; the time of its shop is added. */
const READY_IN_MIN = [5, 10, 15, 20, 30]

export function merchantPage(shell: Shell): PageView {
  let shop: Shop | undefined
  const readyIn = new Map<string, number>()
  const orders = pageOrders(shell, (news) => {
    if (news.some((order) => order.state === 'PAID')) shell.say(shell.words().t('kitchen.newOrder'))
  })
  shell.act('shops', async () => {
    const { shops } = await shell.api.get<{ shops: Shop[] }>('shops')
    shop = shops.find((known) => known.merchantId === shell.session.id)
  })

  function step(order: Order, next: KitchenStep, more: { readyInMs?: number } = {}): void {
    shell.act(`${next} ${order.orderId}`, () =>
      orders.step(order.orderId, 'kitchen', { step: next, ...more }),
    )
  }

  const button = (order: Order, next: KitchenStep, kind: string, click: () => void): Picture =>
    h(
      'button',
      { type: 'button', class: kind, key: next, disabled: shell.isBusy(`${next} ${order.orderId}`), click },
      shell.words().t(`kitchen.${next}`),
    )

  function incoming(order: Order): Picture {
    const { t } = shell.words()
    const usual = Math.round((shop?.cookingMs ?? 10 * MINUTE_MS) / MINUTE_MS)
    const minutes = readyIn.get(order.orderId) ?? usual
    const choices = [...new Set([...READY_IN_MIN, usual, minutes])].sort((a, b) => a - b)
    return card(order, 'new', [
      h(
        'label',
        { class: 'row' },
        h('span', { class: 'grow' }, t('kitchen.readyIn')),
        h(
          'select',
          {
            value: String(minutes),
            change: (event: Event) => {
              readyIn.set(order.orderId, Number((event.target as HTMLSelectElement).value))
            },
          },
          choices.map((choice) =>
            h(
              'option',
              { key: String(choice), value: String(choice) },
              t('kitchen.minutes', { minutes: choice }),
            ),
          ),
        ),
      ),
      h(
        'div',
        { class: 'row' },
        button(order, 'accept', 'main grow', () =>
          step(order, 'accept', { readyInMs: (readyIn.get(order.orderId) ?? usual) * MINUTE_MS }),
        ),
        button(order, 'reject', 'danger', () => step(order, 'reject')),
      ),
    ])
  }

  function cooking(order: Order): Picture {
    const { t } = shell.words()
    const format = shell.format()
    const leftMs = order.readyAtMs - shell.nowMs()
    return card(order, 'cooking', [
      h(
        'p',
        { class: leftMs < 0 ? 'late' : 'soft' },
        leftMs < 0
          ? t('kitchen.overdue', { time: format.span(-leftMs) })
          : t('kitchen.dueIn', { time: format.span(leftMs), at: format.clock(order.readyAtMs) }),
      ),
      riderLine(order),
      h(
        'div',
        { class: 'row' },
        order.kitchen === 'WAITING' && button(order, 'cooking', 'grow', () => step(order, 'cooking')),
        button(order, 'ready', 'main grow', () => step(order, 'ready')),
      ),
    ])
  }

  const ready = (order: Order): Picture => card(order, 'ready', [riderLine(order)])

  function riderLine(order: Order): Picture {
    const { t } = shell.words()
    const rider = order.riderId ?? ''
    if (order.state === 'AT_MERCHANT')
      return h('p', { class: 'good strong' }, t('kitchen.riderHere', { rider }))
    if (order.state === 'RIDER_ACCEPTED') return h('p', {}, t('kitchen.riderComing', { rider }))
    return h('p', { class: 'soft' }, t('kitchen.riderSought'))
  }

  function card(order: Order, kind: string, content: Picture[]): Picture {
    const format = shell.format()
    const waitedMs = shell.nowMs() - (order.times.PAID ?? order.placedAtMs)
    return h(
      'li',
      { key: order.orderId, class: `card ticket ticket-${kind}` },
      h(
        'p',
        { class: 'row' },
        h('strong', { class: 'grow' }, orderName(order)),
        h(
          'span',
          { class: 'soft number' },
          shell.words().t('kitchen.since', { time: format.span(waitedMs) }),
        ),
      ),
      linesOf(order, format),
      content,
    )
  }

  function column(
    name: 'new' | 'cooking' | 'ready',
    list: readonly Order[],
    show: (order: Order) => Picture,
  ): Picture {
    const { t } = shell.words()
    return h(
      'section',
      { key: name, class: 'board-column', 'aria-labelledby': `column-${name}` },
      h(
        'h2',
        { id: `column-${name}` },
        t(`kitchen.column.${name}`),
        h('span', { class: 'tally' }, list.length),
      ),
      list.length === 0
        ? h('p', { class: 'soft hollow' }, t(`kitchen.none.${name}` as TextKey))
        : h('ul', { class: 'cards' }, list.map(show)),
    )
  }

  function view(): Picture {
    const { t } = shell.words()
    if (!orders.isLoaded()) return notYet(shell, orders)
    const open = openOrders(orders.known())
    const isNew = (order: Order) => order.state === 'PAID'
    const isInside = (order: Order) =>
      ['MERCHANT_ACCEPTED', 'OFFERED', 'RIDER_ACCEPTED', 'AT_MERCHANT'].includes(order.state)
    const fresh = open.filter(isNew)
    const inside = open.filter(isInside)
    const gone = [
      ...open.filter((order) => order.kitchen === 'HANDED_OVER'),
      ...overOrders(orders.known()).filter(isOver),
    ]
    shell.setTitle(fresh.length > 0 ? `(${fresh.length})` : undefined)
    return h(
      'div',
      { key: 'board' },
      h('h1', {}, shop?.name ?? shell.session.id),
      h(
        'div',
        { class: 'board' },
        column('new', fresh, incoming),
        column(
          'cooking',
          inside.filter((order) => order.kitchen !== 'READY'),
          cooking,
        ),
        column(
          'ready',
          inside.filter((order) => order.kitchen === 'READY'),
          ready,
        ),
      ),
      gone.length > 0 &&
        h(
          'details',
          { class: 'quiet-details' },
          h('summary', {}, t('kitchen.gone', { count: gone.length })),
          h(
            'ul',
            { class: 'plain' },
            gone
              .slice(0, 30)
              .map((order) =>
                h(
                  'li',
                  { key: order.orderId, class: 'row' },
                  h('span', { class: 'grow' }, orderName(order)),
                  h('span', { class: 'soft' }, t(`state.${order.state}`)),
                ),
              ),
          ),
        ),
    )
  }

  return { view, close: orders.close }
}
