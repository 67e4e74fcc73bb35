/**
 * The map service: AMap's paths, OSRM's, and tiles, below `/map`. A timer has it read what riders reported since the last time, so that
 * it knows how slow the roads are at each time of the day.
 */
import './node-20.ts'
import { readFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { quietCity } from '../map/city-map.ts'
import { loadRoadNetwork } from '../map/road-network.ts'
import { mapListener, mapService } from '../map/server.ts'
import { cityWithTraffic } from '../map/traffic/city-with-traffic.ts'
import { TrafficFactors } from '../map/traffic/factors.ts'
import { learn, type Report } from '../map/traffic/riding-log.ts'
import { type DispatchStore, TooManyRows } from '../store/store.ts'
import { city } from './city.ts'
import { storeFor } from './context.ts'
import { serve } from './custom-server.ts'

const { DISPATCH_MAP_KEY: key = '', DISPATCH_MAP_PRIVATE_KEY: privateKey = '' } = process.env

const free = loadRoadNetwork(readFileSync(new URL('../city.roads', import.meta.url)))
const factors = new TrafficFactors(free.graph)
const { region } = quietCity(free)

const listener = mapListener(
  mapService({
    city: cityWithTraffic({ free, factors, now: Date.now, region, later: setImmediate }),
    keys: new Map(key === '' ? [] : [[key, privateKey === '' ? {} : { privateKey }]]),
    prefix: '/map',
    onError: (failure) => console.error(failure),
  }),
)

/** Read at a time; parts of an hour, as the log is kept. */
const SLICE_MS = 5 * 60_000
/** What an instance that is new reads: it knows nothing. */
const BEFORE_MS = 60 * 60_000
const FIXES_MAX = 50_000
/** Ways are looked for in between of answers. */
const RIDERS_AT_A_TIME = 20

let learntUntilMs = 0

async function learnTraffic(store: DispatchStore): Promise<string> {
  const nowMs = Date.now()
  let rides = 0
  let fromMs = Math.max(learntUntilMs, Math.floor((nowMs - BEFORE_MS) / SLICE_MS) * SLICE_MS)
  for (; fromMs + SLICE_MS <= nowMs; fromMs += SLICE_MS) {
    const range = { fromMs, toMs: fromMs + SLICE_MS, limit: FIXES_MAX }
    try {
      const fixes = await store.riding(city.shard, range)
      const byRider = [...Map.groupBy(fixes, ({ riderId }) => riderId).values()]
      while (byRider.length > 0) {
        const some: Report[] = byRider.splice(-RIDERS_AT_A_TIME).flat()
        rides += learn(
          free,
          factors,
          some.sort((a, b) => a.atMs - b.atMs),
        )
        await nextTurn()
      }
    } catch (error) {
      if (!(error instanceof TooManyRows)) throw error
      console.error(`more than ${FIXES_MAX} reports in five minutes: nothing is learnt from them`)
    }
    learntUntilMs = fromMs + SLICE_MS
  }
  return JSON.stringify({ rides, leftOut: factors.leftOut })
}

serve({
  http: (request, response) => listener(request, response),
  invoke: (_event, context) => learnTraffic(storeFor(context)),
})
