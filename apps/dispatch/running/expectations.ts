/** When a rider's orders are picked up and at their doors, if all goes as planned. */
import type { Stop } from '../dispatcher/planner.ts'
import type { City } from './city.ts'
import type { Ways } from './ways.ts'

/** As the planner's: half before the meal changes hands, half after. */
const atStopMs = 2 * 60_000

export interface Expectation {
  pickupAtMs: number | undefined
  doorAtMs: number
}

/** By order. Nothing where the rider is unknown or nowhere. */
export function expectations(
  { city, ways, nowMs }: { city: City; ways: Ways; nowMs: number },
  riderId: string,
  stops: readonly Stop[] = city.stopsOf(riderId),
): Map<string, Expectation> {
  const expected = new Map<string, Expectation>()
  const rider = city.riders.get(riderId)
  let place = rider && ways.placeAt(rider.at.position)
  if (place === undefined) return expected
  let atMs = nowMs
  let atMerchant: number | undefined
  for (const stop of stops) {
    atMs += ways.ms(place, stop.place)
    place = stop.place
    if (stop.kind === 'pickup') {
      const readyAtMs = city.orders.get(stop.orderId)?.readyAtMs ?? 0
      // Meals of one merchant are taken together: the time there passes once.
      const pickupAtMs = Math.max(atMs + (atMerchant === place ? 0 : atStopMs / 2), readyAtMs)
      atMs = pickupAtMs + (atMerchant === place ? 0 : atStopMs / 2)
      atMerchant = place
      expected.set(stop.orderId, { pickupAtMs, doorAtMs: Number.NaN })
    } else {
      const doorAtMs = Math.round(atMs + atStopMs / 2)
      atMs += atStopMs
      atMerchant = undefined
      expected.set(stop.orderId, { pickupAtMs: expected.get(stop.orderId)?.pickupAtMs, doorAtMs })
    }
  }
  for (const [orderId, { doorAtMs }] of expected) if (!Number.isFinite(doorAtMs)) expected.delete(orderId)
  return expected
}
