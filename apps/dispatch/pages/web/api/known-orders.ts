/** The orders that a page knows of: what was pushed, polled and answered, in whatever order it came. Pure. */
import type { Order } from './contract.ts'

export type KnownOrders = ReadonlyMap<string, Order>

export const NO_ORDERS: KnownOrders = new Map()

/** Of orders that are over; the oldest are forgotten. */
const OVER_MAX = 100

const OVER: ReadonlySet<Order['state']> = new Set(['DELIVERED', 'CANCELLED', 'RETURNED'])

export const isOver = (order: Order): boolean => OVER.has(order.state)

/** Each at its newest version; one that is older than what is known changes nothing. */
export function withOrders(known: KnownOrders, orders: readonly Order[]): KnownOrders {
  const news = orders.filter((order) => (known.get(order.orderId)?.version ?? -1) < order.version)
  if (news.length === 0) return known
  const next = new Map(known)
  for (const order of news) next.set(order.orderId, order)
  const over = [...next.values()].filter(isOver)
  if (over.length > OVER_MAX) {
    over.sort((a, b) => a.placedAtMs - b.placedAtMs)
    for (const { orderId } of over.slice(0, over.length - OVER_MAX)) next.delete(orderId)
  }
  return next
}

/** Orders that a complete list of open ones no longer has: they came to an end, or are no longer the caller's. */
export function missingOf(known: KnownOrders, open: readonly Order[]): string[] {
  const listed = new Set(open.map((order) => order.orderId))
  return [...known.values()]
    .filter((order) => !isOver(order) && !listed.has(order.orderId))
    .map((order) => order.orderId)
}

export function without(known: KnownOrders, orderIds: readonly string[]): KnownOrders {
  if (!orderIds.some((orderId) => known.has(orderId))) return known
  const next = new Map(known)
  for (const orderId of orderIds) next.delete(orderId)
  return next
}

export const openOrders = (known: KnownOrders): Order[] =>
  [...known.values()].filter((order) => !isOver(order)).sort((a, b) => a.placedAtMs - b.placedAtMs)

export const overOrders = (known: KnownOrders): Order[] =>
  [...known.values()].filter(isOver).sort((a, b) => b.placedAtMs - a.placedAtMs)
