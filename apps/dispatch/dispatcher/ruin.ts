/**
 * Ruin and recreate: some orders that are near each other leave their plans and are put back at least cost, one after the other;
 * what comes out worse is undone. After Schrimpf et al. 2000, with the string of related orders of Shaw 1998, blinks and a
 * falling threshold as in Christiaens and Vanden Berghe 2020.
 */
import { type Choice, choose, place } from './choose.ts'
import { type Entry, type Plan, type Trip, without } from './plan.ts'
import type { State } from './state.ts'

const fewest = 2
const most = 8
/** Orders that are compared with the first one that leaves. */
const compared = 150
const blinks = 0.02
/** Worse by so many ms of cost is gone on with at first, in the hope of better. */
const thresholdMs = 60_000

/** What can be gone back to: the trips of plans that were changed since, and which orders were in none. */
interface Return {
  trips: Map<Plan, readonly Trip[]>
  unplanned: Entry[]
}

/** Answers whether any plan became another one. */
export function improve(
  state: State,
  { ruins, candidates, isOver }: { ruins: number; candidates: number; isOver: () => boolean },
): boolean {
  const { random } = state.options
  const all = [...state.entries.values()].filter(({ state: is }) => is === 'open')
  if (all.length < 2) return false
  let changed = false
  const choice: Choice = { candidates, everyone: false, skip: () => random() < blinks }
  const best: Return = { trips: new Map(), unplanned: [...state.unplanned] }
  /** Of what there is now, against the best. */
  let excess = 0
  let missing = 0
  for (let ruin = 0; ruin < ruins && !isOver(); ruin++) {
    const undo: Return = { trips: new Map(), unplanned: [...state.unplanned] }
    const left = related(state, all)
    let cost = takeOut(state, left, undo)
    order(state, left)
    for (const entry of left) {
      const found = choose(state, entry, choice)
      if (!found) continue
      keep(undo, found.plan)
      cost += found.cost
      place(state, found, entry)
    }
    const more = state.unplanned.size - undo.unplanned.length
    const allowed = thresholdMs * (1 - ruin / ruins) * random()
    if (more > 0 || (more === 0 && cost > allowed)) {
      goBack(state, undo)
      continue
    }
    changed = true
    excess += cost
    missing += more
    if (missing < 0 || excess < -1e-6) {
      excess = 0
      missing = 0
      best.trips.clear()
      best.unplanned = [...state.unplanned]
    } else for (const [plan, trips] of undo.trips) if (!best.trips.has(plan)) best.trips.set(plan, trips)
  }
  if (excess > 0) goBack(state, best)
  return changed
}

const keep = ({ trips }: Return, plan: Plan): void => {
  if (!trips.has(plan)) trips.set(plan, plan.trips)
}

/** Answers the change of cost. */
function takeOut(state: State, left: readonly Entry[], undo: Return): number {
  let change = 0
  for (const plan of new Set(left.map(({ plan }) => plan))) {
    if (!plan) continue
    keep(undo, plan)
    state.refresh(plan)
    change -= state.schedule.costOf(plan)
    state.setTrips(
      plan,
      without(plan.trips, (entry) => left.includes(entry)),
    )
    change += state.schedule.costOf(plan)
  }
  for (const entry of left) {
    entry.plan = undefined
    state.unplanned.add(entry)
  }
  return change
}

function goBack(state: State, { trips, unplanned }: Return): void {
  for (const [plan, before] of trips) state.setTrips(plan, before)
  for (const entry of unplanned) {
    entry.plan = undefined
    state.unplanned.add(entry)
  }
}

/** One order by chance, and those that go much the same way at much the same time. */
function related(state: State, all: readonly Entry[]): Entry[] {
  const { random, ground } = state.options
  const pick = (): Entry => all[Math.floor(random() * all.length)]!
  const first = pick()
  const count = fewest + Math.floor(random() * (most - fewest + 1))
  const others = new Set(all.length <= compared ? all : Array.from({ length: compared }, pick))
  for (const trip of first.plan?.trips ?? []) for (const entry of trip.entries) others.add(entry)
  others.delete(first)
  const x = ground.x(first.order.pickup)
  const y = ground.y(first.order.pickup)
  const near: { entry: Entry; far: number }[] = []
  for (const entry of others) {
    const metres = Math.hypot(ground.x(entry.order.pickup) - x, ground.y(entry.order.pickup) - y)
    const apartMs = Math.abs(entry.order.readyAtMs - first.order.readyAtMs)
    // At some 20 km/h a metre is 0.2 s; orders of the same rider are the ones whose places can change at once.
    const far = (metres * 200 + apartMs) * (entry.plan === first.plan ? 0.5 : 1) * (0.5 + random())
    near.push({ entry, far })
  }
  near.sort((a, b) => a.far - b.far)
  return [first, ...near.slice(0, count - 1).map(({ entry }) => entry)]
}

/** The order in which they are put back: the soonest first, or any. */
function order({ options: { random } }: State, left: Entry[]): void {
  if (random() < 0.4) left.sort((a, b) => a.order.readyAtMs - b.order.readyAtMs)
  else {
    for (let last = left.length - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1))
      ;[left[last], left[other]] = [left[other]!, left[last]!]
    }
  }
}
