/** The way that a direction request asks for: snapped to roads, by its waypoints, and how long it takes in the manner asked for. */
import type { Position } from '../../model/order.ts'
import type { CityMap } from '../city-map.ts'
import { metresBetween } from '../graph/metric.ts'
import type { Route, Step } from '../road-network.ts'
import { AmapError } from './errors.ts'
import { coordinates, onEarth, required } from './parameters.ts'
import type { Manner } from './words.ts'

/** A position farther from every road has none nearby. */
const SNAP_METRES = 2000
const WAYPOINTS_MAX = 16
const ORIGINS_MAX = 3

/** Bicycles are answered at a constant speed, as AMap does; who walks is not held up by traffic. */
const CONSTANT_KM_PER_HOUR = { bicycle: 15, foot: 4.5 } as const
export type Pace = 'engine' | keyof typeof CONSTANT_KM_PER_HOUR

export interface Way {
  /** As they were given. */
  origin: string
  destination: string
  route: Route
  manner: Manner
  seconds(step: { ms: number; metres: number }): number
}

export function wayOf(
  city: CityMap,
  parameters: URLSearchParams,
  { manner, pace, straightMetresMax }: { manner: Manner; pace: Pace; straightMetresMax: number },
): Way {
  for (const name of ['avoidpolygons', 'avoidroad', 'callback'])
    if ((parameters.get(name) ?? '') !== '') throw new AmapError('20000')
  if ((parameters.get('output') ?? 'JSON').toUpperCase() !== 'JSON') throw new AmapError('20000')
  const origin = required(parameters, 'origin')
  const destination = required(parameters, 'destination')
  // Of several origins the last is where the ride begins; the others only say the direction it came from.
  const from = coordinates(origin, '|', ORIGINS_MAX).at(-1)!
  const waypoints = parameters.get('waypoints') ?? ''
  const through = waypoints === '' ? [] : coordinates(waypoints, ';', WAYPOINTS_MAX)
  const stops = [from, ...through, ...coordinates(destination, '|', 1)].map(onEarth)
  for (let at = 1; at < stops.length; at++)
    if (metresBetween(stops[at - 1]!, stops[at]!) > straightMetresMax) throw new AmapError('20803')
  const constant = pace === 'engine' ? undefined : CONSTANT_KM_PER_HOUR[pace]
  return {
    origin,
    destination,
    route: through.length === 0 ? legOf(city, stops[0]!, stops[1]!) : joined(stops.slice(1).map((stop, at) => legOf(city, stops[at]!, stop))), // biome-ignore format: one line
    manner,
    seconds: ({ ms, metres }) => Math.round(constant === undefined ? ms / 1000 : (metres * 3.6) / constant),
  }
}

function legOf(city: CityMap, from: Position, to: Position): Route {
  const network = city.network()
  const begin = network.nearest(from, { withinMetres: SNAP_METRES })
  const end = network.nearest(to, { withinMetres: SNAP_METRES })
  if (begin === undefined || end === undefined) throw new AmapError('20801')
  const route = network.route(begin.place, end.place)
  if (route === undefined) throw new AmapError('20802')
  return route
}

function joined(legs: readonly Route[]): Route {
  const steps: Step[] = legs.flatMap(({ steps: own }) => own)
  return {
    ms: legs.reduce((sum, { ms }) => sum + ms, 0),
    metres: legs.reduce((sum, { metres }) => sum + metres, 0),
    points: legs.flatMap(({ points }) => points),
    steps: steps.map((step, at) =>
      at > 0 && step.turn === undefined ? { ...step, turn: 'straight' } : step,
    ),
  }
}
