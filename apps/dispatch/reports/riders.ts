import type { Order } from '../model/order.ts'
import { clickToDoor, delivered, isOnTime, mean, type Report, rounded, share, sumOf } from './figures.ts'
import type { Ridden } from './ridden.ts'

/** By rider; the hours are those in which positions were reported. */
export function riders(over: readonly Order[], ridden: readonly Ridden[]): Report {
  const ordersOf = Map.groupBy(delivered(over), ({ riderId }) => riderId!)
  const riddenBy = Map.groupBy(ridden, ({ riderId }) => riderId)
  const all = [...new Set([...ordersOf.keys(), ...riddenBy.keys()])].sort()
  return {
    columns: [
      'riderId',
      'delivered',
      'hours',
      'ordersPerHour',
      'km',
      'kmPerOrder',
      'deadheadShare',
      'onTimeShare',
      'clickToDoorMeanMin',
    ],
    rows: all.map((riderId) => {
      const orders = ordersOf.get(riderId) ?? []
      const rides = riddenBy.get(riderId) ?? []
      const hours = sumOf(rides, ({ onDutyMs }) => onDutyMs) / 3_600_000
      const metres = sumOf(rides, (one) => one.metres)
      return [
        riderId,
        orders.length,
        rounded(hours, 2),
        hours === 0 ? 0 : rounded(orders.length / hours, 2),
        rounded(metres / 1000, 2),
        orders.length === 0 ? 0 : rounded(metres / 1000 / orders.length, 2),
        share(
          sumOf(rides, (one) => one.emptyMetres),
          metres,
        ),
        share(orders.filter(isOnTime).length, orders.length),
        mean(orders.map(clickToDoor)),
      ]
    }),
  }
}
