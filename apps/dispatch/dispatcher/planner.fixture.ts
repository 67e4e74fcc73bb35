/** A city for tests: places are points of a square of a hundred by a hundred, 100 m apart; a rider takes 20 s for those. */
import assert from 'node:assert/strict'
import { gridOf } from './grid.ts'
import { defaults, type PlannerOptions } from './options.ts'
import { type Plan, tripOf } from './plan.ts'
import type { PlannedOrder, PlannedRider, Stop, Travel } from './planner.ts'
import type { State } from './state.ts'

export const minuteMs = 60_000

const x = (place: number): number => (place % 100) * 100
const y = (place: number): number => Math.floor(place / 100) * 100
const metres = (from: number, to: number): number => Math.abs(x(from) - x(to)) + Math.abs(y(from) - y(to))

export const ground = { x, y }
export const travel: Travel = { metres, ms: (from, to) => metres(from, to) * 200 }
export const optionsWith = (random: () => number): PlannerOptions => ({ ...defaults, ground, random })

export const order = (orderId: string, more: Partial<PlannedOrder> = {}): PlannedOrder => ({
  orderId,
  pickup: 2020,
  dropoff: 2520,
  placedAtMs: 0,
  readyAtMs: 10 * minuteMs,
  targetAtMs: 40 * minuteMs,
  load: 1,
  refusedBy: [],
  ...more,
})

export const rider = (riderId: string, more: Partial<PlannedRider> = {}): PlannedRider => ({
  riderId,
  place: 2010,
  freeAtMs: 0,
  onFromMs: 0,
  onUntilMs: 600 * minuteMs,
  capacity: 4,
  rangeMetres: 50_000,
  committed: [],
  ...more,
})

/** All stops of a rider: what is committed, then what is planned. */
export const stopsOf = ({ rider, trips }: Plan): Stop[] => [
  ...rider.committed,
  ...trips.flatMap(({ entries }) => [
    ...entries.map(({ order: { orderId, pickup } }): Stop => ({ kind: 'pickup', orderId, place: pickup })),
    ...entries.map(({ order: { orderId, dropoff } }): Stop => ({ kind: 'dropoff', orderId, place: dropoff })),
  ]),
]

export interface Ridden {
  /** Of each order of which a pick-up was among the stops. */
  pickups: Map<string, number>
  dropoffs: Map<string, number>
  metres: number
  mostLoad: number
}

/** Rides stop by stop, as simply as it can be said. */
export function ridden(state: State, { rider }: Plan, stops: readonly Stop[]): Ridden {
  const { pickupMs, dropoffMs } = state.options
  const told: Ridden = { pickups: new Map(), dropoffs: new Map(), metres: 0, mostLoad: 0 }
  let at = Math.max(rider.freeAtMs, rider.onFromMs, state.nowMs)
  let place = rider.place
  const loadOf = (id: string): number => state.entries.get(id)?.order.load ?? 1
  // What is only to be dropped off is on board already.
  const fetched = new Set(stops.filter(({ kind }) => kind === 'pickup').map(({ orderId }) => orderId))
  let load = 0
  for (const { kind, orderId } of stops)
    if (kind === 'dropoff' && !fetched.has(orderId)) load += loadOf(orderId)
  told.mostLoad = load
  for (let index = 0; index < stops.length; ) {
    const stop = stops[index]!
    told.metres += travel.metres(place, stop.place)
    at += travel.ms(place, stop.place)
    place = stop.place
    if (stop.kind === 'dropoff') {
      at += dropoffMs / 2
      told.dropoffs.set(stop.orderId, at)
      at += dropoffMs / 2
      load -= loadOf(stop.orderId)
      index++
      continue
    }
    const together: Stop[] = []
    for (; stops[index]?.kind === 'pickup' && stops[index]!.place === place; index++)
      together.push(stops[index]!)
    const ready = together.map(({ orderId }) => state.entries.get(orderId)?.order.readyAtMs ?? 0)
    at = Math.max(at + pickupMs / 2, ...ready)
    for (const { orderId } of together) {
      told.pickups.set(orderId, at)
      load += loadOf(orderId)
    }
    told.mostLoad = Math.max(told.mostLoad, load)
    at += pickupMs / 2
  }
  return told
}

/** What holds of a planner's state at all times, whatever it was told. */
export function assertSound(state: State): void {
  const planned = new Set<string>()
  for (const plan of state.plans.values()) {
    const { rider, trips } = plan
    if (trips.length === 0) continue
    const { pickups, mostLoad, metres } = ridden(state, plan, stopsOf(plan))
    assert.ok(metres <= rider.rangeMetres, `${rider.riderId} rides ${metres} m`)
    const committedLoad = ridden(state, plan, rider.committed).mostLoad
    assert.ok(mostLoad <= Math.max(rider.capacity, committedLoad), `${rider.riderId} carries ${mostLoad}`)
    for (const trip of trips) {
      assert.deepEqual(trip, tripOf(trip.entries))
      for (const entry of trip.entries) {
        const { orderId, pickup, refusedBy } = entry.order
        assert.equal(planned.has(orderId), false, `${orderId} is planned twice`)
        planned.add(orderId)
        assert.equal(entry.plan, plan)
        assert.equal(entry.state, 'open')
        assert.equal(state.entries.get(orderId), entry)
        assert.equal(pickup, trip.pickup)
        assert.ok(!refusedBy.includes(rider.riderId))
        assert.ok(pickups.get(orderId)! <= rider.onUntilMs)
      }
    }
  }
  for (const [orderId, entry] of state.entries) {
    assert.equal(entry.plan !== undefined, planned.has(orderId))
    assert.equal(state.unplanned.has(entry), entry.state === 'open' && entry.plan === undefined)
    assert.equal(state.open.get(entry.order.pickup)?.has(entry) ?? false, entry.state === 'open')
  }
  for (const entry of state.unplanned) assert.equal(state.entries.get(entry.order.orderId), entry)
}

/** The index of riders and the marks are those that would be made from what is known now. */
export function assertAsRebuilt(state: State): void {
  const grid = gridOf(400)
  for (const plan of state.plans.values()) {
    const told = ridden(state, plan, stopsOf(plan))
    const end = stopsOf(plan).at(-1)?.place ?? plan.rider.place
    assert.equal(plan.marks[plan.trips.length * 4 + 1], end)
    if (Number.isFinite(plan.rider.rangeMetres))
      assert.equal(plan.marks[plan.trips.length * 4 + 2], told.metres)
    const freeAt = plan.rider.committed.at(-1)?.place ?? plan.rider.place
    if (plan.rider.onUntilMs < state.nowMs || plan.rider.onFromMs > state.nowMs + state.options.aheadMs)
      continue
    grid.put(plan.slot, x(freeAt), y(freeAt))
  }
  assert.equal(state.grid.size, grid.size)
  for (const place of [0, 2020, 9999]) {
    assert.deepEqual([...state.grid.nearest(x(place), y(place), 5)], [...grid.nearest(x(place), y(place), 5)])
  }
}
