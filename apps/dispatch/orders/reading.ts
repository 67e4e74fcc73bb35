/** Orders and riders, as those may know them who ask. */
import { carriedStates, isOpen, type Order, type Position } from '../model/order.ts'
import type { Rider } from '../model/rider.ts'
import { stubbornly } from './change-order.ts'
import { oneOf, text } from './check.ts'
import type { Caller, OrdersContext } from './context.ts'
import { forbidden } from './refusal.ts'
import { riderOf } from './riders.ts'
import { known, type OrderView, viewOf } from './views.ts'

/** Of the newest orders of a customer or a merchant; operations and riders have all that are open. */
const maxListed = 200

export async function listOrders(
  { store, shard }: OrdersContext,
  caller: Caller,
  { state }: { state?: unknown },
): Promise<{ orders: OrderView[] }> {
  const openOnly = state !== undefined
  if (openOnly) oneOf(state, 'state', ['open'])
  const all = await stubbornly((): Promise<Order[]> => {
    switch (caller.role) {
      case 'customer':
        return store.ordersOfCustomer(shard, caller.sub, maxListed)
      case 'merchant':
        return store.ordersOfMerchant(shard, caller.sub, maxListed)
      case 'rider':
        return store.ordersOfRider(shard, caller.sub)
      case 'operations':
        return store.openOrders(shard)
    }
  })
  const listed = openOnly ? all.filter(isOpen) : all
  return { orders: listed.map((order) => viewOf(caller, order)) }
}

/** With the rider's position while the rider is on the way with it or to it. */
export async function trackOrder(
  { store, shard }: OrdersContext,
  caller: Caller,
  { orderId }: { orderId: unknown },
): Promise<{ order: OrderView; rider?: { position: Position; positionAtMs: number } }> {
  const name = text(orderId, 'orderId', 64)
  return stubbornly(async () => {
    const order = known(caller)(await store.getOrder(shard, name))
    const view = viewOf(caller, order)
    if (order.riderId === undefined || !carriedStates.includes(order.state)) return { order: view }
    const at = await store.getPosition(shard, order.riderId)
    return at === undefined
      ? { order: view }
      : { order: view, rider: { position: at.position, positionAtMs: at.atMs } }
  })
}

export async function listRiders(
  { store, shard }: OrdersContext,
  caller: Caller,
): Promise<{ riders: Rider[] }> {
  if (caller.role !== 'operations') throw forbidden('only operations see all riders')
  return stubbornly(async () => {
    const [rows, positions] = await Promise.all([store.riders(shard), store.positions(shard)])
    const positionOf = new Map(positions.map((at) => [at.riderId, at]))
    return {
      riders: rows.flatMap((row) => {
        const at = positionOf.get(row.riderId)
        return at === undefined ? [] : [riderOf(row, at)]
      }),
    }
  })
}
