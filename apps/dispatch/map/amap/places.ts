/** Distances, addresses and coordinates, as AMap's v3 tells them. */
import type { Position } from '../../model/order.ts'
import type { CityMap } from '../city-map.ts'
import { bearing, metresBetween } from '../graph/metric.ts'
import { AmapError } from './errors.ts'
import { bd09ToGcj02, isOutsideChina, toGcj02 } from './gcj02.ts'
import { choice, coordinate, coordinates, onEarth, required, spelled, told } from './parameters.ts'
import { orientation } from './words.ts'

const ORIGINS_MAX = 100
const SNAP_METRES = 2000
const WALK_METRES_MAX = 5000
const WALK_KM_PER_HOUR = 4.5
const CONVERTED_MAX = 40
const RADIUS_METRES = 1000
const RADIUS_METRES_MAX = 3000
const ROADS_MAX = 3

const ok = { status: '1', info: 'OK', infocode: '10000' }
const orList = (text: string): string | [] => (text === '' ? [] : text)

/** `/v3/distance`: 0 straight, 1 along roads, 3 on foot. */
export function distanceV3(city: CityMap, parameters: URLSearchParams): object {
  const type = choice(parameters, 'type', ['1', '0', '3'])
  const origins = coordinates(required(parameters, 'origins'), '|', ORIGINS_MAX)
  const destination = coordinate(required(parameters, 'destination'))
  const measured =
    type === '0' ? straight(origins, destination) : byRoad(city, origins, destination, type === '3')
  const results = measured.map((one, at) => ({ origin_id: String(at + 1), dest_id: '1', ...one }))
  return { ...ok, count: String(results.length), results }
}

interface Measured {
  distance: string
  duration: string
  info?: string
  code?: string
}

const straight = (origins: readonly Position[], destination: Position): Measured[] =>
  origins.map((origin) => ({
    distance: String(Math.round(metresBetween(onEarth(origin), onEarth(destination)))),
    duration: '0',
  }))

/** What cannot be measured says so in its place. */
function byRoad(
  city: CityMap,
  origins: readonly Position[],
  destination: Position,
  isWalk: boolean,
): Measured[] {
  const network = city.network()
  const snap = (given: Position) => network.nearest(onEarth(given), { withinMetres: SNAP_METRES })
  const to = snap(destination)
  const from = origins.map(snap)
  const known = from.flatMap((one) => (one === undefined ? [] : [one.place]))
  const matrix = to === undefined ? undefined : network.matrix(known, [to.place])
  let row = 0
  return from.map((one, at) => {
    if (isOutsideChina(origins[at]!) || isOutsideChina(destination))
      return failed('3', '起点或终点不在中国境内')
    if (one === undefined || matrix === undefined) return failed('2', '起点或终点距离最近道路过远')
    const cell = row++
    const metres = matrix.metres[cell]!
    if (metres === Number.POSITIVE_INFINITY) return failed('1', '指定地点之间没有可以行驶的道路')
    if (isWalk && metres > WALK_METRES_MAX) return failed('1', '指定地点之间没有可以步行的道路')
    const seconds = isWalk ? (metres * 3.6) / WALK_KM_PER_HOUR : matrix.ms[cell]! / 1000
    return { distance: String(Math.round(metres)), duration: String(Math.round(seconds)) }
  })
}

const failed = (code: string, info: string): Measured => ({ distance: '0', duration: '0', info, code })

/** `/v3/geocode/regeo`: by the names of roads, and of the region. */
export function regeoV3(city: CityMap, parameters: URLSearchParams): object {
  const all = choice(parameters, 'extensions', ['base', 'all']) === 'all'
  const given = coordinate(required(parameters, 'location'))
  const radius = Number(parameters.get('radius') ?? RADIUS_METRES)
  if (!Number.isFinite(radius) || radius < 0 || radius > RADIUS_METRES_MAX) throw new AmapError('20000')
  const position = onEarth(given)
  const roads = city.network().roadsNear(position, radius).slice(0, ROADS_MAX)
  const { province, city: cityName, citycode, district, adcode } = city.region
  const nearest = roads[0]
  const streetNumber =
    nearest === undefined
      ? { street: [], number: [], location: [], direction: [], distance: [] }
      : {
          street: nearest.roadName,
          number: [],
          location: told(nearest.position),
          direction: orientation(bearing(nearest.position, position)),
          distance: String(Math.round(nearest.metres * 10_000) / 10_000),
        }
  const none = { name: [], type: [] }
  const more = {
    roads: roads.map(({ roadName, metres, position: at }) => ({
      id: [],
      name: roadName,
      direction: orientation(bearing(at, position)),
      distance: String(Math.round(metres * 10_000) / 10_000),
      location: told(at),
    })),
    roadinters: [],
    pois: [],
    aois: [],
  }
  return {
    ...ok,
    regeocode: {
      formatted_address: orList(`${province}${cityName}${district}${nearest?.roadName ?? ''}`),
      addressComponent: {
        country: province === '' ? [] : '中国',
        province: orList(province),
        city: orList(cityName),
        citycode: orList(citycode),
        district: orList(district),
        adcode: orList(adcode),
        township: [],
        towncode: [],
        streetNumber,
        building: none,
        neighborhood: none,
        businessAreas: [],
      },
      ...(all ? more : {}),
    },
  }
}

/** `/v3/assistant/coordinate/convert`: to GCJ-02. */
export function convertV3(parameters: URLSearchParams): object {
  const system = choice(parameters, 'coordsys', ['autonavi', 'gps', 'baidu'])
  const given = coordinates(required(parameters, 'locations').replaceAll(';', '|'), '|', CONVERTED_MAX)
  const converted = { autonavi: (at: Position) => at, gps: toGcj02, baidu: bd09ToGcj02 }[system]
  return { ...ok, locations: given.map((at) => spelled(converted(at))).join(';') }
}
