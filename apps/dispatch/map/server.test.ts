import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quietBeijing } from './amap/facade.testing.ts'
import type { CityMap } from './city-map.ts'
import { mapService } from './server.ts'
import { boxOf, pixelOf } from './tiles/mercator.ts'
import { Tiles } from './tiles/tiles.ts'

const serviceOf = (city: CityMap = quietBeijing(), onError: (error: unknown) => void = assert.ifError) =>
  mapService({ city, keys: new Map([['k', {}]]), prefix: '/map', onError })
const get = (url: string, service = serviceOf()) => {
  const { status, headers, body } = service({ method: 'GET', url })
  return {
    status,
    type: headers['content-type']!,
    body,
    json: () => JSON.parse(body) as Record<string, unknown>,
  }
}

const TILE = { z: 16, x: 53944, y: 24809 }
const inTile = boxOf(TILE)

describe('the map service', () => {
  it('routes, makes tables and finds roads in the shape of OSRM', () => {
    const route = get('/map/route/v1/bike/116.32,39.999;116.33,40.004?steps=true&geometries=geojson').json() as { code: string; routes: { distance: number; duration: number; legs: { steps: { distance: number }[] }[]; geometry: { coordinates: [number, number][] } }[] } // biome-ignore format: one line
    assert.equal(route.code, 'Ok')
    const [first] = route.routes
    const table = get('/map/table/v1/bike/116.32,39.999;116.33,40.004?sources=0&destinations=1&annotations=duration,distance').json() as { durations: number[][]; distances: number[][] } // biome-ignore format: one line
    assert.equal(table.durations[0]![0], first!.duration)
    assert.ok(Math.abs(table.distances[0]![0]! - first!.distance) < 1)
    assert.ok(Math.abs(first!.geometry.coordinates[0]![0] - 116.32) < 0.005)
    const nearest = get('/map/nearest/v1/bike/116.32,39.999').json() as { waypoints: { distance: number }[] }
    assert.equal(nearest.waypoints.length, 1)
  })

  it('refuses in the words of OSRM', () => {
    const code = (path: string): unknown => {
      const { status, json } = get(`/map${path}`)
      assert.equal(status, 400)
      return json()['code']
    }
    assert.equal(code('/route/v1/bike/116.32,39.999'), 'InvalidQuery')
    assert.equal(code('/route/v1/bike/116.32,39.999;x'), 'InvalidQuery')
    assert.equal(code('/route/v2/bike/116.32,39.999;116.33,40.004'), 'InvalidUrl')
    assert.equal(code('/route/v1/rocket/116.32,39.999;116.33,40.004'), 'InvalidUrl')
    assert.equal(code('/nearest/v1/bike/100,10'), 'NoSegment')
    assert.equal(code('/table/v1/bike/116.32,39.999;116.33,40.004?sources=7'), 'InvalidOptions')
    assert.equal(code(`/table/v1/bike/${Array(2001).fill('116.32,39.99').join(';')}`), 'TooBig')
  })

  it('draws the roads of a tile, with their names and whom they are from', () => {
    const tile = get(`/map/tiles/${TILE.z}/${TILE.x}/${TILE.y}.svg`)
    assert.equal(tile.type, 'image/svg+xml;charset=UTF-8')
    assert.match(tile.body, /© OpenStreetMap contributors/)
    assert.match(tile.body, /<textPath [^>]*>[^<]*路<\/textPath>/)
    assert.ok((tile.body.match(/<path /g) ?? []).length > 3)
    const ocean = get('/map/tiles/16/100/100.svg')
    assert.ok(!ocean.body.includes('<path'))
  })

  it('puts a position where the tile says', () => {
    const corner = pixelOf(TILE, { lng: inTile.west, lat: inTile.north })
    assert.ok(Math.abs(corner.x) < 1e-6 && Math.abs(corner.y) < 1e-6)
    const opposite = pixelOf(TILE, { lng: inTile.east, lat: inTile.south })
    assert.ok(Math.abs(opposite.x - 256) < 1e-6 && Math.abs(opposite.y - 256) < 1e-6)
  })

  it('keeps no more tiles than it has room for', () => {
    const tiles = new Tiles(quietBeijing().network(), 50_000)
    for (let x = -6; x <= 6; x++)
      for (let y = -6; y <= 6; y++) {
        tiles.get({ ...TILE, x: TILE.x + x, y: TILE.y + y })
        assert.ok(tiles.keptCharacters <= 50_000)
      }
    const one = tiles.get(TILE)
    assert.equal(tiles.get(TILE), one)
  })

  it('tells a page what there is to see', () => {
    const { bounds, attribution } = get('/map/tiles.json').json() as { bounds: number[]; attribution: string }
    assert.ok(bounds[0]! > 116 && bounds[3]! < 41)
    assert.match(attribution, /OpenStreetMap/)
  })

  it('refuses what it does not have or understand', () => {
    for (const path of ['/', '/other', '/map', '/map/', '/map/tiles/16/1/1.png', '/map/tiles/25/1/1.svg', '/map/tiles/8/256/1.svg', '/map/../etc/passwd']) // biome-ignore format: one line
      assert.equal(get(path).status, 404, path)
    assert.equal(get(`/map/v3/distance?key=${'x'.repeat(70_000)}`).status, 414)
    assert.equal(serviceOf()({ method: 'DELETE', url: '/map/tiles.json' }).status, 405)
  })

  it('says that it failed, and the reason only to its owner', () => {
    const reasons: unknown[] = []
    const city = quietBeijing()
    const service = serviceOf({ ...city, trafficFactor: () => assert.fail('secret') }, (error) => reasons.push(error)) // biome-ignore format: one line
    const { status, body } = get('/map/v3/direction/driving?key=k&extensions=all&origin=116.327,39.998&destination=116.337,40.006', service) // biome-ignore format: one line
    assert.equal(status, 500)
    assert.ok(!body.includes('secret'))
    assert.match(String(reasons[0]), /secret/)
  })
})
