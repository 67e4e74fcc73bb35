/** Reports of what is over, from the orders and the riding log: tables with columns of fixed names. */
import type { Order } from '../model/order.ts'
import { stubbornly } from '../orders/change-order.ts'
import { oneOf } from '../orders/check.ts'
import type { Caller, OrdersContext } from '../orders/context.ts'
import { forbidden, invalidArgument } from '../orders/refusal.ts'
import { hourOf, type PositionRow, TooManyRows } from '../store/store.ts'
import { endOf, type Report } from './figures.ts'
import { hours } from './hours.ts'
import { merchants } from './merchants.ts'
import { type Ridden, riddenBy } from './ridden.ts'
import { riders } from './riders.ts'

const hourMs = 3_600_000
const maxRangeMs = 31 * 24 * hourMs
const defaultRangeMs = 24 * hourMs
/** Of one report. */
const maxOrders = 200_000
/** Of one hour: a thousand riders that say each four seconds where they are make twice as many. */
const maxFixesOfHour = 2_000_000
const ordersOfPage = 5000
/** An order may still change after its end (a photo), and may have been picked up before the time that is asked for. */
const aroundMs = 2 * hourMs

/** `from` and `to` are milliseconds since the epoch, or ISO 8601; the last day if they are not given. */
export async function report(
  context: OrdersContext,
  caller: Caller,
  { name, from, to }: { name: unknown; from?: unknown; to?: unknown },
): Promise<Report> {
  if (caller.role !== 'operations') throw forbidden('only operations see reports')
  const what = oneOf(name, 'the name of the report', ['hours', 'riders', 'merchants'])
  const toMs = timeOf(to, 'to') ?? context.clock.nowMs()
  const fromMs = timeOf(from, 'from') ?? toMs - defaultRangeMs
  if (fromMs >= toMs || toMs - fromMs > maxRangeMs)
    throw invalidArgument('from must be before to, by 31 days at the most')
  try {
    const touched = await ordersTouched(context, fromMs - aroundMs, toMs + aroundMs)
    const over = touched.filter((order) => {
      const atMs = endOf(order)
      return atMs !== undefined && atMs >= fromMs && atMs < toMs
    })
    if (what === 'merchants') return merchants(over, context.shops)
    const ridden = await ride(context, touched, fromMs, toMs)
    return what === 'hours' ? hours(over, ridden) : riders(over, ridden)
  } catch (error) {
    if (error instanceof TooManyRows) throw invalidArgument(`${error.message}: ask for a shorter time`)
    throw error
  }
}

function timeOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === '') return undefined
  const text = String(value)
  const atMs = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text)
  if (!Number.isFinite(atMs) || atMs < 0)
    throw invalidArgument(`${name} must be milliseconds since 1970, or ISO 8601`)
  return atMs
}

async function ordersTouched(
  { store, shard }: OrdersContext,
  fromMs: number,
  toMs: number,
): Promise<Order[]> {
  const found = new Map<string, Order>()
  for (let atMs = fromMs; atMs < toMs; ) {
    const range = { fromMs: atMs, toMs, limit: ordersOfPage }
    const { orders, reachedMs } = await stubbornly(() => store.ordersChanged(shard, range))
    for (const order of orders) found.set(order.orderId, order)
    if (found.size > maxOrders) throw new TooManyRows(`more than ${maxOrders} orders`)
    // A page of changes of one and the same millisecond would be asked for again and again.
    atMs = reachedMs > atMs ? reachedMs : atMs + 1
  }
  return [...found.values()]
}

/** Hour by hour, as the log is large. */
async function ride(
  { store, shard }: OrdersContext,
  orders: readonly Order[],
  fromMs: number,
  toMs: number,
): Promise<Ridden[]> {
  const ridden = riddenBy(orders)
  for (let hour = hourOf(fromMs); hour <= hourOf(toMs - 1); hour++) {
    const range = {
      fromMs: Math.max(fromMs, hour * hourMs),
      toMs: Math.min(toMs, (hour + 1) * hourMs),
      limit: maxFixesOfHour,
    }
    const fixes: PositionRow[] = await stubbornly(() => store.riding(shard, range))
    ridden.add(fixes)
  }
  return ridden.all()
}
