import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seeded } from './chance.ts'
import { createPlanner } from './create-planner.ts'
import { ground, minuteMs, order, rider, travel } from './planner.fixture.ts'
import type { Planner } from './planner.ts'

const planner = (): Planner => createPlanner(travel, { ground, random: seeded(1) })

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

  it('fetches meals of one restaurant in one go where the ways are much the same, as many as the rider carries', () => {
    const plans = planner()
    plans.putRider(rider('only', { capacity: 2 }))
    for (const [orderId, dropoff] of [
      ['o1', 9020],
      ['o2', 9021],
      ['o3', 9022],
    ] as const) {
      plans.putOrder(order(orderId, { dropoff, readyAtMs: 0 }))
    }
    const committed = plans.tick(0, { effort: 'ruin-and-recreate', ruins: 30 })
    assert.equal(committed.length, 1)
    const { orderIds, stops } = committed[0]!
    assert.equal(orderIds.length, 2)
    assert.deepEqual(
      stops.map(({ kind }) => kind),
      ['pickup', 'pickup', 'dropoff', 'dropoff'],
    )
    // The third one is fetched when the rider is back.
    const third = ['o1', 'o2', 'o3'].find((orderId) => !orderIds.includes(orderId))!
    assert.ok(plans.tentative(third)!.pickupAtMs > 40 * minuteMs)
  })
})
