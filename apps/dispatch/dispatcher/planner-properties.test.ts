import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { seeded } from './chance.ts'
import { plannerOn } from './create-planner.ts'
import { efforts } from './ladder.ts'
import {
  assertAsRebuilt,
  assertSound,
  minuteMs,
  optionsWith,
  order,
  ridden,
  rider,
  stopsOf,
  travel,
} from './planner.fixture.ts'
import type { Commitment, PlannedOrder, PlannedRider, Planner } from './planner.ts'
import { type State, stateOf } from './state.ts'

const place = fc.nat({ max: 9999 })
/** Few restaurants, so that meals of the same one meet. */
const restaurant = fc.constantFrom(1010, 2020, 5555)
/** Anywhere, or where several orders of one restaurant are best ridden together. */
const door = fc.oneof(place, fc.constantFrom(1090, 1091, 1092, 2091, 2092, 5590))
const riderName = fc.constantFrom('a', 'b', 'c')
const orderName = fc.nat({ max: 30 }).map((number) => `o${number}`)

type Step =
  | { kind: 'order'; orderId: string; more: Partial<PlannedOrder>; readyInMs: number }
  | { kind: 'cancel'; orderId: string }
  | { kind: 'rider'; riderId: string; more: Partial<PlannedRider>; keeps: boolean }
  | { kind: 'gone'; riderId: string }
  | { kind: 'insert'; orderId: string }
  | { kind: 'tick'; afterMs: number; effort: (typeof efforts)[number] }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('order'),
      orderId: orderName,
      readyInMs: fc.nat({ max: 30 * minuteMs }),
      more: fc.record({
        pickup: restaurant,
        dropoff: door,
        load: fc.integer({ min: 1, max: 3 }),
        refusedBy: fc.uniqueArray(riderName, { maxLength: 2 }),
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel'), orderId: orderName }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('rider'),
      riderId: riderName,
      keeps: fc.boolean(),
      more: fc.record({
        place,
        capacity: fc.integer({ min: 1, max: 5 }),
        rangeMetres: fc.constantFrom(3000, 20_000, 60_000, Number.POSITIVE_INFINITY),
        onFromMs: fc.nat({ max: 100 * minuteMs }),
        onUntilMs: fc.integer({ min: 0, max: 300 * minuteMs }),
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('gone'), riderId: riderName }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('insert'), orderId: orderName }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('tick'),
      afterMs: fc.integer({ min: 1000, max: 5 * minuteMs }),
      effort: fc.constantFrom(...efforts),
    }),
  },
)

describe('a planner, whatever it is told', () => {
  it('keeps plans within capacity, range and shift, no order twice, committed stops as they are, and its index in step', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), fc.integer(), (steps, seed) => {
        const state = stateOf(travel, optionsWith(seeded(seed)))
        const planner = plannerOn(state)
        let nowMs = 0
        for (const one of steps) {
          if (one.kind === 'tick') nowMs += one.afterMs
          const before = new Map([...state.plans].map(([id, { rider }]) => [id, rider.committed]))
          const committed = take(state, planner, one, nowMs)
          assertCommitted(state, one, before, committed)
          assertSound(state)
          if (one.kind === 'tick') assertAsRebuilt(state)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('says when a meal is fetched and at the door as the stops of its rider come out', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
        const state = stateOf(travel, optionsWith(seeded(3)))
        const planner = plannerOn(state)
        let nowMs = 0
        for (const one of steps) {
          if (one.kind === 'tick') nowMs += one.afterMs
          take(state, planner, one, nowMs)
        }
        planner.tick(nowMs + 1000, { effort: 'few-ruins', ruins: 20 })
        for (const plan of state.plans.values()) {
          const { pickups, dropoffs } = ridden(state, plan, stopsOf(plan))
          for (const { order } of plan.trips.flatMap(({ entries }) => entries)) {
            assert.deepEqual(planner.tentative(order.orderId), {
              riderId: plan.rider.riderId,
              pickupAtMs: pickups.get(order.orderId),
              dropoffAtMs: dropoffs.get(order.orderId),
            })
          }
        }
      }),
    )
  })

  for (const effort of efforts) {
    it(`leaves no order out that a rider could take, with ${effort}`, () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
          const state = stateOf(travel, optionsWith(seeded(5)))
          const planner = plannerOn(state)
          for (const one of steps) if (one.kind !== 'tick') take(state, planner, one, 0)
          planner.tick(0, { effort, ruins: 20 })
          for (const { order } of state.unplanned) {
            for (const plan of state.plans.values()) {
              assert.equal(
                couldTake(state, plan, order),
                false,
                `${plan.rider.riderId} could take ${order.orderId}`,
              )
            }
          }
        }),
      )
    })
  }
})

/** Behind all else: what is impossible there is impossible anywhere, but in a trip to the same restaurant. */
function couldTake(state: State, plan: Parameters<typeof stopsOf>[0], order: PlannedOrder): boolean {
  const { rider } = plan
  const { orderId, pickup, dropoff } = order
  if (rider.onFromMs > state.nowMs + state.options.aheadMs) return false
  if (rider.onUntilMs < state.nowMs || order.load > rider.capacity || order.refusedBy.includes(rider.riderId))
    return false
  const { pickups, metres } = ridden(state, plan, [
    ...stopsOf(plan),
    { kind: 'pickup', orderId, place: pickup },
    { kind: 'dropoff', orderId, place: dropoff },
  ])
  return pickups.get(orderId)! <= rider.onUntilMs && metres <= rider.rangeMetres
}

function take(state: State, planner: Planner, step: Step, nowMs: number): Commitment[] {
  switch (step.kind) {
    case 'order':
      planner.putOrder(
        order(step.orderId, { ...step.more, placedAtMs: nowMs, readyAtMs: nowMs + step.readyInMs }),
      )
      return []
    case 'cancel':
      planner.removeOrder(step.orderId)
      return []
    case 'rider': {
      const committed = step.keeps ? (state.plans.get(step.riderId)?.rider.committed ?? []) : []
      planner.putRider(rider(step.riderId, { ...step.more, freeAtMs: nowMs, committed }))
      return []
    }
    case 'gone':
      planner.removeRider(step.riderId)
      return []
    case 'insert': {
      const told = planner.insert(step.orderId, nowMs)
      assert.deepEqual(planner.tentative(step.orderId), told)
      return []
    }
    case 'tick':
      return planner.tick(nowMs, { effort: step.effort, ruins: 20 })
  }
}

/** Nothing but a commitment, or the caller, changes what is committed; what is committed is planned no longer. */
function assertCommitted(
  state: State,
  step: Step,
  before: ReadonlyMap<string, PlannedRider['committed']>,
  commitments: readonly Commitment[],
): void {
  const all = commitments.flatMap(({ orderIds }) => orderIds)
  assert.equal(new Set(all).size, all.length)
  for (const { rider } of state.plans.values()) {
    if ((step.kind === 'rider' || step.kind === 'gone') && step.riderId === rider.riderId) continue
    const added = commitments.filter(({ riderId }) => riderId === rider.riderId).flatMap(({ stops }) => stops)
    assert.deepEqual(rider.committed, [...before.get(rider.riderId)!, ...added])
  }
  for (const { orderIds, stops, leaveAtMs } of commitments) {
    assert.ok(leaveAtMs <= state.nowMs + state.options.leadMs)
    for (const orderId of orderIds) {
      assert.equal(state.entries.get(orderId)!.state, 'held')
      const own = stops.filter((stop) => stop.orderId === orderId).map(({ kind }) => kind)
      assert.deepEqual(own, ['pickup', 'dropoff'])
    }
  }
}
