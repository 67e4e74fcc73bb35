/** Who may know what of an order. */
import type { Order } from '../model/order.ts'
import type { Caller } from './context.ts'
import { noSuchOrder } from './refusal.ts'

/** Without what is the dispatcher's business. */
export type OrderView = Omit<Order, 'fence' | 'refusedBy'>

export function concerns({ sub, role }: Caller, order: Order): boolean {
  switch (role) {
    case 'customer':
      return order.customerId === sub
    case 'merchant':
      return order.merchantId === sub
    case 'rider':
      return order.riderId === sub
    case 'operations':
      return true
  }
}

/** The order, if it is there and concerns the caller. */
export const known =
  (caller: Caller) =>
  (order: Order | undefined): Order => {
    if (order === undefined || !concerns(caller, order)) throw noSuchOrder()
    return order
  }

/** Customers and merchants hear who rides when it is certain. */
export function viewOf({ role }: Caller, order: Order): OrderView {
  const { fence: _, refusedBy: __, ...view } = order
  const uncertain = order.state === 'OFFERED' && (role === 'customer' || role === 'merchant')
  return uncertain ? { ...view, riderId: undefined, offerExpiresAtMs: undefined } : view
}
