import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { violations } from './check.ts'
import { byId, rules } from './day.fixture.ts'
import type { Instance } from './instance.ts'
import { meanOf, measure } from './measures.ts'
import type { Assignment, Delivery, Move, Solution } from './solution.ts'

/** Two orders of one restaurant and one of another, two couriers; 300 m are a minute. */
const instance: Instance = {
  name: 'hand-made',
  rules,
  restaurants: new Map([
    ['r1', { x: 3000, y: 0 }],
    ['r2', { x: 0, y: 3000 }],
  ]),
  orders: byId([
    { id: 'o1', x: 6000, y: 0, placedAt: 0, readyAt: 15, restaurant: 'r1' },
    { id: 'o2', x: 6001, y: 0, placedAt: 2, readyAt: 20, restaurant: 'r1' },
    { id: 'o3', x: 0, y: 6000, placedAt: 1, readyAt: 10, restaurant: 'r2' },
  ]),
  couriers: byId([
    { id: 'c1', x: 0, y: 0, onAt: 0, offAt: 60 },
    { id: 'c2', x: 0, y: 0, onAt: 0, offAt: 15 },
  ]),
}

interface Draft {
  assignments: Assignment[]
  deliveries: Delivery[]
  moves: Map<string, Move[]>
}

/** c1: at r1 at 12, o1 and o2 ready at 20, away at 22, at the door of o1 at 32 and of o2 at 37. */
const good = (): Draft => ({
  assignments: [
    { assignedAt: 2, pickupAt: 20, courier: 'c1', orders: ['o1', 'o2'] },
    { assignedAt: 1, pickupAt: 13, courier: 'c2', orders: ['o3'] },
  ],
  deliveries: [
    { order: 'o1', courier: 'c1', pickupAt: 20, dropoffAt: 34 },
    { order: 'o2', courier: 'c1', pickupAt: 20, dropoffAt: 39 },
    { order: 'o3', courier: 'c2', pickupAt: 13, dropoffAt: 27 },
  ],
  moves: new Map([
    [
      'c1',
      [
        { departAt: 2, from: 'c1', to: 'r1' },
        { departAt: 22, from: 'r1', to: 'o1' },
        { departAt: 36, from: 'o1', to: 'o2' },
      ],
    ],
    [
      'c2',
      [
        { departAt: 1, from: 'c2', to: 'r2' },
        { departAt: 15, from: 'r2', to: 'o3' },
      ],
    ],
  ]),
})

const changed = (change: (draft: Draft) => void): string[] => {
  const draft = good()
  change(draft)
  return violations(instance, draft as Solution)
}
const edit = <V>(list: V[], index: number, more: Partial<V>): void => {
  list[index] = { ...list[index]!, ...more }
}

describe('violations', () => {
  it('has nothing to say of a solution that keeps the rules', () => {
    assert.deepEqual(
      changed(() => {}),
      [],
    )
  })

  const broken: Record<string, [(draft: Draft) => void, RegExp]> = {
    'an order in two assignments': [
      ({ assignments }) => edit(assignments, 1, { orders: ['o3', 'o1'] }),
      /o1 is in more than one assignment/,
    ],
    'an assignment before its order is placed': [
      ({ assignments }) => edit(assignments, 0, { assignedAt: 1 }),
      /o2 is assigned before it is placed/,
    ],
    'a pick-up after the end of the shift': [
      ({ assignments, deliveries, moves }) => {
        edit(assignments, 1, { pickupAt: 16 })
        edit(deliveries, 2, { pickupAt: 16, dropoffAt: 30 })
        edit(moves.get('c2')!, 1, { departAt: 18 })
      },
      /c2 picks up after the end of the shift/,
    ],
    'a pick-up before all meals of the bundle are ready': [
      ({ assignments, deliveries }) => {
        edit(assignments, 0, { pickupAt: 19 })
        edit(deliveries, 0, { pickupAt: 19 })
        edit(deliveries, 1, { pickupAt: 19 })
      },
      /o2 is picked up before it is ready/,
    ],
    'doors in another order than the bundle says': [
      ({ assignments }) => edit(assignments, 0, { orders: ['o2', 'o1'] }),
      /o1 is dropped off out of its turn/,
    ],
    'two doors without time between them': [
      ({ deliveries }) => edit(deliveries, 1, { dropoffAt: 37 }),
      /o2 is dropped off out of its turn/,
    ],
    'a courier that is somewhere else all at once': [
      ({ moves }) => edit(moves.get('c1')!, 1, { from: 'r2' }),
      /c1 leaves from r2 and is at r1/,
    ],
    'a courier that leaves before being there': [
      ({ moves }) => edit(moves.get('c1')!, 2, { departAt: 31 }),
      /c1 leaves before being there/,
    ],
    'a courier that leaves before the shift begins': [
      ({ moves }) => edit(moves.get('c1')!, 0, { departAt: -1 }),
      /c1 leaves before being there/,
    ],
    'a way in fewer minutes than it takes, rounded up': [
      ({ deliveries }) => edit(deliveries, 1, { dropoffAt: 38 }),
      /c1 is not at the door of o2/,
    ],
    'a pick-up somewhere else': [
      ({ moves }) => {
        edit(moves.get('c2')!, 0, { to: 'r1' })
        edit(moves.get('c2')!, 1, { from: 'r1' })
      },
      /c2 is not at r2/,
    ],
    'a pick-up in the minute of the arrival': [
      ({ assignments, deliveries, moves }) => {
        edit(moves.get('c2')!, 0, { departAt: 2 })
        edit(assignments, 1, { pickupAt: 13 })
        edit(deliveries, 2, { pickupAt: 13 })
      },
      /c2 is not at r2/,
    ],
    'a courier that leaves as soon as the meal is handed over': [
      ({ moves }) => edit(moves.get('c2')!, 1, { departAt: 14 }),
      /c2 is not at r2/,
    ],
    'a bundle of two restaurants': [
      ({ assignments }) => edit(assignments, 0, { orders: ['o1', 'o2', 'o3'] }),
      /are not of one restaurant/,
    ],
    'an order that was assigned and not delivered': [
      ({ deliveries }) => deliveries.splice(0, 1),
      /o1 is assigned and not delivered/,
    ],
    'an order that somebody else delivers': [
      ({ deliveries }) => edit(deliveries, 2, { courier: 'c1' }),
      /o3 is delivered by a courier that it is not assigned to/,
    ],
    'an order that is delivered twice': [
      ({ deliveries }) => deliveries.push(deliveries[2]!),
      /delivered twice/,
    ],
    'a courier that there is not': [
      ({ assignments }) => edit(assignments, 1, { courier: 'c9' }),
      /c9 is no courier/,
    ],
    'an order that there is not': [
      ({ assignments }) => edit(assignments, 1, { orders: ['o9'] }),
      /o9 is no order/,
    ],
    'a place that there is not': [({ moves }) => edit(moves.get('c2')!, 1, { to: 'o9' }), /one is no place/],
  }
  for (const [what, [change, sentence]] of Object.entries(broken)) {
    it(`refuses ${what}`, () => assert.match(changed(change).join('\n'), sentence))
  }
})

describe('measure', () => {
  it('counts as the published tables do', () => {
    const measures = measure(instance, good())
    assert.deepEqual(measures, {
      orders: 3,
      undeliveredPercent: 0,
      clickToDoorMean: (34 + 37 + 26) / 3,
      clickToDoorP90: 34 + 0.8 * 3,
      overageMean: 0,
      readyToPickupMean: (5 + 0 + 3) / 3,
      readyToPickupP90: 3 + 0.8 * 2,
      // Two orders are worth more than an hour, one more than a quarter of one.
      dollarsPerOrder: 30 / 3,
      ordersPerBundle: 1.5,
    })
    const [, ...rest] = good().deliveries
    const less = measure(instance, { ...good(), deliveries: rest })
    assert.equal(less.undeliveredPercent, 100 / 3)
    assert.equal(less.dollarsPerOrder, (15 + 10) / 2, 'the hour is paid, whatever was delivered in it')
    assert.equal(meanOf([measures, less]).undeliveredPercent, 100 / 6)
  })
})
