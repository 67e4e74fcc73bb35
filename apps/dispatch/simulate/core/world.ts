/**
 * The city: its people, its time, and what they want of the platform. Pure: it is told what time it is and what was answered, and
 * hands out errands. The same seed, the same times and the same answers give the same errands.
 */
import type { Order } from '../../model/order.ts'
import type { Shop } from '../../model/shop.ts'
import type { Answer, Deed, Errand, Person } from './actions.ts'
import { createAgenda } from './agenda.ts'
import { type Audit, createAudit } from './audit.ts'
import { createCustomers } from './customers.ts'
import { arrivalRate, type Demand, nextArrival } from './demand.ts'
import type { Habits } from './habits.ts'
import { createKitchens } from './kitchens.ts'
import type { Random } from './random.ts'
import type { Rider } from './rider.ts'
import { createRiders } from './riders.ts'
import type { Roads } from './roads.ts'
import { type Happening, isEnded, type Stage } from './stage.ts'

export interface WorldOptions {
  roads: Roads
  shops: readonly Shop[]
  random: Random
  habits: Habits
  demand: Demand
  riders: number
  /** Different people; each orders again and again. */
  customers: number
  /** Names the customers and the keys of this run. */
  run: string
  /** Of the day, in milliseconds since midnight; orders are placed in between, and end whenever they end. */
  fromMs: number
  untilMs: number
  happened(what: Happening): void
}

export interface World {
  /** Moves time on, and answers what is wanted of the platform since. Called with the time as it is also after answers. */
  advance(nowMs: number): Errand[]
  /** When something is due next; undefined when nothing is. */
  nextAtMs(): number | undefined
  /** The platform told somebody of an order, without having been asked. */
  heard(order: Order, who: Person): void
  /** Whether a customer's order, of this run, is not known to have ended, or is still being placed. */
  isOver(): boolean
  /** No more orders are placed. */
  isClosed(): boolean
  /** No more orders are placed from now on. */
  stop(): void
  /** Asks for all orders that are not known to have ended. */
  settle(): void
  /**
   * Closes the books, once the answers of `settle()` have come: what the platform does not know of is lost, and, with `isLast`, what has
   * not ended.
   */
  close(options: { isLast: boolean }): void
  open(): ReadonlyMap<string, Order>
  riders: readonly Rider[]
  audit: Audit
}

export function createWorld(options: WorldOptions): World {
  const { random, demand, fromMs, untilMs, run } = options
  const agenda = createAgenda()
  const audit = createAudit(run)
  let errands: Errand[] = []
  let nowMs = fromMs

  const stage: Stage = {
    nowMs: () => nowMs,
    after: (delayMs, task) => agenda.at(nowMs + delayMs, task),
    act: (who, deed, answered) => errands.push(errand(who, deed, answered)),
    random,
    roads: options.roads,
    habits: options.habits,
    happened: options.happened,
  }
  const customers = createCustomers(stage, options.shops, run, options.customers)
  const kitchens = createKitchens(stage, options.shops)
  const riders = createRiders(stage, options.riders, kitchens.readyAtMs)

  function errand(who: Person, deed: Deed, answered: (answer: Answer) => void): Errand {
    const action = { who, ...deed }
    return {
      action,
      answered(answer) {
        audit.answered(action, answer)
        // First what is known of the order, then what whoever asked makes of it.
        if (answer.kind === 'done') for (const order of answer.orders) heard(order, who)
        answered(answer)
      },
    }
  }

  /** The books are kept by whatever is told; people know what they were told themselves. */
  function heard(order: Order, who: Person): void {
    audit.saw(order)
    if (isEnded(order)) {
      kitchens.forget(order.orderId)
      if (customers.open().has(order.orderId)) options.happened({ kind: 'ended', order, atMs: nowMs })
    }
    customers.heard(order)
    // News that come late are none: nobody begins anew with what is over.
    if (audit.hasEnded(order.orderId) && !isEnded(order)) return
    if (who.role === 'merchant') kitchens.heard(order)
    if (who.role === 'rider') riders.heard(order, who.id)
  }

  let arrivals = 0
  let isClosed = false
  const rate = arrivalRate(demand)
  const chanceOfArrivals = random.fork('arrivals')
  function comesIn(afterMs: number): void {
    const atMs = nextArrival(rate, afterMs, chanceOfArrivals)
    if (atMs === undefined || atMs >= untilMs) {
      agenda.at(untilMs, () => {
        isClosed = true
      })
      return
    }
    agenda.at(atMs, () => {
      if (isClosed) return
      customers.orders(arrivals++)
      comesIn(atMs)
    })
  }
  comesIn(fromMs)
  kitchens.open()
  riders.open()

  return {
    advance(toMs) {
      for (let due = agenda.due(toMs); due; due = agenda.due(toMs)) {
        nowMs = Math.max(nowMs, due.atMs)
        due.task()
      }
      nowMs = Math.max(nowMs, toMs)
      const out = errands
      errands = []
      return out
    },
    nextAtMs: () => agenda.nextAtMs(),
    heard,
    isOver: () => isClosed && customers.placing === 0 && customers.open().size === 0,
    isClosed: () => isClosed,
    stop: () => {
      isClosed = true
    },
    settle: customers.settle,
    close({ isLast }) {
      for (const [orderId, { state, version }] of customers.open())
        if (isLast || customers.missing.has(orderId))
          audit.lost(orderId, `last known as ${state} in version ${version}`)
      audit.unasked(customers.unanswered)
    },
    open: customers.open,
    riders: riders.all,
    audit,
  }
}
