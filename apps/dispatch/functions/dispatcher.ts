/**
 * The dispatcher of the city. A timer calls it each minute; that call ticks until the next one takes over, so that one is always at
 * work. News come by calls of their own. Of several instances the one with the lease decides; the others are ready to.
 */
import './node-20.ts'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createPlanner } from '../dispatcher/create-planner.ts'
import { loadRoadNetwork } from '../map/road-network.ts'
import { dispatcherOf } from '../running/dispatcher.ts'
import type { News } from '../running/status.ts'
import { city } from './city.ts'
import { store, storeFor } from './context.ts'
import { serve } from './custom-server.ts'
import { groundOf, roadWays } from './road-ways.ts'

const TICK_MS = 1000
/** Longer than from one call of the timer to the next. */
const TURN_MS = 85_000

const network = loadRoadNetwork(readFileSync(new URL('../city.roads', import.meta.url)))
const ways = roadWays(network)
const ground = groundOf(network)

const dispatcher = dispatcherOf({
  store,
  clock: { nowMs: Date.now },
  shard: city.shard,
  owner: randomUUID(),
  ways,
  newPlanner: () => createPlanner(ways, { ground, random: Math.random }),
  failed: (what, error) => console.error(`${what}:`, error),
})

let turns = 0

/** Until a later call takes over, or its time is over. */
async function tickOn(): Promise<string> {
  const turn = ++turns
  const untilMs = Date.now() + TURN_MS
  let ticks = 0
  let offers = 0
  while (turn === turns && Date.now() < untilMs) {
    const startedMs = Date.now()
    offers += (await dispatcher.tick()).offers
    ticks++
    await pause(Math.max(10, TICK_MS - (Date.now() - startedMs)))
  }
  // Nobody came to go on: whoever does next need not wait for the end of the lease.
  if (turn === turns) await dispatcher.stop()
  return JSON.stringify({ ticks, offers })
}

serve({
  async invoke(event, context) {
    storeFor(context)
    const { news } = JSON.parse(event.toString('utf8')) as { news?: News }
    if (news === undefined) return tickOn()
    return JSON.stringify((await dispatcher.news(news)) ?? {})
  },
})
