/** AMap's web service, or whatever answers like it at another base URL. Keys go into the query, as theirs do, and into no log. */
import type { Position } from '../../model/order.ts'
import { fromGcj02 } from '../amap/gcj02.ts'
import { told } from '../amap/parameters.ts'
import { signatureOf } from '../amap/sign.ts'
import { type Answer, accepted, list, MapAnswerError, number, points, record, text } from './lenient.ts'
import type { MapProvider, Ride } from './provider.ts'

/** AMap's own limit on origins of one request. */
const ORIGINS_MAX = 100

/** Larger than any way across a country in its answers. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024

/** Infocodes that say that there is no way, which is an answer. */
const NO_WAY = /\((20801|20802|20803)\)$/

export interface AmapOptions {
  /** `https://restapi.amap.com`, or our own façade. */
  baseUrl: string
  key: string
  privateKey?: string
  /** Which of its directions for bicycles: v5 knows electric ones. */
  ride?: 'v4/direction/bicycling' | 'v5/direction/electrobike'
  fetch?: typeof fetch
}

export function amapProvider(options: AmapOptions): MapProvider {
  const { ride: ridePath = 'v5/direction/electrobike' } = options
  const ask = (path: string, parameters: Record<string, string>, signal?: AbortSignal): Promise<Answer> =>
    asked(options, path, parameters, signal)
  return {
    name: 'amap',
    async ride(from, to, signal) {
      const parameters = { origin: told(from), destination: told(to) }
      const isV5 = ridePath.startsWith('v5/')
      const more: Record<string, string> = isV5 ? { show_fields: 'cost,navi,polyline' } : {}
      try {
        return rideOf(await ask(ridePath, { ...parameters, ...more }, signal))
      } catch (error) {
        if (error instanceof MapAnswerError && NO_WAY.test(error.message)) return undefined
        throw error
      }
    },
    async distances(origins, destination, signal) {
      const answers: ({ ms: number; metres: number } | undefined)[] = []
      for (let from = 0; from < origins.length; from += ORIGINS_MAX) {
        const part = origins.slice(from, from + ORIGINS_MAX)
        const parameters = { origins: part.map(told).join('|'), destination: told(destination), type: '1' }
        const results = list((await ask('v3/distance', parameters, signal))['results'], 'results')
        if (results.length !== part.length) throw new MapAnswerError('the answer has not as many results as were asked for') // biome-ignore format: one line
        answers.push(...results.map(distanceOf))
      }
      return answers
    },
    async address(position, signal) {
      const answer = await ask('v3/geocode/regeo', { location: told(position) }, signal)
      const code = record(answer['regeocode'], 'regeocode')
      const component = record(code['addressComponent'], 'addressComponent')
      const street = component['streetNumber']
      return {
        text: text(code['formatted_address']),
        street: typeof street === 'object' && street !== null ? text((street as Answer)['street']) : '',
      }
    },
  }
}

async function asked(
  { baseUrl, key, privateKey, fetch: get = fetch }: AmapOptions,
  path: string,
  parameters: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const query = new URLSearchParams({ ...parameters, key })
  if (privateKey !== undefined) query.set('sig', signatureOf(query, privateKey))
  const response = await get(
    `${baseUrl.replace(/\/$/, '')}/${path}?${query}`,
    signal === undefined ? {} : { signal },
  )
  if (!response.ok) {
    await response.body?.cancel()
    throw new MapAnswerError(`the map answers with status ${response.status}`)
  }
  const body = await limited(response)
  try {
    return accepted(JSON.parse(body))
  } catch (error) {
    if (error instanceof SyntaxError) throw new MapAnswerError('the answer of the map is no JSON')
    throw error
  }
}

async function limited(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > ANSWER_BYTES_MAX) throw new MapAnswerError('the answer of the map is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function rideOf(answer: Answer): Ride {
  const route = record(answer['data'] ?? answer['route'], 'route')
  const path = record(list(route['paths'], 'paths')[0], 'path')
  const steps = list(path['steps'], 'steps').map((value) => {
    const step = record(value, 'step')
    const cost = record(step['cost'] ?? {}, 'cost')
    return {
      roadName: text(step['road_name'] ?? step['road']),
      metres: number(step['step_distance'] ?? step['distance'], 'distance of a step'),
      ms: number(step['duration'] ?? cost['duration'], 'duration of a step') * 1000,
      instruction: text(step['instruction']),
      points: points(step['polyline']).map(fromGcj02),
    }
  })
  const cost = record(path['cost'] ?? {}, 'cost')
  return {
    ms: number(path['duration'] ?? cost['duration'], 'duration') * 1000,
    metres: number(path['distance'], 'distance'),
    points: withoutRepeats(steps.flatMap((step) => step.points)),
    steps: steps.map(({ points: _line, ...step }) => step),
  }
}

/** A step begins where the one before ends. */
const withoutRepeats = (line: readonly Position[]): Position[] =>
  line.filter((point, at) => at === 0 || point.lng !== line[at - 1]!.lng || point.lat !== line[at - 1]!.lat)

function distanceOf(value: unknown): { ms: number; metres: number } | undefined {
  const result = record(value, 'result')
  if (text(result['code']) !== '' || typeof result['code'] === 'number') return undefined
  return {
    ms: number(result['duration'], 'duration') * 1000,
    metres: number(result['distance'], 'distance'),
  }
}
