/** Ways as AMap tells them, in its three generations. Types are theirs: see `README.md`. */
import type { CityMap } from '../city-map.ts'
import type { Step } from '../road-network.ts'
import { AmapError } from './errors.ts'
import { choice, polyline } from './parameters.ts'
import { stretchesOf } from './traffic.ts'
import { type Way, wayOf } from './ways.ts'
import { ARRIVED, action, instruction, orientation } from './words.ts'

const FAR_METRES = 2_000_000
const RIDE_METRES_MAX = 500_000
const WALK_METRES_MAX = 100_000

const ok = { status: '1', info: 'OK', infocode: '10000' }
const whole = (value: number): string => String(Math.round(value))
/** What is empty is an empty list in v3. */
const orList = (text: string): string | [] => (text === '' ? [] : text)

function nexts(way: Way): { step: Step; next: Step | undefined }[] {
  return way.route.steps.map((step, at) => ({ step, next: way.route.steps[at + 1] }))
}

const secondsOf = (way: Way): number => way.route.steps.reduce((sum, step) => sum + way.seconds(step), 0)

/** `/v3/direction/driving`. */
export function drivingV3(city: CityMap, parameters: URLSearchParams): object {
  const all = choice(parameters, 'extensions', ['base', 'all']) === 'all'
  const strategy = parameters.get('strategy') ?? '0'
  if (!/^\d{1,2}$/.test(strategy) || Number(strategy) > 20) throw new AmapError('20000')
  const way = wayOf(city, parameters, { manner: 'driving', pace: 'engine', straightMetresMax: FAR_METRES })
  const path = {
    distance: whole(way.route.metres),
    duration: whole(secondsOf(way)),
    strategy: '速度最快',
    tolls: '0',
    toll_distance: '0',
    ...(parameters.get('nosteps') === '1'
      ? {}
      : { steps: nexts(way).map((at) => stepV3(city, way, at, all)) }),
    restriction: '0',
    traffic_lights: [],
  }
  const { origin, destination } = way
  return { ...ok, count: '1', route: { origin, destination, taxi_cost: [], paths: [path] } }
}

function stepV3(
  city: CityMap,
  way: Way,
  { step, next }: { step: Step; next: Step | undefined },
  all: boolean,
): object {
  return {
    instruction: instruction(step, next, way.manner),
    orientation: orientation(step.bearing),
    ...(step.roadName === '' ? {} : { road: step.roadName }),
    distance: whole(step.metres),
    tolls: '0',
    toll_distance: '0',
    toll_road: [],
    duration: whole(way.seconds(step)),
    polyline: polyline(step.points),
    action: orList(action(next)),
    assistant_action: next === undefined ? ARRIVED : [],
    ...(all
      ? {
          tmcs: stretchesOf(city, step).map(({ status, metres, points }) => ({
            lcode: [],
            distance: whole(metres),
            status,
            polyline: polyline(points),
          })),
          cities: citiesOf(city),
        }
      : {}),
  }
}

function citiesOf({ region }: CityMap): object[] {
  if (region.province === '') return []
  const name = region.city === '' ? region.province : region.city
  return [
    {
      name,
      citycode: region.citycode,
      adcode: `${region.adcode.slice(0, region.city === '' ? 2 : 4).padEnd(6, '0')}`,
      districts: [{ name: region.district, adcode: region.adcode }],
    },
  ]
}

/** `/v4/direction/bicycling`: numbers are numbers here. */
export function bicyclingV4(city: CityMap, parameters: URLSearchParams): object {
  const way = wayOf(city, parameters, {
    manner: 'riding',
    pace: 'bicycle',
    straightMetresMax: RIDE_METRES_MAX,
  })
  const steps = nexts(way).map(({ step, next }) => ({
    action: action(next),
    assistant_action: next === undefined ? ARRIVED : '',
    distance: Math.round(step.metres),
    duration: way.seconds(step),
    instruction: instruction(step, next, way.manner),
    orientation: orientation(step.bearing),
    polyline: polyline(step.points),
    road: step.roadName,
    walk_type: 0,
  }))
  const path = { distance: Math.round(way.route.metres), duration: secondsOf(way), steps }
  const { origin, destination } = way
  return {
    data: { destination, origin, paths: [path] },
    errcode: 0,
    errdetail: null,
    errmsg: 'OK',
    ext: null,
  }
}

const V5 = {
  driving: { manner: 'driving', pace: 'engine', straightMetresMax: FAR_METRES },
  walking: { manner: 'walking', pace: 'foot', straightMetresMax: WALK_METRES_MAX },
  bicycling: { manner: 'riding', pace: 'bicycle', straightMetresMax: RIDE_METRES_MAX },
  electrobike: { manner: 'riding', pace: 'engine', straightMetresMax: RIDE_METRES_MAX },
} as const

export type V5Kind = keyof typeof V5
export const isV5Kind = (text: string): text is V5Kind => Object.hasOwn(V5, text)

/** `/v5/direction/{driving,walking,bicycling,electrobike}`: most fields only where `show_fields` names them. */
export function directionV5(city: CityMap, parameters: URLSearchParams, kind: V5Kind): object {
  const shown = new Set((parameters.get('show_fields') ?? '').split(','))
  const way = wayOf(city, parameters, V5[kind])
  const isBike = kind === 'bicycling' || kind === 'electrobike'
  const duration = whole(secondsOf(way))
  const steps = nexts(way).map((at) => stepV5(city, way, at, kind, shown))
  const distance = whole(way.route.metres)
  const path = isBike
    ? { distance, duration, steps }
    : {
        distance,
        ...(kind === 'driving' ? { restriction: '0' } : {}),
        ...(shown.has('cost') ? { cost: { duration, ...(kind === 'driving' ? noTolls : {}) } } : {}),
        steps,
      }
  return {
    ...ok,
    count: '1',
    route: { origin: way.origin, destination: way.destination, paths: [path] },
  }
}

const noTolls = { tolls: '0', toll_distance: '0' }

function stepV5(
  city: CityMap,
  way: Way,
  { step, next }: { step: Step; next: Step | undefined },
  kind: V5Kind,
  shown: ReadonlySet<string>,
): object {
  const isBike = kind === 'bicycling' || kind === 'electrobike'
  const tolls = kind === 'driving' ? { ...noTolls, toll_road: '' } : {}
  const tmcs = stretchesOf(city, step).map(({ status, metres, points }) => ({
    tmc_status: status,
    tmc_distance: whole(metres),
    tmc_polyline: polyline(points),
  }))
  return {
    instruction: instruction(step, next, way.manner),
    orientation: orientation(step.bearing),
    road_name: step.roadName,
    step_distance: isBike ? Math.round(step.metres) : whole(step.metres),
    ...(shown.has('cost') ? { cost: { duration: whole(way.seconds(step)), ...tolls } } : {}),
    ...(shown.has('navi')
      ? {
          navi: {
            action: action(next),
            assistant_action: next === undefined ? ARRIVED : '',
            ...(kind === 'driving' ? {} : { walk_type: '0' }),
          },
        }
      : {}),
    ...(shown.has('polyline') ? { polyline: polyline(step.points) } : {}),
    ...(shown.has('tmcs') && kind === 'driving' ? { tmcs } : {}),
    ...(shown.has('cities') && kind === 'driving' ? { cities: citiesOf(city) } : {}),
  }
}
