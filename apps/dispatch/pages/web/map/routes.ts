/** Ways along roads, asked of the map service (as OSRM: `/route/v1`), remembered, and straight lines where it has none. */
import type { Api } from '../api/client.ts'
import { ApiFailure } from '../api/client.ts'
import type { Position } from '../api/contract.ts'
import type { Way } from './way.ts'

export interface Routes {
  /** The way if it is known; else undefined, and `onNews` is called once it is. */
  between(stops: readonly Position[]): Way | undefined
}

interface OsrmAnswer {
  code: string
  routes?: { geometry: { coordinates: [number, number][] } }[]
}

/** A way is some hundred positions; the ones asked for longest ago are forgotten. */
const WAYS_MAX = 400
/** At once. More are not queued but asked for when they are wanted again. */
const QUESTIONS_MAX = 4
/** After a failure nothing is asked for this long. */
const REST_MS = 30_000

export function routesOf(
  api: Api,
  { nowMs, onNews, profile = 'electrobike' }: { nowMs: () => number; onNews: () => void; profile?: string },
): Routes {
  const ways = new Map<string, Way>()
  const asked = new Set<string>()
  let restUntilMs = 0

  async function ask(name: string): Promise<void> {
    asked.add(name)
    try {
      const answer = await api.get<OsrmAnswer>(
        `map/route/v1/${profile}/${name}?overview=full&geometries=geojson`,
      )
      const way = answer.routes?.[0]?.geometry.coordinates.map(([lng, lat]) => ({ lng, lat }))
      if (answer.code !== 'Ok' || !way) throw new ApiFailure(answer.code, 200, 'no way')
      ways.set(name, way)
      if (ways.size > WAYS_MAX) ways.delete(ways.keys().next().value!)
      onNews()
    } catch {
      // A map without roads is still a map: lines are drawn straight meanwhile.
      restUntilMs = nowMs() + REST_MS
    } finally {
      asked.delete(name)
    }
  }

  return {
    between(stops) {
      const name = stops.map(({ lng, lat }) => `${lng.toFixed(5)},${lat.toFixed(5)}`).join(';')
      const known = ways.get(name)
      if (known) return known
      if (asked.size < QUESTIONS_MAX && !asked.has(name) && nowMs() >= restUntilMs) void ask(name)
      return undefined
    },
  }
}
