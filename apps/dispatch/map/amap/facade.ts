/** AMap's web service, answered by our own engine: paths, keys, signatures and refusals as theirs. */
import type { CityMap } from '../city-map.ts'
import { bicyclingV4, directionV5, drivingV3, isV5Kind } from './directions.ts'
import { AmapError } from './errors.ts'
import { convertV3, distanceV3, regeoV3 } from './places.ts'
import { isSigned } from './sign.ts'

/** Keys that are let in; with a private key, requests must be signed with it. */
export type AmapKeys = ReadonlyMap<string, { privateKey?: string }>

/** The answer, always with HTTP status 200: what was wrong is said in it. */
export function amapAnswer(city: CityMap, keys: AmapKeys, path: string, parameters: URLSearchParams): object {
  try {
    checkCaller(keys, parameters)
    return answerTo(city, path, parameters)
  } catch (error) {
    const known = error instanceof AmapError ? error : undefined
    if (known === undefined) throw error
    if (path.startsWith('/v4/'))
      return {
        data: null,
        errcode: Number(known.infocode),
        errdetail: null,
        errmsg: known.message,
        ext: null,
      }
    return { status: '0', info: known.message, infocode: known.infocode }
  }
}

function checkCaller(keys: AmapKeys, parameters: URLSearchParams): void {
  const key = keys.get(parameters.get('key') ?? '')
  if (key === undefined) throw new AmapError('10001')
  if (key.privateKey !== undefined && !isSigned(parameters, key.privateKey)) throw new AmapError('10007')
}

function answerTo(city: CityMap, path: string, parameters: URLSearchParams): object {
  switch (path) {
    case '/v3/direction/driving':
      return drivingV3(city, parameters)
    case '/v4/direction/bicycling':
      return bicyclingV4(city, parameters)
    case '/v3/distance':
      return distanceV3(city, parameters)
    case '/v3/geocode/regeo':
      return regeoV3(city, parameters)
    case '/v3/assistant/coordinate/convert':
      return convertV3(parameters)
  }
  const kind = path.startsWith('/v5/direction/') ? path.slice('/v5/direction/'.length) : ''
  if (isV5Kind(kind)) return directionV5(city, parameters, kind)
  throw new AmapError('10002')
}
