import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seeded } from './chance.ts'
import { createPlanner } from './create-planner.ts'
import type { PlannedOrder, PlannedRider, Planner } from './planner.ts'

const minuteMs = 60_000
/** Places are points of a square of a hundred by a hundred, 100 m apart; a rider takes 20 s for those. */
const x = (place: number): number => (place % 100) * 100
const y = (place: number): number => Math.floor(place / 100) * 100
const metres = (from: number, to: number): number => Math.abs(x(from) - x(to)) + Math.abs(y(from) - y(to))

const planner = (): Planner =>
  createPlanner({ metres, ms: (from, to) => metres(from, to) * 200 }, { ground: { x, y }, random: seeded(1) })

const order = (orderId: string, more: Partial<PlannedOrder> = {}): PlannedOrder => ({
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

const rider = (riderId: string, more: Partial<PlannedRider> = {}): PlannedRider => ({
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

describe('createPlanner', () => {
  it('plans an order at once, and commits it when the rider has to leave, not before', () => {
    const plans = planner()
    plans.putRider(rider('near'))
    plans.putRider(rider('far', { place: 9090 }))
    plans.putOrder(order('o'))
    // 1 km is 200 s; half of the time at a stop is a minute.
    assert.deepEqual(plans.insert('o', 0), {
      riderId: 'near',
      pickupAtMs: 10 * minuteMs,
      dropoffAtMs: 12 * minuteMs + 100_000,
    })
    const budget = { effort: 'ruin-and-recreate', ruins: 10 } as const
    const leaveAtMs = 9 * minuteMs - 200_000
    assert.deepEqual(plans.tick(leaveAtMs - 15_001, budget), [])
    const [commitment, ...others] = plans.tick(leaveAtMs - 15_000, budget)
    assert.deepEqual(others, [])
    assert.deepEqual(commitment, {
      riderId: 'near',
      orderIds: ['o'],
      leaveAtMs,
      stops: [
        { kind: 'pickup', orderId: 'o', place: 2020 },
        { kind: 'dropoff', orderId: 'o', place: 2520 },
      ],
    })
    assert.equal(plans.tentative('o'), undefined)
    assert.deepEqual(plans.tick(leaveAtMs, budget), [])
  })

  it('plans an order anew that came to nothing, with somebody else where the rider refused it', () => {
    const plans = planner()
    plans.putRider(rider('near'))
    plans.putRider(rider('far', { place: 9090 }))
    plans.putOrder(order('o', { readyAtMs: 0 }))
    const budget = { effort: 'insertion', ruins: 0 } as const
    assert.equal(plans.tick(0, budget)[0]!.riderId, 'near')
    plans.putRider(rider('near'))
    assert.deepEqual(plans.unplanned(), [], 'nobody has said what has become of it')
    plans.putOrder(order('o', { readyAtMs: 0, refusedBy: ['near'] }))
    assert.equal(plans.tick(1000, budget)[0]!.riderId, 'far')
  })

  it('keeps an order that no rider can take, and plans it when one comes on duty', () => {
    const plans = planner()
    plans.putRider(rider('full', { capacity: 1 }))
    plans.putOrder(order('big', { load: 2 }))
    assert.equal(plans.insert('big', 0), undefined)
    assert.deepEqual(plans.unplanned(), ['big'])
    plans.putRider(rider('strong'))
    plans.tick(20_000, { effort: 'insertion', ruins: 0 })
    assert.equal(plans.tentative('big')?.riderId, 'strong')
  })
})
