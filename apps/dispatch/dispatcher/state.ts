/** The orders, riders and plans of a planner, and what keeps them in step with each other: the index of riders and the marks of the plans. */
import { demandOf } from './demand.ts'
import { type Grid, gridOf } from './grid.ts'
import type { PlannerOptions } from './options.ts'
import { type Entry, type Plan, type Trip, tripOf, without } from './plan.ts'
import type { PlannedOrder, PlannedRider, Travel } from './planner.ts'
import { type Schedule, scheduleOf } from './schedule.ts'

/** A city has some riders in each. */
const cellMetres = 400
/** Of marks that have to be made anew: no time is equal to it. */
const stale = Number.NaN

export interface State {
  readonly options: PlannerOptions
  readonly schedule: Schedule
  readonly grid: Grid
  readonly plans: ReadonlyMap<string, Plan>
  readonly entries: ReadonlyMap<string, Entry>
  /** Orders to be planned that are in no plan. */
  readonly unplanned: Set<Entry>
  /** Orders to be planned, by their restaurant: where else a meal of it goes. */
  readonly open: ReadonlyMap<number, ReadonlySet<Entry>>
  readonly nowMs: number
  planAt(slot: number): Plan
  /** Later calls see the plans as of then. */
  at(nowMs: number): void
  putOrder(order: PlannedOrder): void
  removeOrder(orderId: string): void
  putRider(rider: PlannedRider): void
  removeRider(riderId: string): void
  /** Brings the marks to the present; orders that a rider can no longer take leave the plan. */
  refresh(plan: Plan): void
  setTrips(plan: Plan, trips: readonly Trip[]): void
}

export function stateOf(travel: Travel, options: PlannerOptions): State {
  const demand = demandOf(options.ground)
  const schedule = scheduleOf(travel, options, demand)
  const grid = gridOf(cellMetres)
  const entries = new Map<string, Entry>()
  const plans = new Map<string, Plan>()
  const open = new Map<number, Set<Entry>>()
  const unplanned = new Set<Entry>()
  const slots: (Plan | undefined)[] = []
  const freeSlots: number[] = []
  /** Riders that have an order among their committed stops. */
  const holders = new Map<string, Plan>()
  let nowMs = Number.NEGATIVE_INFINITY

  const orderOf = (orderId: string): Entry | undefined => entries.get(orderId)

  function setOpen(entry: Entry, isOpen: boolean): void {
    const { pickup } = entry.order
    let there = open.get(pickup)
    if (isOpen) {
      there ??= new Set()
      open.set(pickup, there)
      there.add(entry)
      if (!entry.plan) unplanned.add(entry)
    } else if (there) {
      there.delete(entry)
      if (there.size === 0) open.delete(pickup)
      unplanned.delete(entry)
    }
  }

  /** Out of the plan, if it is in one. */
  function unplan(entry: Entry): void {
    const { plan } = entry
    if (!plan) return
    entry.plan = undefined
    setTrips(
      plan,
      without(plan.trips, (other) => other === entry),
    )
    if (entry.state === 'open') unplanned.add(entry)
  }

  function change(entry: Entry, state: Entry['state']): void {
    if (state !== 'open') {
      unplan(entry)
      setOpen(entry, false)
    }
    entry.state = state
    if (state === 'open') setOpen(entry, true)
  }

  function setTrips(plan: Plan, trips: readonly Trip[]): void {
    plan.trips = trips
    for (const trip of trips) {
      for (const entry of trip.entries) {
        entry.plan = plan
        unplanned.delete(entry)
      }
    }
    mark(plan)
  }

  function mark(plan: Plan): void {
    while (!schedule.mark(plan)) {
      const bad = firstImpossible(plan)
      plan.trips = plan.trips.toSpliced(bad, 1)
      // The caller's set of trips is possible nearly always; what is not is looked for a place anew.
    }
  }

  function firstImpossible(plan: Plan): number {
    const { walk } = schedule
    schedule.resume(plan, 0)
    let index = 0
    for (; index < plan.trips.length - 1; index++) {
      schedule.ride(plan, plan.trips[index]!)
      if (!walk.possible) break
    }
    for (const entry of plan.trips[index]!.entries) {
      entry.plan = undefined
      unplanned.add(entry)
    }
    return index
  }

  function refresh(plan: Plan): void {
    if (plan.markedAtMs === nowMs) return
    plan.markedAtMs = nowMs
    schedule.start(plan, nowMs, orderOf)
    place(plan)
    mark(plan)
  }

  /** In the index where the rider will be free, while the shift lasts or is about to begin. */
  function place(plan: Plan): void {
    const { rider, slot, marks } = plan
    const isKnown = nowMs !== Number.NEGATIVE_INFINITY
    if (isKnown && (rider.onUntilMs < nowMs || rider.onFromMs > nowMs + options.aheadMs)) grid.remove(slot)
    else grid.put(slot, options.ground.x(marks[1]!), options.ground.y(marks[1]!))
  }

  function hold(plan: Plan, rider: PlannedRider): void {
    for (const { orderId } of plan.rider.committed) {
      if (holders.get(orderId) === plan) holders.delete(orderId)
    }
    const before = plan.rider.committed
    plan.rider = rider
    for (const { orderId } of rider.committed) {
      holders.set(orderId, plan)
      const entry = entries.get(orderId)
      if (entry && entry.state !== 'held') change(entry, 'held')
    }
    for (const { orderId } of before) {
      const entry = entries.get(orderId)
      if (entry?.state === 'held' && !holders.has(orderId)) entry.state = 'resting'
    }
  }

  return {
    options,
    schedule,
    grid,
    plans,
    entries,
    unplanned,
    open,
    get nowMs() {
      return nowMs
    },
    planAt: (slot) => slots[slot]!,
    at(ms) {
      nowMs = ms
    },
    refresh,
    setTrips,

    putOrder(order) {
      const known = entries.get(order.orderId)
      const state = holders.has(order.orderId) ? 'held' : 'open'
      if (!known) {
        const entry: Entry = { order, state, plan: undefined, refusedByAllAtMs: Number.NEGATIVE_INFINITY }
        entries.set(order.orderId, entry)
        demand.note(order.pickup)
        if (state === 'open') setOpen(entry, true)
        return
      }
      const { plan } = known
      const stays = plan && sameFor(plan, known.order, order)
      if (known.state === 'open' && !stays) unplan(known)
      if (known.state === 'open' && known.order.pickup !== order.pickup) setOpen(known, false)
      known.order = order
      known.refusedByAllAtMs = Number.NEGATIVE_INFINITY
      change(known, state)
      // Its trip says when the last meal is ready, and the marks what follows of that.
      if (known.plan) setTrips(known.plan, retold(known.plan.trips, known))
      const holder = holders.get(order.orderId)
      if (holder) holder.markedAtMs = stale
    },

    removeOrder(orderId) {
      const entry = entries.get(orderId)
      if (!entry) return
      change(entry, 'resting')
      entries.delete(orderId)
    },

    putRider(rider) {
      let plan = plans.get(rider.riderId)
      if (!plan) {
        const slot = freeSlots.pop() ?? slots.length
        plan = { rider: { ...rider, committed: [] }, slot, trips: [], markedAtMs: stale, marks: [] }
        plans.set(rider.riderId, plan)
        slots[slot] = plan
      }
      hold(plan, rider)
      const mine = plan
      const tooMuch = (trip: Trip): boolean => trip.load > mine.rider.capacity
      if (plan.trips.some(tooMuch)) {
        for (const entry of plan.trips.filter(tooMuch).flatMap(({ entries }) => entries)) unplan(entry)
      }
      plan.markedAtMs = stale
      refresh(plan)
    },

    removeRider(riderId) {
      const plan = plans.get(riderId)
      if (!plan) return
      hold(plan, { ...plan.rider, committed: [] })
      for (const entry of plan.trips.flatMap(({ entries }) => entries)) unplan(entry)
      grid.remove(plan.slot)
      plans.delete(riderId)
      slots[plan.slot] = undefined
      freeSlots.push(plan.slot)
    },
  }
}

/** Whether a changed order can stay where it is planned. */
const sameFor = ({ rider }: Plan, before: PlannedOrder, now: PlannedOrder): boolean =>
  before.pickup === now.pickup &&
  before.dropoff === now.dropoff &&
  before.load === now.load &&
  !now.refusedBy.includes(rider.riderId)

const retold = (trips: readonly Trip[], changed: Entry): Trip[] =>
  trips.map((trip) => (trip.entries.includes(changed) ? tripOf(trip.entries) : trip))
