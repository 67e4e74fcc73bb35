import type { Order } from '../model/order.ts'
import type { Shop } from '../model/shop.ts'
import { delivered, isOnTime, mean, type Report, share, sumOf } from './figures.ts'

/** By merchant: what came of their orders, how long they cook, and how long meals then wait. */
export function merchants(over: readonly Order[], shops: readonly Shop[]): Report {
  const names = new Map(shops.map(({ merchantId, name }) => [merchantId, name]))
  const byMerchant = Map.groupBy(over, ({ merchantId }) => merchantId)
  return {
    columns: [
      'merchantId',
      'name',
      'delivered',
      'cancelled',
      'salesCents',
      'cookingMeanMin',
      'readyToPickupMeanMin',
      'onTimeShare',
    ],
    rows: [...byMerchant]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([merchantId, orders]) => {
        const brought = delivered(orders)
        return [
          merchantId,
          names.get(merchantId) ?? '',
          brought.length,
          orders.filter(({ state }) => state === 'CANCELLED').length,
          sumOf(brought, ({ totalCents }) => totalCents),
          mean(minutesBetween(orders, 'MERCHANT_ACCEPTED', 'READY')),
          mean(minutesBetween(orders, 'READY', 'PICKED_UP')),
          share(brought.filter(isOnTime).length, brought.length),
        ]
      }),
  }
}

/** An order that was offered again has accepted times of its own: those that run backwards tell nothing. */
const minutesBetween = (
  orders: readonly Order[],
  from: 'MERCHANT_ACCEPTED' | 'READY',
  to: 'READY' | 'PICKED_UP',
): number[] =>
  orders.flatMap(({ times }) => {
    const [fromMs, toMs] = [times[from], times[to]]
    return fromMs === undefined || toMs === undefined || toMs < fromMs ? [] : [(toMs - fromMs) / 60_000]
  })
