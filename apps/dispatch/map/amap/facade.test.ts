import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { CityMap } from '../city-map.ts'
import { FROM, quietBeijing, shapeDifferences, TO } from './facade.testing.ts'
import { type AmapKeys, amapAnswer } from './facade.ts'
import { signatureOf } from './sign.ts'

const samples = JSON.parse(readFileSync(join(import.meta.dirname, 'shapes.json'), 'utf8')) as Record<
  string,
  unknown
>
const keys: AmapKeys = new Map([
  ['open', {}],
  ['signed', { privateKey: 'secret' }],
])
type Answer = Record<string, unknown>

function ask(path: string, parameters: Record<string, string>, city: CityMap = quietBeijing()): Answer {
  return amapAnswer(city, keys, path, new URLSearchParams({ key: 'open', ...parameters })) as Answer
}
const way = { origin: FROM, destination: TO }
const road = new Set(['road'])

describe("AMap's web service, answered by our own engine", () => {
  it('answers each endpoint in the keys and types of the samples', () => {
    const cases: [string, string, Record<string, string>][] = [
      ['v3/direction/driving (extensions=all)', '/v3/direction/driving', { ...way, extensions: 'all' }],
      ['v4/direction/bicycling', '/v4/direction/bicycling', way],
      [
        'v5/direction/electrobike?show_fields=cost,navi,polyline (doc only)',
        '/v5/direction/electrobike',
        { ...way, show_fields: 'cost,navi,polyline' },
      ],
      ['v3/distance', '/v3/distance', { origins: `${FROM}|116.33,40`, destination: TO }],
      ['v3/geocode/regeo (extensions=base)', '/v3/geocode/regeo', { location: FROM }],
    ]
    for (const [sample, path, parameters] of cases)
      assert.deepEqual(shapeDifferences(samples[sample], ask(path, parameters), road), [], sample)
  })

  it('tells a way whose parts add up to it', () => {
    const { data } = ask('/v4/direction/bicycling', way) as { data: { paths: { distance: number; duration: number; steps: { distance: number; duration: number; polyline: string; road: string; assistant_action: string }[] }[] } } // biome-ignore format: one line
    const [path] = data.paths
    const sum = (field: 'distance' | 'duration') =>
      path!.steps.reduce((total, step) => total + step[field], 0)
    assert.equal(path!.duration, sum('duration'))
    assert.ok(Math.abs(path!.distance - sum('distance')) <= path!.steps.length)
    assert.equal(path!.steps.at(-1)!.assistant_action, '到达目的地')
    for (let at = 1; at < path!.steps.length; at++)
      assert.equal(path!.steps[at]!.polyline.split(';')[0], path!.steps[at - 1]!.polyline.split(';').at(-1))
    // 15 km/h, as recorded answers have.
    assert.ok(Math.abs(path!.distance / path!.duration - 15 / 3.6) < 0.1)
  })

  it('goes by way of the waypoints', () => {
    const distance = (parameters: Record<string, string>): number => {
      const { route } = ask('/v3/direction/driving', parameters) as {
        route: { paths: { distance: string }[] }
      }
      return Number(route.paths[0]!.distance)
    }
    assert.ok(distance({ ...way, waypoints: '116.32,40.01' }) > distance(way))
  })

  it('shows fields of v5 only when they are asked for', () => {
    const step = (fields: string): Answer => {
      const answer = ask('/v5/direction/driving', { ...way, show_fields: fields })
      return (answer as { route: { paths: { steps: Answer[] }[] } }).route.paths[0]!.steps[0]!
    }
    assert.deepEqual(Object.keys(step('')), ['instruction', 'orientation', 'road_name', 'step_distance'])
    assert.ok('tmcs' in step('tmcs') && !('polyline' in step('tmcs')))
  })

  it('says how the traffic is', () => {
    const jammed: CityMap = { ...quietBeijing(), trafficFactor: () => 2 }
    const answer = ask('/v3/direction/driving', { ...way, extensions: 'all' }, jammed)
    const { steps } = (answer as { route: { paths: { steps: { tmcs: { status: string }[] }[] }[] } }).route
      .paths[0]!
    assert.deepEqual(
      new Set(steps.flatMap(({ tmcs }) => tmcs.map(({ status }) => status))),
      new Set(['拥堵']),
    )
  })

  it('measures what it can and says in its place what it cannot', () => {
    const { results } = ask('/v3/distance', { origins: `${FROM}|117,41|7.42,43.73`, destination: TO }) as { results: Answer[] } // biome-ignore format: one line
    assert.ok(Number(results[0]!['distance']) > 500)
    assert.equal(results[1]!['code'], '2')
    assert.equal(results[2]!['code'], '3')
    const straight = ask('/v3/distance', { origins: FROM, destination: TO, type: '0' }) as {
      results: Answer[]
    }
    assert.ok(Number(straight.results[0]!['distance']) < Number(results[0]!['distance']))
  })

  it('finds the street by its name', () => {
    const { regeocode } = ask('/v3/geocode/regeo', { location: TO, extensions: 'all' }) as { regeocode: { formatted_address: string; addressComponent: { city: unknown; streetNumber: { street: string } }; roads: { name: string }[] } } // biome-ignore format: one line
    const { street } = regeocode.addressComponent.streetNumber
    assert.ok(street.length > 0)
    assert.equal(regeocode.formatted_address, `北京市海淀区${street}`)
    assert.deepEqual(regeocode.addressComponent.city, [], 'a municipality')
    assert.equal(regeocode.roads[0]!.name, street)
  })

  it('converts coordinates', () => {
    assert.equal(ask('/v3/assistant/coordinate/convert', { locations: '121.4737,31.2304', coordsys: 'gps' })['locations'], '121.478223,31.228458') // biome-ignore format: one line
    assert.equal(ask('/v3/assistant/coordinate/convert', { locations: FROM })['locations'], FROM)
  })

  it('signs as the official wording says', () => {
    const parameters: [string, string][] = [['key', 'FAKE_KEY'], ['address', 'Chengdu']] // biome-ignore format: one line
    assert.equal(signatureOf(parameters, 'secret'), 'bb1f812301a937de5fcb0b7a1daa2f4a')
  })

  it('refuses what is wrong with its own codes, in the envelope of the generation', () => {
    const refusal = (path: string, parameters: Record<string, string>): unknown =>
      ask(path, parameters)['infocode']
    assert.deepEqual(ask('/v3/distance', { key: 'other' }), samples['error'])
    assert.deepEqual(ask('/v4/direction/bicycling', { key: 'other' }), samples['error v4 (GUESS, envelope only; codes not seen)']) // biome-ignore format: one line
    assert.equal(refusal('/v3/distance', { key: 'signed', origins: FROM, destination: TO }), '10007')
    assert.equal(refusal('/v3/distance', { key: 'signed', origins: FROM, destination: TO, sig: '0'.repeat(32) }), '10007') // biome-ignore format: one line
    assert.equal(refusal('/v9/nothing', {}), '10002')
    assert.equal(refusal('/v5/direction/toString', way), '10002')
    assert.equal(refusal('/v3/direction/driving', { origin: FROM }), '20001')
    assert.equal(refusal('/v3/direction/driving', { origin: 'here', destination: TO }), '20000')
    assert.equal(refusal('/v3/direction/driving', { ...way, origin: '116.3270001,39.9' }), '20000')
    assert.equal(refusal('/v3/direction/driving', { ...way, avoidpolygons: '1,1;2,2;3,3' }), '20000')
    assert.equal(
      refusal('/v3/direction/driving', { ...way, waypoints: Array(17).fill(FROM).join(';') }),
      '20000',
    )
    assert.equal(
      refusal('/v3/distance', { origins: Array(101).fill(FROM).join('|'), destination: TO }),
      '20000',
    )
    assert.equal(refusal('/v3/direction/driving', { ...way, destination: '117,41' }), '20801')
    assert.equal(refusal('/v5/direction/walking', { ...way, destination: '118,41' }), '20803')
  })

  it('lets in what is signed', () => {
    const parameters = { key: 'signed', origins: FROM, destination: TO }
    const sig = signatureOf(Object.entries(parameters), 'secret')
    assert.equal(ask('/v3/distance', { ...parameters, sig })['infocode'], '10000')
  })
})
