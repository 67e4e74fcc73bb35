import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Order, OrderState } from '../../model/order.ts'
import type { Action, RideStep } from './actions.ts'
import { createAudit } from './audit.ts'

const order = (version: number, state: OrderState, riderId?: string, orderId = 'o'): Order => ({
  orderId,
  shard: 's',
  customerId: 'run-c1',
  merchantId: 'm',
  state,
  kitchen: 'WAITING',
  version,
  fence: 0,
  pickup: { lng: 0, lat: 0 },
  dropoff: { lng: 0, lat: 0 },
  dropoffAddress: 'a',
  lines: [],
  totalCents: 0,
  load: 1,
  placedAtMs: 0,
  changedAtMs: 0,
  readyAtMs: 0,
  promisedAtMs: 0,
  expectedAtMs: 0,
  riderId,
  offerExpiresAtMs: undefined,
  refusedBy: [],
  times: {},
  photos: [],
  cancelReason: undefined,
})
const ride = (riderId: string, step: RideStep): Action => ({
  who: { role: 'rider', id: riderId },
  kind: 'ride',
  orderId: 'o',
  step,
})
const place = (key: string): Action => ({
  who: { role: 'customer', id: 'run-c1' },
  kind: 'place',
  key,
  merchantId: 'm',
  lines: [],
  dropoff: { lng: 0, lat: 0 },
  dropoffAddress: 'a',
})

/** Refused by A, lost with B before the pick-up, delivered by C. */
const life: Order[] = [
  order(1, 'CREATED'),
  order(2, 'PAID'),
  order(3, 'MERCHANT_ACCEPTED'),
  order(4, 'OFFERED', 'A'),
  order(5, 'MERCHANT_ACCEPTED'),
  order(6, 'OFFERED', 'B'),
  order(7, 'RIDER_ACCEPTED', 'B'),
  order(8, 'MERCHANT_ACCEPTED'),
  order(9, 'OFFERED', 'C'),
  order(10, 'RIDER_ACCEPTED', 'C'),
  order(11, 'AT_MERCHANT', 'C'),
  order(12, 'PICKED_UP', 'C'),
  order(13, 'AT_CUSTOMER', 'C'),
  order(14, 'DELIVERED', 'C'),
]

describe('the audit', () => {
  test('finds nothing in a legal life, seen in any order, any number of times, with gaps', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(life.length - 1), { maxLength: 40 }), (seen) => {
        const audit = createAudit('run')
        for (const index of seen) audit.saw(life[index]!)
        assert.deepEqual(audit.findings, [])
      }),
    )
  })

  test('does not take it for a contradiction that customers are not told whom an offer is for', () => {
    const audit = createAudit('run')
    audit.saw(order(4, 'OFFERED', 'A'))
    audit.saw(order(4, 'OFFERED'))
    audit.saw(order(4, 'OFFERED', 'A'))
    assert.deepEqual(audit.findings, [])
  })

  test('does not take it for one either that riders who had it before are not told who carries it', () => {
    const audit = createAudit('run')
    audit.saw(order(12, 'PICKED_UP', 'C'))
    audit.saw(order(13, 'AT_CUSTOMER'))
    audit.saw(order(14, 'DELIVERED'))
    assert.deepEqual(audit.findings, [])
  })

  test('knows that an order has ended, also when older news come later', () => {
    const audit = createAudit('run')
    assert.equal(audit.hasEnded('o'), false)
    audit.saw(order(14, 'DELIVERED', 'C'))
    audit.saw(order(13, 'AT_CUSTOMER', 'C'))
    assert.equal(audit.hasEnded('o'), true)
  })

  const doubled: Record<string, (audit: ReturnType<typeof createAudit>) => void> = {
    'one version with two riders': (audit) => {
      audit.saw(order(4, 'OFFERED', 'A'))
      audit.saw(order(4, 'OFFERED', 'B'))
    },
    'a rider after another, without being free in between': (audit) => {
      audit.saw(order(7, 'RIDER_ACCEPTED', 'A'))
      audit.saw(order(8, 'OFFERED', 'B'))
    },
    'food that two riders carry': (audit) => {
      audit.saw(order(7, 'PICKED_UP', 'A'))
      audit.saw(order(20, 'PICKED_UP', 'B'))
    },
    'a step of a rider that has it no more': (audit) => {
      audit.answered(ride('A', 'accept'), { kind: 'done', orders: [order(5, 'RIDER_ACCEPTED', 'A')] })
      audit.answered(ride('B', 'accept'), { kind: 'done', orders: [order(9, 'RIDER_ACCEPTED', 'B')] })
      audit.answered(ride('A', 'at-merchant'), { kind: 'done', orders: [order(11, 'AT_MERCHANT', 'A')] })
    },
    "a success that answers another rider's order": (audit) =>
      audit.answered(ride('A', 'accept'), { kind: 'done', orders: [order(5, 'RIDER_ACCEPTED', 'B')] }),
    'two orders for one key': (audit) => {
      audit.answered(place('k'), { kind: 'done', orders: [order(1, 'CREATED', undefined, 'o1')] })
      audit.answered(place('k'), { kind: 'done', orders: [order(1, 'CREATED', undefined, 'o2')] })
    },
    'an order that nobody was answered': (audit) => {
      audit.saw(order(1, 'CREATED'))
      audit.unasked(new Map())
    },
  }
  for (const [what, happens] of Object.entries(doubled)) {
    test(`finds ${what}`, () => {
      const audit = createAudit('run')
      happens(audit)
      assert.equal(audit.counts().doubled, 1)
    })
  }

  test('an attempt that was never answered may have left an order behind', () => {
    const audit = createAudit('run')
    audit.saw(order(1, 'CREATED'))
    audit.unasked(new Map([['run-c1', 1]]))
    assert.deepEqual(audit.findings, [])
  })

  test('finds an order that is offered again after it was picked up', () => {
    const audit = createAudit('run')
    audit.saw(order(7, 'PICKED_UP', 'A'))
    audit.saw(order(9, 'MERCHANT_ACCEPTED'))
    assert.equal(audit.counts().contradiction, 1)
  })

  test('counts each order once', () => {
    const audit = createAudit('run')
    audit.lost('o', 'a')
    audit.lost('o', 'b')
    assert.equal(audit.counts().lost, 1)
    assert.equal(audit.findings.length, 1)
  })
})
