/** Finds a rider for an order: the cheapest place among the plans of riders that are near, and of those that go to its restaurant anyway. */
import { cheapest, type Insertion, inserted } from './insertion.ts'
import type { Entry, Plan } from './plan.ts'
import type { State } from './state.ts'

export interface Choice {
  candidates: number
  /** Looks further than the candidates where none of them can take it; else such an order waits. */
  everyone: boolean
  /** Leaves out a plan now and then, so that another search ends elsewhere. */
  skip?: () => boolean
}

/** Undefined: none that was looked at can take it. */
export function choose(
  state: State,
  entry: Entry,
  { candidates, everyone, skip }: Choice,
): Insertion | undefined {
  const { grid, schedule, options } = state
  const { pickup } = entry.order
  let best: Insertion | undefined
  const look = (plan: Plan): void => {
    if (skip?.()) return
    state.refresh(plan)
    best = cheapest(schedule, plan, entry, best)
  }
  for (const other of [...(state.open.get(pickup) ?? [])]) if (other.plan) look(other.plan)
  const x = options.ground.x(pickup)
  const y = options.ground.y(pickup)
  for (let count = candidates; ; count *= 4) {
    // A copy: to look at a plan may put its rider elsewhere in the index.
    for (const slot of grid.nearest(x, y, count).slice()) look(state.planAt(slot))
    if (best || !everyone || count >= grid.size) return best
  }
}

export function place(state: State, insertion: Insertion, entry: Entry): void {
  state.setTrips(insertion.plan, inserted(insertion, entry))
}
