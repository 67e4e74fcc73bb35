/** A dispatcher over the small city, with the planner that the application runs. */
import { seeded } from '../dispatcher/chance.ts'
import { createPlanner } from '../dispatcher/create-planner.ts'
import type { Planner } from '../dispatcher/planner.ts'
import type { OrdersContext } from '../orders/context.ts'
import { type Dispatcher, dispatcherOf } from './dispatcher.ts'
import { straightWays, type Ways } from './ways.ts'

const metresOfDegree = 111_195

export function newPlanner(ways: Ways, seed = 1): Planner {
  return createPlanner(ways, {
    ground: {
      x: (place) => ways.positionOf(place).lng * metresOfDegree * 0.72,
      y: (place) => ways.positionOf(place).lat * metresOfDegree,
    },
    random: seeded(seed),
  })
}

interface TestDispatcherOptions {
  owner?: string
  /** Its clock is ahead by this. */
  skewMs?: number
  seed?: number
  ruins?: number
  ways?: Ways
  /** What is put around the planner, to watch it. */
  around?: (planner: Planner) => Planner
}

export function testDispatcher(
  { store, shard, box, failed, clock }: OrdersContext,
  {
    owner = 'd1',
    skewMs = 0,
    seed = 1,
    ruins = 100,
    ways = straightWays(box),
    around = (planner) => planner,
  }: TestDispatcherOptions = {},
): Dispatcher {
  return dispatcherOf({
    store,
    clock: { nowMs: () => clock.nowMs() + skewMs },
    shard,
    owner,
    ways,
    newPlanner: () => around(newPlanner(ways, seed)),
    ruins,
    failed,
  })
}
