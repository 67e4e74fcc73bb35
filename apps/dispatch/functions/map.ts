/** The map service: AMap's paths, OSRM's, and tiles, below `/map`. */
import './node-20.ts'
import { readFileSync } from 'node:fs'
import { quietCity } from '../map/city-map.ts'
import { loadRoadNetwork } from '../map/road-network.ts'
import { mapListener, mapService } from '../map/server.ts'
import { serve } from './custom-server.ts'

const { DISPATCH_MAP_KEY: key = '', DISPATCH_MAP_PRIVATE_KEY: privateKey = '' } = process.env

const listener = mapListener(
  mapService({
    city: quietCity(loadRoadNetwork(readFileSync(new URL('../city.roads', import.meta.url)))),
    keys: new Map(key === '' ? [] : [[key, privateKey === '' ? {} : { privateKey }]]),
    prefix: '/map',
    onError: (failure) => console.error(failure),
  }),
)

serve({ http: (request, response) => listener(request, response) })
