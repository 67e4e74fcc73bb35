/** Parts of an order that several pages show. */
import type { Order, OrderState } from '../api/contract.ts'
import type { Format } from '../base/format.ts'
import type { PageOrders } from '../base/orders-feed.ts'
import { explain, type Shell } from '../base/shell.ts'
import type { Words } from '../base/text.ts'
import { h, type Picture } from '../base/view.ts'

export const orderName = (order: Order): string => `#${order.orderId.slice(-6)}`

export function linesOf(order: Order, format: Format): Picture {
  return h(
    'ul',
    { class: 'lines' },
    order.lines.map((line, at) =>
      h(
        'li',
        { key: String(at) },
        h('span', { class: 'count' }, `${format.count(line.count)} ×`),
        h('span', { class: 'grow' }, line.name),
        h('span', { class: 'number' }, format.money(line.count * line.priceCents)),
      ),
    ),
  )
}

export function badge(state: OrderState, { t }: Words): Picture {
  return h('span', { class: `badge badge-${state.toLowerCase()}` }, t(`state.${state}`))
}

/** What a customer is told on the way, in this order; each from the state on that begins it. */
const STEPS: readonly {
  name: 'paid' | 'cooking' | 'rider' | 'onTheWay' | 'delivered'
  from: OrderState[]
}[] = [
  { name: 'paid', from: ['PAID'] },
  { name: 'cooking', from: ['MERCHANT_ACCEPTED'] },
  { name: 'rider', from: ['RIDER_ACCEPTED'] },
  { name: 'onTheWay', from: ['PICKED_UP'] },
  { name: 'delivered', from: ['DELIVERED'] },
]

const REACHED: readonly OrderState[] = [
  'CREATED',
  'PAID',
  'MERCHANT_ACCEPTED',
  'OFFERED',
  'RIDER_ACCEPTED',
  'AT_MERCHANT',
  'PICKED_UP',
  'AT_CUSTOMER',
  'DELIVERED',
]

export function stepsOf(order: Order, { t }: Words, format: Format): Picture {
  const now = REACHED.indexOf(order.state)
  const done = STEPS.filter(({ from }) => REACHED.indexOf(from[0]!) <= now).length
  return h(
    'ol',
    { class: 'steps', 'aria-label': t('order.steps') },
    STEPS.map(({ name, from }, at) => {
      const reachedAtMs = at < done ? order.times[from[0]!] : undefined
      const kind = at < done - 1 || order.state === 'DELIVERED' ? 'done' : at === done - 1 ? 'now' : 'ahead'
      return h(
        'li',
        { key: name, class: `step step-${kind}`, 'aria-current': kind === 'now' ? 'step' : undefined },
        h('span', { class: 'grow' }, t(`step.${name}`)),
        reachedAtMs !== undefined && h('time', { class: 'number soft' }, format.clock(reachedAtMs)),
      )
    }),
  )
}

export const isLate = (order: Order, nowMs: number): boolean =>
  Math.max(order.expectedAtMs, order.state === 'DELIVERED' ? 0 : nowMs) > order.promisedAtMs

/** While there is nothing to show. */
export const loading = ({ t }: Words): Picture =>
  h('div', { class: 'card skeleton', 'aria-busy': 'true' }, h('p', { class: 'soft' }, t('app.loading')))

/** While there are no orders yet: why not, if that is known. */
export function notYet(shell: Shell, orders: PageOrders): Picture {
  const words = shell.words()
  const failure = orders.failure()
  return failure ? failed(explain(words, failure), words.t('app.again'), orders.refresh) : loading(words)
}

export const empty = (title: string, advice: string): Picture =>
  h('div', { class: 'card empty' }, h('p', { class: 'strong' }, title), h('p', { class: 'soft' }, advice))

/** Something could not be had: what, and again. */
export const failed = (text: string, again: string, retry: () => void): Picture =>
  h(
    'div',
    { class: 'card empty', role: 'alert' },
    h('p', { class: 'strong' }, text),
    h('button', { type: 'button', click: retry }, again),
  )
