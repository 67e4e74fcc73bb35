/** The planner: what is known of orders and riders, and what to do next. See README.md for how it decides. */
import { insertOne, insertUnplanned, matchUnplanned, nearestForUnplanned } from './batch.ts'
import { commitDue } from './commit.ts'
import { defaults, type PlannerOptions } from './options.ts'
import type { Planner, Tentative, TickBudget, Travel } from './planner.ts'
import { improve } from './ruin.ts'
import { type State, stateOf } from './state.ts'

const fewCandidates = 20
/** Of the ruins that the budget allows. */
const fewRuinsShare = 0.1

export function createPlanner(
  travel: Travel,
  given: Pick<PlannerOptions, 'ground' | 'random'> & Partial<PlannerOptions>,
): Planner {
  const options: PlannerOptions = { ...defaults, ...given }
  const state = stateOf(travel, options)

  function tentative(orderId: string): Tentative | undefined {
    const entry = state.entries.get(orderId)
    const plan = entry?.plan
    if (!plan) return undefined
    let told: Tentative | undefined
    const { riderId } = plan.rider
    const index = plan.trips.findIndex(({ entries }) => entries.includes(entry))
    state.schedule.times(plan, index, (other, pickupAtMs, dropoffAtMs) => {
      if (other === entry) told = { riderId, pickupAtMs, dropoffAtMs }
    })
    return told
  }

  return {
    putOrder: state.putOrder,
    removeOrder: state.removeOrder,
    putRider: state.putRider,
    removeRider: state.removeRider,
    tentative,

    insert(orderId, nowMs) {
      state.at(nowMs)
      const entry = state.entries.get(orderId)
      if (entry && state.unplanned.has(entry)) insertOne(state, entry, options.candidates, true)
      return tentative(orderId)
    },

    tick(nowMs, budget) {
      state.at(nowMs)
      for (const plan of state.plans.values()) state.refresh(plan)
      think(state, budget)
      return commitDue(state)
    },

    unplanned: () => [...state.unplanned].map(({ order }) => order.orderId),
  }
}

function think(state: State, { effort, ruins, isOver = () => false }: TickBudget): void {
  const { candidates } = state.options
  const few = Math.min(candidates, fewCandidates)
  // Orders that are in no plan are the first thing, whatever the time: none is left out while a rider is possible.
  const always = () => false
  switch (effort) {
    case 'ruin-and-recreate':
      insertUnplanned(state, candidates, always)
      improve(state, { ruins, candidates, isOver })
      break
    case 'few-ruins':
      insertUnplanned(state, candidates, always)
      improve(state, { ruins: Math.ceil(ruins * fewRuinsShare), candidates, isOver })
      break
    case 'insertion':
      insertUnplanned(state, candidates, always)
      break
    case 'insertion-20':
      insertUnplanned(state, few, always)
      break
    case 'matching':
      matchUnplanned(state, isOver)
      insertUnplanned(state, few, always)
      break
    case 'nearest':
      nearestForUnplanned(state, isOver)
      insertUnplanned(state, few, always)
      break
  }
}
