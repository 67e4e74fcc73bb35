/**
 * What the dispatcher knows of its shard, in memory: orders, riders and who is sent where; and the planner, which is told of every change.
 * News may be late, doubled or in any order: an order's version and a report's number say what is newer.
 */
import type { PlannedRider, Planner, Stop } from '../dispatcher/planner.ts'
import { metresBetween } from '../model/geometry.ts'
import { isOpen, type Order, type Position } from '../model/order.ts'
import type { PositionRow, RiderRow } from '../store/store.ts'
import type { Figures } from './figures.ts'
import type { Ways } from './ways.ts'

export interface CityRider {
  row: RiderRow
  at: PositionRow
  /** When something new was last heard, on the dispatcher's clock: phones' clocks are not to be trusted with that. */
  heardAtMs: number
  /** Where the planner has the rider: told again only when that has become wrong. Undefined: not planned with. */
  toldAt: Position | undefined
}

export interface City {
  readonly orders: ReadonlyMap<string, Order>
  readonly riders: ReadonlyMap<string, CityRider>
  /** What the rider is still to do, in its order. */
  stopsOf(riderId: string): readonly Stop[]
  versionOf(orderId: string): number
  /** False: it was known, or something newer. */
  see(order: Order): boolean
  /** As it was read just now: whatever was meant to become of it is forgotten. */
  resync(order: Order): void
  seeRider(row: RiderRow): void
  seePosition(at: PositionRow): void
  /** Riders that have been silent for too long, or whose shift is over, are not planned with. */
  judgeRiders(): void
  isAvailable(riderId: string): boolean
  /** Puts an order that has no rider behind what the rider is to do, as the planner has decided. */
  commit(riderId: string, stops: readonly Stop[]): void
  /** The rider does not get it: it is planned anew. */
  uncommit(orderId: string): void
  /** Parts of the vehicle that are taken by what is offered and accepted. */
  loadOf(riderId: string): number
  /** When an order would be at the door if nothing but the plans of now counted. The plans are left as they were. */
  tentative(order: Order): number | undefined
  /** Forgets ended orders that cannot be in the news any more. */
  forget(endedBeforeMs: number): void
}

export interface CityOptions {
  planner: Planner
  ways: Ways
  clock: { nowMs(): number }
  /** A rider that nothing was heard of for so long is lost. */
  lostAfterMs: number
  /** Is told of each order once when it is first seen, and once when it is seen to be delivered. */
  figures: Pick<Figures, 'placed' | 'delivered'>
}

/** A planner's rider is moved when the real one is so far away from there. */
const movedMetres = 80

export function cityOf({ planner, ways, clock, lostAfterMs, figures }: CityOptions): City {
  const orders = new Map<string, Order>()
  const riders = new Map<string, CityRider>()
  const stops = new Map<string, Stop[]>()
  /** Of orders with a rider, or meant for one. */
  const holders = new Map<string, string>()
  /** On duty or not, but nothing is known of where. */
  const waitingForPosition = new Map<string, RiderRow>()
  const ended = new Map<string, { version: number; atMs: number }>()

  const stopsOf = (riderId: string): readonly Stop[] => stops.get(riderId) ?? []

  function setStops(riderId: string, next: Stop[]): void {
    if (next.length === 0) stops.delete(riderId)
    else stops.set(riderId, next)
    tellRider(riderId)
  }

  function release(orderId: string): void {
    const riderId = holders.get(orderId)
    if (riderId === undefined) return
    holders.delete(orderId)
    setStops(
      riderId,
      stopsOf(riderId).filter((stop) => stop.orderId !== orderId),
    )
  }

  function planned(order: Order): { pickup: number; dropoff: number } | undefined {
    const pickup = ways.placeAt(order.pickup)
    const dropoff = ways.placeAt(order.dropoff)
    return pickup === undefined || dropoff === undefined ? undefined : { pickup, dropoff }
  }

  function putOrder(order: Order): boolean {
    const places = planned(order)
    if (places === undefined) return false
    const { orderId, placedAtMs, readyAtMs, promisedAtMs, load, refusedBy } = order
    planner.putOrder({
      orderId,
      ...places,
      placedAtMs,
      // A kitchen that is late will be a while yet.
      readyAtMs: order.kitchen === 'READY' ? readyAtMs : Math.max(readyAtMs, clock.nowMs()),
      targetAtMs: promisedAtMs,
      load,
      refusedBy,
    })
    return true
  }

  /** Makes plans and stops what the order says. */
  function apply(order: Order): void {
    const { orderId, state, riderId } = order
    if (versionOf(orderId) === 0) figures.placed(order)
    if (!isOpen(order)) {
      if (state === 'DELIVERED' && !ended.has(orderId)) figures.delivered(order)
      orders.delete(orderId)
      ended.set(orderId, { version: order.version, atMs: clock.nowMs() })
      release(orderId)
      planner.removeOrder(orderId)
      return
    }
    orders.set(orderId, order)
    if (state === 'CREATED' || state === 'PAID') return
    if (state === 'MERCHANT_ACCEPTED') {
      release(orderId)
      putOrder(order)
      return
    }
    if (holders.get(orderId) !== riderId) release(orderId)
    holders.set(orderId, riderId!)
    const places = planned(order)
    if (places === undefined) return
    setStops(riderId!, stopsWith(stopsOf(riderId!), order, places))
    putOrder(order)
  }

  function see(order: Order): boolean {
    if (versionOf(order.orderId) >= order.version) return false
    // What is meant for a rider stays so if nothing has changed but the kitchen or the expectation.
    const meant = holders.get(order.orderId)
    const known = orders.get(order.orderId)
    if (
      order.state === 'MERCHANT_ACCEPTED' &&
      known?.state === 'MERCHANT_ACCEPTED' &&
      meant !== undefined &&
      !order.refusedBy.includes(meant)
    ) {
      orders.set(order.orderId, order)
      putOrder(order)
    } else apply(order)
    return true
  }

  const versionOf = (orderId: string): number =>
    orders.get(orderId)?.version ?? ended.get(orderId)?.version ?? 0

  function isAvailable(riderId: string): boolean {
    const rider = riders.get(riderId)
    if (rider === undefined) return false
    const nowMs = clock.nowMs()
    return rider.row.onDuty && rider.row.onUntilMs > nowMs && nowMs - rider.heardAtMs < lostAfterMs
  }

  function tellRider(riderId: string): void {
    const rider = riders.get(riderId)
    if (rider === undefined) return
    const place = isAvailable(riderId) ? ways.placeAt(rider.at.position) : undefined
    if (place === undefined) {
      if (rider.toldAt !== undefined) planner.removeRider(riderId)
      rider.toldAt = undefined
      return
    }
    rider.toldAt = rider.at.position
    planner.putRider(plannedRider(rider, place, stopsOf(riderId), clock.nowMs()))
  }

  return {
    orders,
    riders,
    stopsOf,
    versionOf,
    see,
    resync(order) {
      if (versionOf(order.orderId) <= order.version) apply(order)
    },
    seeRider(row) {
      const known = riders.get(row.riderId)
      if (known !== undefined && known.row.version >= row.version) return
      if (known === undefined) return void waitingForPosition.set(row.riderId, row)
      const isNewSession = row.onDuty && !known.row.onDuty
      known.row = row
      if (isNewSession) known.heardAtMs = clock.nowMs()
      tellRider(row.riderId)
    },
    seePosition(at) {
      const { riderId } = at
      const nowMs = clock.nowMs()
      const known = riders.get(riderId)
      if (known === undefined) {
        const row = waitingForPosition.get(riderId)
        if (row === undefined) return
        waitingForPosition.delete(riderId)
        riders.set(riderId, { row, at, heardAtMs: nowMs, toldAt: undefined })
        tellRider(riderId)
        return
      }
      if (known.at.atMs > at.atMs || (known.at.atMs === at.atMs && known.at.seq === at.seq)) return
      known.at = at
      known.heardAtMs = nowMs
      if (known.toldAt === undefined || metresBetween(known.toldAt, at.position) > movedMetres)
        tellRider(riderId)
    },
    judgeRiders() {
      for (const [riderId, { toldAt }] of riders)
        if (isAvailable(riderId) !== (toldAt !== undefined)) tellRider(riderId)
    },
    isAvailable,
    commit(riderId, added) {
      for (const { orderId } of added) holders.set(orderId, riderId)
      setStops(riderId, [...stopsOf(riderId), ...added])
    },
    uncommit(orderId) {
      const order = orders.get(orderId)
      if (order !== undefined && order.state === 'MERCHANT_ACCEPTED') apply(order)
    },
    loadOf(riderId) {
      const ids = new Set(stopsOf(riderId).map(({ orderId }) => orderId))
      let load = 0
      for (const orderId of ids) {
        const order = orders.get(orderId)
        if (order?.riderId === riderId) load += order.load
      }
      return load
    },
    tentative(order) {
      const { orderId } = order
      const isPlanned = order.state === 'MERCHANT_ACCEPTED'
      if (!isPlanned && (order.riderId !== undefined || !putOrder(order))) return undefined
      const nowMs = clock.nowMs()
      const plan = planner.tentative(orderId) ?? planner.insert(orderId, nowMs)
      if (!isPlanned) planner.removeOrder(orderId)
      return plan === undefined ? undefined : Math.round(plan.dropoffAtMs)
    },
    forget(endedBeforeMs) {
      for (const [orderId, { atMs }] of ended) {
        if (atMs >= endedBeforeMs) break
        ended.delete(orderId)
      }
    },
  }
}

const plannedRider = (
  { row, at }: CityRider,
  place: number,
  committed: readonly Stop[],
  nowMs: number,
): PlannedRider => ({
  riderId: row.riderId,
  place,
  freeAtMs: nowMs,
  onFromMs: 0,
  onUntilMs: row.onUntilMs,
  capacity: row.vehicle.capacity,
  rangeMetres: Math.max(0, row.vehicle.rangeMetres - at.riddenMetres),
  committed,
})

/** The rider's stops with what is left to do of the order: as they stand, or behind the others where it is new to them. */
function stopsWith(
  stops: readonly Stop[],
  { orderId, state }: Order,
  { pickup, dropoff }: { pickup: number; dropoff: number },
): Stop[] {
  const left: Stop[] =
    state === 'RETURNING'
      ? [{ kind: 'dropoff', orderId, place: pickup }]
      : state === 'PICKED_UP' || state === 'AT_CUSTOMER'
        ? [{ kind: 'dropoff', orderId, place: dropoff }]
        : [
            { kind: 'pickup', orderId, place: pickup },
            { kind: 'dropoff', orderId, place: dropoff },
          ]
  const isLeft = (stop: Stop) =>
    stop.orderId !== orderId || left.some(({ kind, place }) => kind === stop.kind && place === stop.place)
  const kept = stops.filter(isLeft)
  const has = (wanted: Stop) =>
    kept.some(({ orderId: id, kind }) => id === wanted.orderId && kind === wanted.kind)
  return [...kept, ...left.filter((stop) => !has(stop))]
}
