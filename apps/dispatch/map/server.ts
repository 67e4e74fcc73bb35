/**
 * The map service over HTTP: AMap's paths (`/v3`, `/v4`, `/v5`), OSRM's (`/route/v1`, `/table/v1`, `/nearest/v1`), and tiles.
 * `mapListener` is a listener for `node:http`, as a custom runtime has it.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AmapKeys, amapAnswer } from './amap/facade.ts'
import { type CityMap, quietCity } from './city-map.ts'
import { osrmAnswer } from './osrm/osrm.ts'
import { loadRoadNetwork } from './road-network.ts'
import { Tiles, tileName, ZOOM_MAX, ZOOM_MIN } from './tiles/tiles.ts'

/** A table of 1,000 coordinates fits; Node.js refuses longer ones at its own limit unless the server is made with it. */
export const URL_CHARACTERS_MAX = 64 * 1024

export interface MapRequest {
  method: string
  /** Path and query. */
  url: string
}

export interface MapAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

export interface MapServiceOptions {
  city: CityMap
  keys: AmapKeys
  /** What comes before all paths, as `/map` behind the gateway. */
  prefix?: string
  /** Told of what failed for a reason of our own; the caller hears no more than that it did. */
  onError?: (error: unknown) => void
}

export type MapService = (request: MapRequest) => MapAnswer

const JSON_TYPE = { 'content-type': 'application/json;charset=UTF-8' }
const json = (status: number, body: object): MapAnswer => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify(body),
})
const error = (status: number, code: string, message: string): MapAnswer => json(status, { code, message })

export function mapService({
  city,
  keys,
  prefix = '',
  onError = () => undefined,
}: MapServiceOptions): MapService {
  // Tiles show where roads are, which traffic does not change.
  const tiles = new Tiles(city.network())
  return ({ method, url }) => {
    if (url.length > URL_CHARACTERS_MAX) return error(414, 'InvalidArgument', 'the address is too long')
    if (method !== 'GET' && method !== 'HEAD')
      return error(405, 'InvalidArgument', `${method} is not for maps`)
    const at = url.indexOf('?')
    const whole = at === -1 ? url : url.slice(0, at)
    if (!whole.startsWith(`${prefix}/`)) return error(404, 'NotFound', 'there is no such path')
    const path = whole.slice(prefix.length)
    try {
      return answer(path, new URLSearchParams(at === -1 ? '' : url.slice(at + 1)))
    } catch (failure) {
      onError(failure)
      return error(500, 'InternalError', 'the map could not answer')
    }
  }

  function answer(path: string, parameters: URLSearchParams): MapAnswer {
    if (/^\/v[345]\//.test(path)) return json(200, amapAnswer(city, keys, path, parameters))
    if (/^\/(route|table|nearest)\//.test(path)) {
      const { status, body } = osrmAnswer(city, path, parameters)
      return json(status, body)
    }
    if (path === '/tiles.json') return json(200, tileJson())
    const name = tileName(path)
    if (name === undefined) return error(404, 'NotFound', 'there is no such path, or no such tile')
    const headers = {
      'content-type': 'image/svg+xml;charset=UTF-8',
      'cache-control': 'public, max-age=86400',
    }
    return { status: 200, headers, body: tiles.get(name) }
  }

  /** https://github.com/mapbox/tilejson-spec: what a page needs to show the map. */
  function tileJson(): object {
    const { bounds, attribution } = city.network()
    const { west, south, east, north } = bounds
    return {
      tilejson: '3.0.0',
      tiles: [`${prefix}/tiles/{z}/{x}/{y}.svg`],
      minzoom: ZOOM_MIN,
      maxzoom: ZOOM_MAX,
      bounds: [west, south, east, north],
      center: [(west + east) / 2, (south + north) / 2, 15],
      attribution,
    }
  }
}

export const mapListener =
  (service: MapService) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    // A body has no meaning here; it is read away so that the connection can be used again.
    request.resume()
    const { status, headers, body } = service({ method: request.method ?? 'GET', url: request.url ?? '/' })
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
    response.end(request.method === 'HEAD' ? undefined : body)
  }

if (import.meta.main) {
  const [file] = process.argv.slice(2)
  if (file === undefined) {
    console.error('usage: MAP_KEY=<key> PORT=<port> node apps/dispatch/map/server.ts <built file>')
    process.exit(2)
  }
  const city = quietCity(loadRoadNetwork(readFileSync(file)))
  const key = process.env['MAP_KEY']
  const keys: AmapKeys = new Map(key === undefined ? [] : [[key, {}]])
  const onError = (failure: unknown): void => console.error(failure)
  const server = createServer(
    { maxHeaderSize: 2 * URL_CHARACTERS_MAX },
    mapListener(mapService({ city, keys, onError })),
  )
  server.listen(Number(process.env['PORT'] ?? 9000), '127.0.0.1', () =>
    console.log('the map is served', server.address()),
  )
}
