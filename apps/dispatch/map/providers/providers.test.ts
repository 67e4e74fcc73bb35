import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { ManualClock } from '../../../../src/lib/clock.ts'
import { quietBeijing } from '../amap/facade.testing.ts'
import { fromGcj02 } from '../amap/gcj02.ts'
import { mapListener, mapService } from '../server.ts'
import { amapProvider } from './amap-provider.ts'
import { ownProvider } from './own-provider.ts'
import type { MapProvider } from './provider.ts'
import { withFallback } from './with-fallback.ts'

const servers: Server[] = []
after(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const from = fromGcj02({ lng: 116.327, lat: 39.998 })
const to = fromGcj02({ lng: 116.337, lat: 40.006 })
const keys = new Map([['key', { privateKey: 'secret' }]])
const facade = () => served(mapListener(mapService({ city: quietBeijing(), keys, prefix: '/map' })))

/** The samples as a service: what AMap answers, with its types. */
async function sampled(): Promise<string> {
  const samples = JSON.parse(readFileSync(join(import.meta.dirname, '../amap/shapes.json'), 'utf8')) as Record<string, unknown> // biome-ignore format: one line
  const keyOf = (path: string): string | undefined =>
    Object.keys(samples).find((name) => name.startsWith(path.slice(1)))
  return served((request, response) => {
    const sample = samples[keyOf(request.url!.split('?')[0]!) ?? 'error']
    response.end(JSON.stringify(sample))
  })
}

describe('providers of maps', () => {
  const contract = (name: string, make: () => Promise<MapProvider> | MapProvider): void => {
    describe(name, () => {
      it('tells a ride with its line and steps', async () => {
        const ride = (await (await make()).ride(from, to))!
        assert.ok(ride.metres > 1000 && ride.metres < 4000)
        assert.ok(ride.ms > 60_000 && ride.ms < 1_800_000)
        assert.ok(ride.points.length >= 2)
        const parts = ride.steps.reduce((sum, { metres }) => sum + metres, 0)
        assert.ok(Math.abs(parts - ride.metres) <= ride.steps.length)
        assert.match(ride.steps.at(-1)!.instruction, /到达目的地$/)
      })

      it('tells the distance from each origin', async () => {
        const found = await (await make()).distances([from, to], from)
        assert.equal(found.length, 2)
        assert.ok(found[1]!.metres > 1000 && found[1]!.ms > 60_000)
      })

      it('tells an address and its street', async () => {
        const { text, street } = await (await make()).address(to)
        assert.ok(text.startsWith('北京市海淀区'))
        assert.ok(street.endsWith('路') || street.length > 0)
      })
    })
  }
  contract('our own engine', () => ownProvider(quietBeijing()))
  contract("AMap's client on our own façade, v5", async () =>
    amapProvider({ baseUrl: `${await facade()}/map`, key: 'key', privateKey: 'secret' }),
  )
  contract(
    "AMap's client on our own façade, v4",
    async () =>
    amapProvider({ baseUrl: `${await facade()}/map`, key: 'key', privateKey: 'secret', ride: 'v4/direction/bicycling' }), // biome-ignore format: one line
  )
  contract("AMap's client on answers as AMap's", async () =>
    amapProvider({ baseUrl: await sampled(), key: 'any' }),
  )
  contract("AMap's client on answers as AMap's, v4", async () =>
    amapProvider({ baseUrl: await sampled(), key: 'any', ride: 'v4/direction/bicycling' }),
  )

  it("agree, whether asked directly or by AMap's paths", async () => {
    const own = await ownProvider(quietBeijing()).ride(from, to)
    const provider = amapProvider({ baseUrl: `${await facade()}/map`, key: 'key', privateKey: 'secret' })
    const asked = await provider.ride(from, to)
    assert.ok(Math.abs(own!.metres - asked!.metres) <= 1)
    assert.ok(Math.abs(own!.ms - asked!.ms) <= 1000 * own!.steps.length)
    own!.points.forEach((point, at) => {
      assert.ok(Math.abs(point.lng - asked!.points[at]!.lng) < 2e-6)
    })
  })

  it('do not let in a wrong key', async () => {
    const provider = amapProvider({ baseUrl: `${await facade()}/map`, key: 'key', privateKey: 'wrong' })
    await assert.rejects(provider.ride(from, to), /INVALID_USER_SIGNATURE \(10007\)/)
  })
})

describe('a provider with a fallback', () => {
  const own = ownProvider(quietBeijing())
  const goes = (listener: RequestListener) => async (): Promise<string> => served(listener)
  const sent = (body: unknown) => goes((_, response) => response.end(JSON.stringify(body)))
  const v5 = (path: object) => ({ status: '1', info: 'OK', infocode: '10000', route: { paths: [path] } })
  const wrong: [string, () => Promise<string>, RegExp][] = [
    ['refuses', sent({ status: '0', info: 'USER_DAILY_QUERY_OVER_LIMIT', infocode: '10044' }), /10044/],
    ['fails', goes((_, response) => response.writeHead(500).end()), /status 500/],
    ['sends no JSON', goes((_, response) => response.end('<html>')), /no JSON/],
    ['sends no numbers', sent(v5({ distance: 'far', duration: '1', steps: [] })), /not a number/],
    ['sends no way', sent({ status: '1' }), /no route/],
    ['teleports', sent(v5({ distance: '1', duration: '1', steps: [] })), /as the crow flies/],
    ['races', sent(v5({ distance: '2000', duration: '2', steps: [] })), /nobody rides/],
    ['leads elsewhere', sent(v5({ distance: '2000', duration: '400', steps: [{ step_distance: 2000, cost: { duration: '400' }, polyline: '100,30;101,30' }] })), /other places/], // biome-ignore format: one line
    ['breaks off', goes((request) => request.socket.destroy()), /./],
    ['sends without end', goes((_, response) => {
      const chunk = 'x'.repeat(1 << 20)
      const more = (): void => { while (response.write(chunk)); }
      response.on('drain', more)
      more()
    }), /too long/], // biome-ignore format: one line
  ]
  for (const [what, server, why] of wrong)
    it(`answers by its own engine when the other ${what}, and says so`, async () => {
      const provider = withFallback({ first: amapProvider({ baseUrl: await server(), key: 'k' }), own, clock: new ManualClock() }) // biome-ignore format: one line
      assert.equal(provider.state().answeredBy, 'amap')
      assert.deepEqual(await provider.ride(from, to), await own.ride(from, to))
      assert.equal(provider.state().answeredBy, 'own, as amap does not answer')
      assert.match(provider.state().why, why)
    })

  it('does not wait for one that is slow, and drops the question', async () => {
    const clock = new ManualClock()
    const dropped = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const baseUrl = await served((_, response) => {
      response.on('close', dropped.resolve)
      reached.resolve()
    })
    const provider = withFallback({ first: amapProvider({ baseUrl, key: 'k' }), own, clock, deadlineMs: 800 })
    const asked = provider.ride(from, to)
    await reached.promise
    clock.advance(799)
    assert.equal(provider.state().failures, 0)
    clock.advance(1)
    assert.deepEqual(await asked, await own.ride(from, to))
    assert.match(provider.state().why, /within 800 ms/)
    await dropped.promise
    assert.equal(clock.pendingTimers, 0)
  })

  it('leaves one alone that fails again and again, and tries after a while with a single question', async () => {
    const clock = new ManualClock()
    let isWell = false
    let questions = 0
    const well = mapListener(mapService({ city: quietBeijing(), keys: new Map([['k', {}]]) }))
    const baseUrl = await served((request, response) => {
      questions++
      if (isWell) well(request, response)
      else response.writeHead(503).end()
    })
    const provider = withFallback({ first: amapProvider({ baseUrl, key: 'k' }), own, clock, restMs: 5000 })
    for (let at = 0; at < 10; at++) await provider.ride(from, to)
    assert.equal(questions, 3)
    clock.advance(5000)
    await Promise.all([1, 2, 3].map(() => provider.ride(from, to)))
    assert.equal(questions, 4, 'one tries, the others are answered by our own engine')
    isWell = true
    clock.advance(4999)
    await provider.ride(from, to)
    assert.equal(questions, 4)
    clock.advance(1)
    await provider.ride(from, to)
    assert.equal(provider.state().answeredBy, 'amap')
    await provider.distances([from], to)
    assert.equal(questions, 6)
    assert.equal(provider.state().why, '')
  })
})
