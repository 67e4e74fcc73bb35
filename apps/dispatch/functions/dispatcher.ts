/**
 * The dispatcher of the city. A timer calls it each minute; that call ticks until the next one takes over, so that one is always at
 * work. News come by calls of their own. Of several instances the one with the lease decides; the others are ready to.
 */
import './node-20.ts'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createPlanner } from '../dispatcher/create-planner.ts'
import { quietCity } from '../map/city-map.ts'
import { amapProvider } from '../map/providers/amap-provider.ts'
import { ownProvider } from '../map/providers/own-provider.ts'
import { withFallback } from '../map/providers/with-fallback.ts'
import { loadRoadNetwork } from '../map/road-network.ts'
import { calibrated } from '../running/calibration.ts'
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
const ownWays = roadWays(network)
const ground = groundOf(network)

function laterBy(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs)
  return () => clearTimeout(timer)
}

/** A map that knows today's traffic, where there is one: AMap's web service, or what has its shape. */
const { DISPATCH_AMAP_URL: amapUrl = '', DISPATCH_AMAP_KEY: amapKey = '' } = process.env
const calibration =
  amapUrl === ''
    ? undefined
    : calibrated(
        ownWays,
        withFallback({
          first: amapProvider({ baseUrl: amapUrl, key: amapKey }),
          own: ownProvider(quietCity(network)),
          clock: { monotonicMs: () => performance.now(), after: laterBy },
        }),
      )
const ways = calibration?.ways ?? ownWays

const dispatcher = dispatcherOf({
  store,
  clock: { nowMs: Date.now },
  shard: city.shard,
  owner: randomUUID(),
  ways,
  ...(calibration ? { mapSource: calibration.source } : {}),
  newPlanner: () => createPlanner(ways, { ground, random: Math.random }),
  failed: (what, error) => console.error(`${what}:`, error),
})

/** How often the other map is asked, and for how many rides from kitchen to kitchen, other ones each time. */
const CALIBRATED_MS = 60_000
const CALIBRATED_RIDES = 4
let calibratedAtMs = 0
let ridesAsked = 0

function calibrate(): void {
  if (calibration === undefined || Date.now() - calibratedAtMs < CALIBRATED_MS) return
  calibratedAtMs = Date.now()
  const kitchens = city.shops.flatMap(({ position }) => ownWays.placeAt(position) ?? [])
  const rides = Array.from({ length: CALIBRATED_RIDES }, (_, n): [number, number] => {
    const at = ridesAsked + n
    const stride = 1 + (Math.floor(at / kitchens.length) % Math.max(1, kitchens.length - 1))
    return [kitchens[at % kitchens.length]!, kitchens[(at + stride) % kitchens.length]!]
  })
  ridesAsked += CALIBRATED_RIDES
  if (kitchens.length > 1) void calibration.ask(rides)
}

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
    calibrate()
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
