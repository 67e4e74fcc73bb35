import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isOpen, type Order } from './order.ts'
import { maxPhotos, maxRefused, type Step, transition } from './transition.ts'

const placed: Order = {
  orderId: 'o1',
  shard: 's',
  customerId: 'c',
  merchantId: 'm',
  state: 'CREATED',
  kitchen: 'WAITING',
  version: 1,
  fence: 3,
  pickup: { lng: 7.42, lat: 43.73 },
  dropoff: { lng: 7.43, lat: 43.74 },
  dropoffAddress: 'Rue Grimaldi 1',
  lines: [{ name: 'Socca', count: 1, priceCents: 700 }],
  totalCents: 700,
  load: 1,
  placedAtMs: 0,
  changedAtMs: 0,
  readyAtMs: 600_000,
  promisedAtMs: 2_400_000,
  expectedAtMs: 1_800_000,
  riderId: undefined,
  offerExpiresAtMs: undefined,
  refusedBy: [],
  times: { CREATED: 0 },
  photos: [],
  cancelReason: undefined,
}

const token = 3
const offer = (riderId: string, offerExpiresAtMs = 30_000): Step => ({
  kind: 'offer',
  riderId,
  offerExpiresAtMs,
  expectedAtMs: 1_500_000,
  token,
})

/** Takes steps that have to succeed. */
const after = (steps: Step[], order = placed, nowMs = 10) =>
  steps.reduce((at, step) => {
    const outcome = transition(at, step, { nowMs })
    assert.ok('order' in outcome, `${step.kind}: ${'conflict' in outcome ? outcome.conflict : ''}`)
    return outcome.order
  }, order)

const conflict = (order: Order, step: Step, nowMs = 10) => {
  const outcome = transition(order, step, { nowMs })
  assert.ok('conflict' in outcome, `${step.kind} was taken in the state ${order.state}`)
  return outcome.conflict
}

const waiting = after([{ kind: 'pay' }, { kind: 'kitchen-accept', readyAtMs: 500 }])
const accepted = after([offer('r1'), { kind: 'accept', riderId: 'r1' }], waiting)
const pickedUp = after(
  [
    { kind: 'at-merchant', riderId: 'r1' },
    { kind: 'picked-up', riderId: 'r1' },
  ],
  accepted,
)

test('an order goes from its placement to the door', () => {
  const delivered = after(
    [
      { kind: 'photo', riderId: 'r1', key: 'k' },
      { kind: 'at-customer', riderId: 'r1' },
      { kind: 'delivered', riderId: 'r1' },
    ],
    pickedUp,
    99,
  )
  assert.equal(delivered.state, 'DELIVERED')
  assert.equal(delivered.version, 10)
  assert.equal(delivered.times.DELIVERED, 99)
  assert.equal(delivered.kitchen, 'HANDED_OVER')
  assert.deepEqual(delivered.photos, ['k'])
})

test('an offer that is refused, over or with a lost rider leads back to waiting, without that rider', () => {
  for (const step of [
    { kind: 'refuse', riderId: 'r1' },
    { kind: 'offer-expired', token },
    { kind: 'rider-lost', riderId: 'r1', token },
  ] satisfies Step[]) {
    const back = after([step], after([offer('r1')], waiting), 30_000)
    assert.equal(back.state, 'MERCHANT_ACCEPTED')
    assert.equal(back.riderId, undefined)
    assert.match(conflict(back, offer('r1', 90_000)), /refused/)
    after([offer('r2', 90_000)], back)
  }
})

test('an offer is taken by its rider and in its time only', () => {
  const offered = after([offer('r1')], waiting)
  assert.match(conflict(offered, { kind: 'accept', riderId: 'r2' }), /another rider/)
  assert.match(conflict(offered, { kind: 'accept', riderId: 'r1' }, 30_000), /over/)
  assert.match(conflict(offered, { kind: 'offer-expired', token }, 29_999), /stands/)
  assert.match(conflict(offered, offer('r2')), /state OFFERED/)
})

test('a step that has happened stands, and is not taken twice', () => {
  for (const [order, step] of [
    [waiting, { kind: 'pay' }],
    [waiting, { kind: 'kitchen-accept', readyAtMs: 900 }],
    [accepted, { kind: 'accept', riderId: 'r1' }],
    [pickedUp, { kind: 'picked-up', riderId: 'r1' }],
    [after([{ kind: 'cancel', reason: 'x' }]), { kind: 'cancel', reason: 'y' }],
  ] satisfies [Order, Step][]) {
    assert.deepEqual(transition(order, step, { nowMs: 20 }), { order, changed: false })
  }
})

test('the meal on its way is not cancelled, re-assigned or cooked', () => {
  for (const step of [
    { kind: 'cancel', reason: 'x' },
    { kind: 'lapse', reason: 'x', token },
    { kind: 'rider-lost', riderId: 'r1', token },
    { kind: 'refuse', riderId: 'r1' },
    { kind: 'kitchen-ready' },
    offer('r2'),
  ] satisfies Step[])
    conflict(pickedUp, step)
})

test('a dispatcher whose token is not the newest is refused whatever it does', () => {
  const owned = after([{ kind: 'own', token: 7 }], waiting)
  assert.equal(owned.fence, 7)
  for (const step of [offer('r1'), { kind: 'expect', expectedAtMs: 1, token: 6 }] satisfies Step[])
    assert.match(conflict(owned, step), /taken over/)
  assert.equal(after([{ ...offer('r1'), token: 8 } as Step], owned).fence, 8)
})

test('photos and refusals have their bounds', () => {
  const full = Array.from({ length: maxPhotos }, (_, n) => `k${n}`)
  assert.match(
    conflict({ ...pickedUp, photos: full }, { kind: 'photo', riderId: 'r1', key: 'one more' }),
    /10/,
  )
  const refused = Array.from({ length: maxRefused }, (_, n) => `x${n}`)
  const back = after([offer('r1'), { kind: 'refuse', riderId: 'r1' }], { ...waiting, refusedBy: refused })
  assert.deepEqual(back.refusedBy, [...refused.slice(1), 'r1'])
})

const rider = fc.constantFrom('r1', 'r2', 'r3')
const someToken = fc.integer({ min: 1, max: 6 })
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('pay' as const) }),
  fc.record({ kind: fc.constant('kitchen-accept' as const), readyAtMs: fc.nat(1000) }),
  fc.record({ kind: fc.constant('kitchen-cooking' as const), readyAtMs: fc.constant(undefined) }),
  fc.record({ kind: fc.constant('kitchen-ready' as const) }),
  fc.record({ kind: fc.constant('cancel' as const), reason: fc.constant('x') }),
  fc.record({
    kind: fc.constantFrom(
      'accept' as const,
      'refuse',
      'at-merchant',
      'picked-up',
      'at-customer',
      'delivered',
      'returning',
      'returned',
    ),
    riderId: rider,
  }),
  fc.record({
    kind: fc.constant('offer' as const),
    riderId: rider,
    offerExpiresAtMs: fc.nat(1000),
    expectedAtMs: fc.nat(1000),
    token: someToken,
  }),
  fc.record({ kind: fc.constantFrom('offer-expired' as const, 'own'), token: someToken }),
  fc.record({ kind: fc.constant('rider-lost' as const), riderId: rider, token: someToken }),
  fc.record({ kind: fc.constant('expect' as const), expectedAtMs: fc.nat(1000), token: someToken }),
  fc.record({
    kind: fc.constantFrom('lapse' as const, 'write-off'),
    reason: fc.constant('x'),
    token: someToken,
  }),
)

const withoutRider = ['CREATED', 'PAID', 'MERCHANT_ACCEPTED']
const beyondPickUp = ['PICKED_UP', 'AT_CUSTOMER', 'RETURNING', 'DELIVERED', 'RETURNED']

test('whatever is asked: one version a step, a rider where there is to be one, no way back, every path ends', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyStep, fc.nat(200)), { maxLength: 80 }), (steps) => {
      let order: Order = { ...placed, fence: 0 }
      let nowMs = 0
      for (const [step, laterMs] of steps) {
        nowMs += laterMs
        const outcome = transition(order, step, { nowMs })
        if ('conflict' in outcome) continue
        const next = outcome.order
        if (!outcome.changed) {
          assert.equal(next, order)
          continue
        }
        assert.ok(isOpen(order) || step.kind === 'photo', `${step.kind} after ${order.state}`)
        assert.equal(next.version, order.version + 1)
        assert.ok(next.fence >= order.fence && next.changedAtMs >= order.changedAtMs)
        if (withoutRider.includes(next.state)) assert.equal(next.riderId, undefined)
        else if (next.state !== 'CANCELLED') assert.ok(next.riderId !== undefined, next.state)
        assert.equal(next.offerExpiresAtMs !== undefined, next.state === 'OFFERED')
        if (beyondPickUp.includes(order.state)) {
          assert.ok(beyondPickUp.includes(next.state))
          assert.equal(next.riderId, order.riderId)
        }
        order = next
      }
      // From wherever it is, those who have it can end it.
      const ends: Step[] = withoutRider.includes(order.state)
        ? [{ kind: 'cancel', reason: 'end' }]
        : [
            { kind: 'cancel', reason: 'end' },
            { kind: 'write-off', reason: 'end', token: 9 },
          ]
      for (const step of ends) {
        const outcome = transition(order, step, { nowMs })
        if ('order' in outcome) order = outcome.order
      }
      assert.ok(!isOpen(order), order.state)
    }),
    { numRuns: 500 },
  )
})
