/** The steps of the ladder for when there is no time to look at whole plans: a matching of orders with riders, and the nearest rider. */
import { choose, place } from './choose.ts'
import { cheapest, mayTake } from './insertion.ts'
import { assign } from './jonker-volgenant.ts'
import type { Entry, Plan } from './plan.ts'
import type { State } from './state.ts'

/** Orders that are matched at a time: the work grows with the cube. */
const batchOrders = 128
/** Riders that are looked at for each of them. */
const ridersEach = 12
/** A pair that cannot be; far above every cost, and still exact beside one. */
const never = 1e13

/** Each order behind all that a rider is to do already, with the least cost over all orders of a batch. */
export function matchUnplanned(state: State, isOver: () => boolean): void {
  const waiting = [...state.unplanned].sort((a, b) => a.order.readyAtMs - b.order.readyAtMs)
  for (let from = 0; from < waiting.length && !isOver(); from += batchOrders) {
    match(state, waiting.slice(from, from + batchOrders))
  }
}

function match(state: State, orders: readonly Entry[]): void {
  const { grid, options } = state
  const columns = new Map<Plan, number>()
  for (const { order } of orders) {
    const x = options.ground.x(order.pickup)
    const y = options.ground.y(order.pickup)
    for (const slot of grid.nearest(x, y, ridersEach).slice()) {
      const plan = state.planAt(slot)
      if (!columns.has(plan)) columns.set(plan, columns.size)
    }
  }
  // As many columns again that mean: nobody.
  const width = columns.size + orders.length
  const costs = new Float64Array(orders.length * width).fill(never)
  for (const [plan, column] of columns) {
    state.refresh(plan)
    for (const [row, entry] of orders.entries()) {
      const found = cheapest(state.schedule, plan, entry, undefined, true)
      if (found) costs[row * width + column] = found.cost
    }
  }
  const plans = [...columns.keys()]
  for (const [row, column] of assign(costs, orders.length, width).entries()) {
    const plan = plans[column]
    if (!plan || costs[row * width + column]! >= never) continue
    const found = cheapest(state.schedule, plan, orders[row]!, undefined, true)
    if (found) place(state, found, orders[row]!)
  }
}

/** Each order, as it came, to the nearest rider that has nothing to do, or else to the nearest one, behind all that is to be done. */
export function nearestForUnplanned(state: State, isOver: () => boolean): void {
  const waiting = [...state.unplanned].sort((a, b) => a.order.placedAtMs - b.order.placedAtMs)
  for (const entry of waiting) {
    if (isOver()) return
    nearestFor(state, entry)
  }
}

function nearestFor(state: State, entry: Entry): void {
  const { grid, options, schedule } = state
  const x = options.ground.x(entry.order.pickup)
  const y = options.ground.y(entry.order.pickup)
  const near = [...grid.nearest(x, y, options.candidates)].map((slot) => state.planAt(slot))
  const isIdle = ({ rider, trips }: Plan): boolean =>
    trips.length === 0 && rider.committed.length === 0 && rider.freeAtMs <= state.nowMs
  for (const plan of [...near.filter(isIdle), ...near.filter((plan) => !isIdle(plan))]) {
    if (!mayTake(plan, entry)) continue
    state.refresh(plan)
    const found = cheapest(schedule, plan, entry, undefined, true)
    if (found) {
      place(state, found, entry)
      return
    }
  }
}

/**
 * What is left, one by one at least cost. This is not cut short by the time: no order is left out while a rider is possible.
 * `askAll`: also of riders far off, though they were asked a moment ago.
 */
export function insertUnplanned(state: State, candidates: number, askAll = false): void {
  const waiting = [...state.unplanned].sort((a, b) => a.order.readyAtMs - b.order.readyAtMs)
  for (const entry of waiting) insertOne(state, entry, candidates, askAll)
}

/** An order that no rider could take is not shown to all of them again within this time. */
const askAllAgainMs = 10_000

export function insertOne(state: State, entry: Entry, candidates: number, askAll = false): void {
  const everyone = askAll || state.nowMs - entry.refusedByAllAtMs >= askAllAgainMs
  const found = choose(state, entry, { candidates, everyone })
  if (found) place(state, found, entry)
  else if (everyone) entry.refusedByAllAtMs = state.nowMs
}
