/**
 * `route`, `table` and `nearest` in the shape of OSRM's HTTP service (https://project-osrm.org/docs/v5.24.0/api), in WGS-84:
 * what our own parts ask, as AMap has no many-to-many.
 */
import type { Position } from '../../model/order.ts'
import type { CityMap } from '../city-map.ts'
import type { Route, Snap } from '../road-network.ts'
import { encoded } from './polyline.ts'

/** Cells of a table over HTTP; inside, `RoadNetwork.matrix` takes more. */
const CELLS_MAX = 1_000_000
const COORDINATES_MAX = 2000
const ROUTE_COORDINATES_MAX = 25
const SNAP_METRES = 2000
const PROFILES = ['electrobike', 'bike', 'cycling', 'driving']

export interface OsrmAnswer {
  status: number
  body: object
}

class Refused extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** @param path `/route/v1/electrobike/121.47,31.23;121.48,31.24` */
export function osrmAnswer(city: CityMap, path: string, parameters: URLSearchParams): OsrmAnswer {
  try {
    const [service, version, profile, list, ...rest] = path.slice(1).split('/')
    if (version !== 'v1' || rest.length > 0 || list === undefined || !PROFILES.includes(profile ?? ''))
      throw new Refused(
        'InvalidUrl',
        `expected /{route|table|nearest}/v1/{${PROFILES.join('|')}}/{lng},{lat};…`,
      )
    const positions = positionsOf(list)
    if (service === 'route') return { status: 200, body: route(city, positions, parameters) }
    if (service === 'table') return { status: 200, body: table(city, positions, parameters) }
    if (service === 'nearest') return { status: 200, body: nearest(city, positions) }
    throw new Refused('InvalidService', `there is no service ${service}`)
  } catch (error) {
    if (error instanceof Refused) return { status: 400, body: { code: error.code, message: error.message } }
    throw error
  }
}

function positionsOf(list: string): Position[] {
  const parts = list.split(';')
  if (parts.length > COORDINATES_MAX) throw new Refused('TooBig', `more than ${COORDINATES_MAX} coordinates`)
  return parts.map((part) => {
    if (!/^-?\d{1,3}(\.\d+)?,-?\d{1,2}(\.\d+)?$/.test(part)) throw new Refused('InvalidQuery', `${part.slice(0, 40)} is not lng,lat`) // biome-ignore format: one line
    const [lng, lat] = part.split(',').map(Number) as [number, number]
    if (Math.abs(lng) > 180 || Math.abs(lat) > 90)
      throw new Refused('InvalidQuery', `${part} is not on earth`)
    return { lng, lat }
  })
}

const lngLat = ({ lng, lat }: Position): [number, number] => [lng, lat]

function snapped(city: CityMap, position: Position, at: number): Snap {
  const snap = city.network().nearest(position, { withinMetres: SNAP_METRES })
  if (snap === undefined) throw new Refused('NoSegment', `no road near coordinate ${at}`)
  return snap
}

const waypoint = (snap: Snap): object => ({
  location: lngLat(snap.position),
  name: snap.roadName,
  distance: snap.metres,
})

function nearest(city: CityMap, positions: readonly Position[]): object {
  if (positions.length !== 1) throw new Refused('InvalidQuery', 'nearest takes one coordinate')
  return { code: 'Ok', waypoints: [waypoint(snapped(city, positions[0]!, 0))] }
}

function table(city: CityMap, positions: readonly Position[], parameters: URLSearchParams): object {
  const chosen = (name: string): number[] => {
    const value = parameters.get(name) ?? 'all'
    if (value === 'all') return positions.map((_, at) => at)
    return value.split(';').map((text) => {
      const at = /^\d+$/.test(text) ? Number(text) : Number.NaN
      if (!(at < positions.length))
        throw new Refused('InvalidOptions', `${name} names a coordinate that there is not`)
      return at
    })
  }
  const annotations = new Set((parameters.get('annotations') ?? 'duration').split(','))
  const sources = chosen('sources')
  const destinations = chosen('destinations')
  if (sources.length * destinations.length > CELLS_MAX)
    throw new Refused('TooBig', `more than ${CELLS_MAX} cells`)
  const snaps = positions.map((position, at) => snapped(city, position, at))
  const places = (chosenOnes: readonly number[]) => chosenOnes.map((at) => snaps[at]!.place)
  const { ms, metres } = city.network().matrix(places(sources), places(destinations))
  const rows = (values: Float64Array, scale: number): (number | null)[][] =>
    sources.map((_, row) =>
      Array.from(values.subarray(row * destinations.length, (row + 1) * destinations.length), (value) =>
        Number.isFinite(value) ? value / scale : null,
      ),
    )
  return {
    code: 'Ok',
    ...(annotations.has('duration') ? { durations: rows(ms, 1000) } : {}),
    ...(annotations.has('distance') ? { distances: rows(metres, 1) } : {}),
    sources: sources.map((at) => waypoint(snaps[at]!)),
    destinations: destinations.map((at) => waypoint(snaps[at]!)),
  }
}

function route(city: CityMap, positions: readonly Position[], parameters: URLSearchParams): object {
  if (positions.length < 2) throw new Refused('InvalidQuery', 'a route has two coordinates at least')
  if (positions.length > ROUTE_COORDINATES_MAX)
    throw new Refused('TooBig', `a route has ${ROUTE_COORDINATES_MAX} coordinates at the most`)
  const snaps = positions.map((position, at) => snapped(city, position, at))
  const legs = snaps.slice(1).map((snap, at) => {
    const leg = city.network().route(snaps[at]!.place, snap.place)
    if (leg === undefined) throw new Refused('NoRoute', `no way to coordinate ${at + 1}`)
    return leg
  })
  const shape = geometry(parameters)
  const hasSteps = parameters.get('steps') === 'true'
  const points = legs.flatMap((leg) => leg.points)
  return {
    code: 'Ok',
    routes: [
      {
        duration: sum(legs, ({ ms }) => ms) / 1000,
        distance: sum(legs, ({ metres }) => metres),
        weight: sum(legs, ({ ms }) => ms) / 1000,
        weight_name: 'duration',
        ...(parameters.get('overview') === 'false' ? {} : { geometry: shape(points) }),
        legs: legs.map((leg) => legOf(leg, hasSteps, shape)),
      },
    ],
    waypoints: snaps.map(waypoint),
  }
}

const sum = <Item>(items: readonly Item[], value: (item: Item) => number): number =>
  items.reduce((total, item) => total + value(item), 0)

type Shape = (points: readonly Position[]) => unknown

function geometry(parameters: URLSearchParams): Shape {
  const kind = parameters.get('geometries') ?? 'polyline'
  if (kind === 'geojson') return (points) => ({ type: 'LineString', coordinates: points.map(lngLat) })
  if (kind === 'polyline') return (points) => encoded(points, 5)
  if (kind === 'polyline6') return (points) => encoded(points, 6)
  throw new Refused('InvalidOptions', 'geometries is polyline, polyline6 or geojson')
}

function legOf({ ms, metres, steps }: Route, hasSteps: boolean, shape: Shape): object {
  const told = steps.map((step) => ({
    name: step.roadName,
    distance: step.metres,
    duration: step.ms / 1000,
    geometry: shape(step.points),
    maneuver: {
      location: lngLat(step.points[0]!),
      bearing_after: Math.round(step.bearing),
      type: step.turn === undefined ? 'depart' : 'turn',
      ...(step.turn === undefined
        ? {}
        : { modifier: step.turn === 'around' ? 'uturn' : step.turn.replace('-', ' ') }),
    },
  }))
  const names = steps.map(({ roadName }) => roadName).filter((name) => name !== '')
  return {
    duration: ms / 1000,
    distance: metres,
    weight: ms / 1000,
    summary: [...new Set(names)].slice(0, 2).join(', '),
    steps: hasSteps ? told : [],
  }
}
