import type { Order } from '../model/order.ts'
import { hourOf } from '../store/store.ts'
import {
  clickToDoor,
  delivered,
  endOf,
  isOnTime,
  mean,
  p90,
  type Report,
  rounded,
  share,
  sumOf,
} from './figures.ts'
import type { Ridden } from './ridden.ts'

/** By the hour (UTC) in which orders came to their end. */
export function hours(over: readonly Order[], ridden: readonly Ridden[]): Report {
  const ordersOf = Map.groupBy(over, (order) => hourOf(endOf(order)!))
  const riddenIn = Map.groupBy(ridden, ({ hour }) => hour)
  const all = [...new Set([...ordersOf.keys(), ...riddenIn.keys()])].sort((a, b) => a - b)
  return {
    columns: [
      'hour',
      'delivered',
      'cancelled',
      'returned',
      'onTimeShare',
      'clickToDoorMeanMin',
      'clickToDoorP90Min',
      'km',
      'deadheadShare',
    ],
    rows: all.map((hour) => {
      const orders = ordersOf.get(hour) ?? []
      const brought = delivered(orders)
      const rides = riddenIn.get(hour) ?? []
      const metres = sumOf(rides, (one) => one.metres)
      const minutes = brought.map(clickToDoor)
      return [
        new Date(hour * 3_600_000).toISOString(),
        brought.length,
        orders.filter(({ state }) => state === 'CANCELLED').length,
        orders.filter(({ state }) => state === 'RETURNED').length,
        share(brought.filter(isOnTime).length, brought.length),
        mean(minutes),
        p90(minutes),
        rounded(metres / 1000, 2),
        share(
          sumOf(rides, (one) => one.emptyMetres),
          metres,
        ),
      ]
    }),
  }
}
