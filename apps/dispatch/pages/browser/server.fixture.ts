/** The gateway of the fixture city: its API, its tiles, its pages, below a prefix; and, elsewhere, a bucket for photos. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Order } from '../../model/order.ts'
import { pageServer } from '../serve.ts'
import type { Role } from '../web/api/contract.ts'
import { unproject } from '../web/map/mercator.ts'
import { builtPages } from './build.fixture.ts'
import { type Caller, type City, city, Refusal } from './city.fixture.ts'

export interface CityServer {
  city: City
  /** With the prefix, and a slash at its end. */
  url: string
  requests: string[]
  uploads: Map<string, { type: string; sizeBytes: number }>
  /** Parts that do not work now: the first segments of their paths. */
  broken: Set<string>
  hasDemo: boolean
  bucketOrigin: string
  bucketIsBroken: boolean
  /** Ends every stream of events that is open. */
  dropStreams(): void
  /** Tokens that were given out are no longer good. */
  revoke(): void
  stop(): Promise<void>
}

export const PREFIX = '/proxy/group-1/'

export async function cityServer({ port = 0, riders = 12 } = {}): Promise<CityServer> {
  const town = city(Date.now, { riders })
  const bucket = await bucketServer(() => state.bucketIsBroken)
  const serve = pageServer(await builtPages(), { uploadOrigins: [bucket.origin] })
  const streams = new Set<ServerResponse>()
  const events: { id: number; order: Order }[] = []
  let generation = 1
  const state: CityServer = {
    city: town,
    url: '',
    requests: [],
    uploads: bucket.uploads,
    broken: new Set(),
    hasDemo: true,
    bucketOrigin: bucket.origin,
    bucketIsBroken: false,
    dropStreams() {
      for (const stream of streams) stream.end()
      streams.clear()
    },
    revoke() {
      generation += 1
    },
    async stop() {
      for (const stream of streams) stream.destroy()
      await Promise.all([close(server), close(bucket.server)])
    },
  }
  town.onChange((order) => {
    events.push({ id: events.length + 1, order })
    for (const stream of streams) stream.emit('order', events.at(-1))
  })

  const callerOf = (token: string | undefined): Caller => {
    const [role, id, of] = Buffer.from(token ?? '', 'base64url')
      .toString()
      .split('|')
    if (!role || !id || of !== String(generation))
      throw new Refusal(401, 'Unauthorized', 'the token is not valid')
    return { role: role as Role, id }
  }
  const concerns = (caller: Caller, order: Order): boolean =>
    caller.role === 'operations' || [order.customerId, order.merchantId, order.riderId].includes(caller.id)
  const orderOf = (caller: Caller, orderId: string): Order => {
    const order = town.orders.get(orderId)
    if (!order || !concerns(caller, order)) throw new Refusal(404, 'NotFound', 'no such order')
    return order
  }

  function push(request: IncomingMessage, response: ServerResponse, caller: Caller): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const send = ({ id, order }: { id: number; order: Order }) => {
      if (concerns(caller, order))
        response.write(`id: ${id}\nevent: order\ndata: ${JSON.stringify({ order }, asViewed)}\n\n`)
    }
    response.write(': hello\n\n')
    const last = Number(request.headers['last-event-id'] ?? events.length)
    for (const event of events.slice(last)) send(event)
    response.on('order', send)
    streams.add(response)
    response.on('close', () => streams.delete(response))
  }

  function answer(
    caller: Caller,
    method: string,
    path: string,
    query: URLSearchParams,
    body: never,
    key: string,
  ): unknown {
    const given = body as Record<string, never>
    const [first = '', second = '', third = ''] = path.split('/')
    const call = `${method} ${first}`
    if (call === 'GET shops') return { shops: town.shops }
    if (path === 'overview') return town.overview
    if (call === 'GET riders' && second === '') return { riders: [...town.riders.values()] }
    if (path === 'riders/me/duty') {
      town.played.add(caller.id)
      return { rider: town.duty(caller.id, body), offers: [] }
    }
    if (path === 'riders/me/position') return { accepted: town.position(caller.id, body) }
    if (first === 'reports') return report(second)
    if (call === 'GET orders' && second === '') {
      const over = ['DELIVERED', 'CANCELLED', 'RETURNED']
      const all = [...town.orders.values()].filter((order) => concerns(caller, order))
      return {
        orders: query.get('state') === 'open' ? all.filter((order) => !over.includes(order.state)) : all,
      }
    }
    if (call === 'POST orders' && second === '') return { order: town.place(caller.id, key, body) }
    const order = orderOf(caller, second)
    if (call === 'GET orders') {
      const rider = order.state === 'OFFERED' ? undefined : town.riders.get(order.riderId ?? '')
      return {
        order,
        ...(rider ? { rider: { position: rider.position, positionAtMs: rider.positionAtMs } } : {}),
      }
    }
    if (third === 'pay') return { order: town.change(order, { state: 'PAID' }) }
    if (third === 'cancel')
      return { order: town.change(order, { state: 'CANCELLED', cancelReason: given['reason'] }) }
    if (third === 'kitchen') return { order: town.kitchen(caller, order, body) }
    if (third === 'ride') return { order: town.ride(caller, order, given['step'] ?? '') }
    if (third === 'photos') {
      const photo = `photos/${order.orderId}/1`
      town.change(order, { photos: [...order.photos, photo] })
      return { url: `${bucket.origin}/${photo}?signature=test`, key: photo }
    }
    throw new Refusal(404, 'NotFound', 'no such path')
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://city')
    state.requests.push(`${request.method} ${url.pathname}`)
    if (!url.pathname.startsWith(PREFIX)) throw new Refusal(404, 'NotFound', 'not below the prefix')
    const path = url.pathname.slice(PREFIX.length)
    const [first = '', second = ''] = path.split('/')
    if (state.broken.has(first) || state.broken.has(`${first}/${second}`)) {
      throw new Refusal(503, 'TryAgain', 'broken by the test')
    }
    const json = (status: number, said: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said, asViewed))
    }
    if (path === 'demo/session') {
      if (!state.hasDemo) throw new Refusal(404, 'NotFound', 'no demonstration')
      const { role, id } = JSON.parse(await textOf(request)) as Caller
      if (role === 'merchant') town.played.add(id)
      return json(200, { token: Buffer.from(`${role}|${id}|${generation}`).toString('base64url') })
    }
    if (path === 'push') return push(request, response, callerOf(url.searchParams.get('token') ?? undefined))
    if (path.startsWith('map/tiles/')) {
      const [z = 0, x = 0, y = 0] = path.slice('map/tiles/'.length).replace('.svg', '').split('/').map(Number)
      response
        .writeHead(200, { 'content-type': 'image/svg+xml', 'cache-control': 'max-age=60' })
        .end(tile(z, x, y))
      return
    }
    const isApi = ['orders', 'shops', 'riders', 'overview', 'reports', 'map'].includes(first)
    if (!isApi) {
      const served = serve({
        method: request.method ?? 'GET',
        path: `/${path}`,
        ifNoneMatch: request.headers['if-none-match'],
      })
      response.writeHead(served.status, served.headers).end(served.body)
      return
    }
    const caller = callerOf(request.headers.authorization?.replace(/^Bearer /, ''))
    if (path.startsWith('map/route/v1/'))
      return json(200, route(decodeURIComponent(path.split('/')[4] ?? '')))
    const body = request.method === 'POST' ? JSON.parse(await textOf(request)) : {}
    const key = String(request.headers['idempotency-key'] ?? '')
    const said = answer(caller, request.method ?? '', path, url.searchParams, body as never, key)
    json(path === 'orders' && request.method === 'POST' ? 201 : 200, said)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'Fixture', String(error))
      if (refusal.status === 500) console.error(error)
      if (refusal.status === 401) {
        // As the gateway says it.
        response.writeHead(403, { 'x-ca-error-code': 'A403JT', 'x-ca-error-message': 'Invalid JWT' }).end()
        return
      }
      response
        .writeHead(refusal.status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ code: refusal.code, message: refusal.message }))
    })
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${PREFIX}`
  return state
}

/** What is told of orders: without what is the dispatcher's business. */
const asViewed = (key: string, value: unknown) => (key === 'fence' || key === 'refusedBy' ? undefined : value)

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((done) => server.close(() => done()))
}

/** Streets to the east and north, as an SVG tile. */
function tile(z: number, x: number, y: number): string {
  const west = unproject({ x: x * 256, y: y * 256 }, z)
  const east = unproject({ x: (x + 1) * 256, y: (y + 1) * 256 }, z)
  const lines: string[] = []
  const street = (at: number, isBig: boolean, isNorth: boolean) => {
    const width = (isBig ? 7 : 3) * Math.min(1.6, 2 ** ((z - 15) / 2))
    const ends = isNorth ? `x1="${at}" x2="${at}" y1="0" y2="256"` : `y1="${at}" y2="${at}" x1="0" x2="256"`
    lines.push(`<line ${ends} stroke="${isBig ? '#f7d88c' : '#ffffff'}" stroke-width="${width.toFixed(1)}"/>`)
  }
  const step = z >= 14 ? 0.002 : 0.008
  for (let n = Math.ceil(west.lng / step); n * step < east.lng; n++) {
    street(((n * step - west.lng) / (east.lng - west.lng)) * 256, n % 4 === 0, true)
  }
  for (let n = Math.ceil(east.lat / step); n * step < west.lat; n++) {
    street(((west.lat - n * step) / (west.lat - east.lat)) * 256, n % 4 === 0, false)
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"><rect width="256" height="256" fill="#e9ebe6"/>${lines.join('')}</svg>`
}

function route(stops: string): unknown {
  const places = stops.split(';').map((stop) => stop.split(',').map(Number) as [number, number])
  const coordinates = places.flatMap(([lng, lat], at) => {
    const before = places[at - 1]
    return before
      ? [
          [lng, before[1]],
          [lng, lat],
        ]
      : [[lng, lat]]
  })
  return { code: 'Ok', routes: [{ geometry: { type: 'LineString', coordinates }, distance: 1, duration: 1 }] }
}

function report(name: string): unknown {
  if (name === 'hours') {
    return {
      columns: ['hour', 'orders', 'on time', 'click to door, min', 'km empty'],
      rows: [11, 12, 13, 14].map((hour, at) => [
        `${hour}:00`,
        [120, 410, 260, 90][at],
        0.97 - at / 100,
        28 + at,
        41.5,
      ]),
    }
  }
  return { columns: [name, 'orders', 'km'], rows: [] }
}

async function bucketServer(isBroken: () => boolean) {
  const uploads = new Map<string, { type: string; sizeBytes: number }>()
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-methods', 'PUT')
    response.setHeader('access-control-allow-headers', 'content-type')
    if (request.method !== 'PUT') return void response.writeHead(204).end()
    let sizeBytes = 0
    request.on('data', (piece: Buffer) => {
      sizeBytes += piece.length
    })
    request.on('end', () => {
      if (isBroken()) return void response.writeHead(503).end()
      const path = new URL(request.url ?? '/', 'http://bucket').pathname
      uploads.set(path, { type: request.headers['content-type'] ?? '', sizeBytes })
      response.writeHead(200).end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { server, uploads, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
