/** The planner: what is known of orders and riders, and what to do next. See README.md for how it decides. */
import { insertOne, insertUnplanned, matchUnplanned, nearestForUnplanned } from './batch.ts'
import { commitDue } from './commit.ts'
import { defaults, type PlannerOptions } from './options.ts'
import type { Effort, Planner, Tentative, TickBudget, Travel } from './planner.ts'
import { improve } from './ruin.ts'
import { type State, stateOf } from './state.ts'

const fewCandidates = 20
/** Of the ruins that the budget allows. */
const fewRuinsShare = 0.1

export function createPlanner(
  travel: Travel,
  given: Pick<PlannerOptions, 'ground' | 'random'> & Partial<PlannerOptions>,
): Planner {
  return plannerOn(stateOf(travel, { ...defaults, ...given }))
}

export function plannerOn(state: State): Planner {
  const { options } = state
  /** Of the last tick: what comes between two is thought about no more than in them. */
  let effort: Effort = 'ruin-and-recreate'

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
      if (entry && state.unplanned.has(entry)) insertOne(state, entry, candidatesOf(effort, options), true)
      return tentative(orderId)
    },

    tick(nowMs, budget) {
      effort = budget.effort
      state.at(nowMs)
      for (const plan of state.plans.values()) state.refresh(plan)
      think(state, budget)
      return commitDue(state)
    },

    unplanned: () => [...state.unplanned].map(({ order }) => order.orderId),
  }
}

function candidatesOf(effort: Effort, { candidates }: PlannerOptions): number {
  const isFull = effort === 'ruin-and-recreate' || effort === 'few-ruins' || effort === 'insertion'
  return isFull ? candidates : Math.min(candidates, fewCandidates)
}

function think(state: State, { effort, ruins, isOver = () => false }: TickBudget): void {
  const candidates = candidatesOf(effort, state.options)
  switch (effort) {
    case 'ruin-and-recreate':
      ruinAndRecreate(state, ruins, isOver)
      break
    case 'few-ruins':
      ruinAndRecreate(state, Math.ceil(ruins * fewRuinsShare), isOver)
      break
    case 'insertion':
    case 'insertion-20':
      insertUnplanned(state, candidates)
      break
    case 'matching':
      matchUnplanned(state, isOver)
      insertUnplanned(state, candidates)
      break
    case 'nearest':
      nearestForUnplanned(state, isOver)
      insertUnplanned(state, candidates)
      break
  }
}

function ruinAndRecreate(state: State, ruins: number, isOver: () => boolean): void {
  const { candidates } = state.options
  insertUnplanned(state, candidates)
  // Other plans may have room for what had none.
  if (improve(state, { ruins, candidates, isOver })) insertUnplanned(state, candidates, true)
}
