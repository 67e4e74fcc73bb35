/**
 * The API of README.md over HTTP, for tests, on the platform of `core/fake-platform.fixture.ts`: signed sessions, tokens, pushes and
 * presigned uploads, and a network that loses answers and is busy as often as told.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Order } from '../../model/order.ts'
import type { Shop } from '../../model/shop.ts'
import type { Action, Answer, Deed, KitchenStep, Person, RideStep } from '../core/actions.ts'
import { createFakePlatform, type FakePlatform, type Misbehaviour } from '../core/fake-platform.fixture.ts'
import { type AppKey, appSignature } from './app-signature.ts'

export interface Weather {
  /** Every so-manyth call is done, and its answer never sent. */
  losesAnswersEvery?: number
  /** Every so-manyth call is answered 503, or 429 in turn, and not done. */
  busyEvery?: number
  /** Every so-manyth token is not taken any more when it is used for the fifth time. */
  expiresEvery?: number
}

export interface FakeGateway {
  url: string
  platform: FakePlatform
  photos: Map<string, number>
  seen: { calls: number; lost: number; busy: number; expired: number; sessions: number; streams: number }
  close(): Promise<void>
}

export async function startFakeGateway(options: {
  app: AppKey
  shops: readonly Shop[]
  nowMs(): number
  weather?: Weather
  misbehaviour?: Misbehaviour
}): Promise<FakeGateway> {
  const { app, weather = {}, nowMs } = options
  const platform = createFakePlatform(options)
  const tokens = new Map<string, { who: Person; uses: number; isShort: boolean }>()
  const nonces = new Set<string>()
  const photos = new Map<string, number>()
  const streams = new Map<ServerResponse, Person>()
  const seen = { calls: 0, lost: 0, busy: 0, expired: 0, sessions: 0, streams: 0 }
  let url = ''

  platform.changed = (order) => {
    for (const [response, { role, id }] of streams)
      if (role === 'rider' ? order.riderId === id : order.merchantId === id)
        response.write(
          `id: ${order.orderId}-${order.version}\nevent: order\ndata: ${JSON.stringify({ order })}\n\n`,
        )
  }

  const every = (number: number | undefined): boolean => number !== undefined && seen.calls % number === 0

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, url)
    const text = await textOf(request)
    if (pathname.startsWith('/bucket/')) {
      photos.set(pathname, text.length)
      answer(response, 200, {})
      return
    }
    if (pathname === '/push') {
      stream(response, searchParams.get('token') ?? '')
      return
    }
    seen.calls++
    if (every(weather.busyEvery)) {
      seen.busy++
      answer(response, seen.busy % 2 === 0 ? 429 : 503, { code: 'TryAgain', message: 'busy' })
      return
    }
    const { status, body } = pathname === '/sessions' ? begin(request, text) : act(request, pathname, text)
    if (every(weather.losesAnswersEvery)) {
      seen.lost++
      request.socket.destroy()
      return
    }
    answer(response, status, body)
  }

  function begin(request: IncomingMessage, text: string): { status: number; body: object } {
    const nonce = String(request.headers['x-ca-nonce'])
    const expected = appSignature(app, {
      method: 'POST',
      path: '/sessions',
      body: text,
      nowMs: Number(request.headers['x-ca-timestamp']),
      nonce,
    })
    if (request.headers['x-ca-signature'] !== expected['x-ca-signature'] || nonces.has(nonce))
      return { status: 400, body: {} }
    nonces.add(nonce)
    seen.sessions++
    const token = `token-${seen.sessions}`
    const isShort = seen.sessions % (weather.expiresEvery ?? Infinity) === 0
    tokens.set(token, { who: JSON.parse(text) as Person, uses: 0, isShort })
    return { status: 200, body: { token, expiresAtMs: nowMs() + 3_600_000 } }
  }

  function act(request: IncomingMessage, pathname: string, text: string): { status: number; body: object } {
    const session = tokens.get(String(request.headers.authorization).replace('Bearer ', ''))
    if (!session) return { status: 403, body: {} }
    session.uses++
    if (session.isShort && session.uses >= 5) {
      seen.expired++
      return { status: 403, body: {} }
    }
    if (pathname === '/shops') return { status: 200, body: { shops: options.shops } }
    const deed = deedOf(request, pathname, text === '' ? {} : JSON.parse(text))
    if (!deed) return { status: 404, body: { code: 'NotFound' } }
    const action = { who: session.who, ...deed } as Action
    return bodyOf(action, platform.perform(action))
  }

  function bodyOf(action: Action, given: Answer): { status: number; body: object } {
    if (given.kind !== 'done') {
      if (given.kind === 'lost') throw new Error('the fake platform always answers')
      return { status: given.status, body: { code: given.code } }
    }
    const status = action.kind === 'place' ? 201 : 200
    switch (action.kind) {
      case 'duty':
      case 'offers':
        return { status, body: { offers: given.orders } }
      case 'look':
        return { status, body: { orders: given.orders } }
      case 'position':
        return { status, body: { accepted: true } }
      case 'photo':
        return { status, body: { url: `${url}/bucket/${action.orderId}`, key: action.orderId } }
      default:
        return { status, body: { order: given.orders[0] } }
    }
  }

  function stream(response: ServerResponse, token: string): void {
    const session = tokens.get(token)
    if (!session) {
      answer(response, 403, {})
      return
    }
    seen.streams++
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n')
    streams.set(response, session.who)
    response.on('close', () => streams.delete(response))
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    platform,
    photos,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Body {
  merchantId: string
  lines: { name: string; count: number }[]
  dropoff: Order['dropoff']
  dropoffAddress: string
  reason: string
  step: string
  readyInMs?: number
  onDuty: boolean
  position: Order['dropoff']
  onUntilMs: number
  vehicle: { capacity: number; rangeMetres: number }
  lng: number
  lat: number
}

function deedOf({ method, headers }: IncomingMessage, path: string, body: Body): Deed | undefined {
  if (method === 'POST' && path === '/orders') {
    const { merchantId, lines, dropoff, dropoffAddress } = body
    return {
      kind: 'place',
      key: String(headers['idempotency-key']),
      merchantId,
      lines,
      dropoff,
      dropoffAddress,
    }
  }
  if (method === 'GET' && path === '/orders') return { kind: 'look' }
  if (path === '/riders/me/offers') return { kind: 'offers' }
  if (path === '/riders/me/duty') {
    const { onDuty, position, onUntilMs, vehicle } = body
    return { kind: 'duty', onDuty, position, onUntilMs, vehicle }
  }
  if (path === '/riders/me/position') return { kind: 'position', position: { lng: body.lng, lat: body.lat } }
  const [, orderId, what] = /^\/orders\/([^/]+)(?:\/([a-z]+))?$/.exec(path) ?? []
  if (orderId === undefined) return undefined
  switch (what) {
    case undefined:
      return { kind: 'track', orderId }
    case 'pay':
      return { kind: 'pay', orderId }
    case 'cancel':
      return { kind: 'cancel', orderId, reason: body.reason }
    case 'kitchen':
      return { kind: 'kitchen', orderId, step: body.step as KitchenStep }
    case 'ride':
      return { kind: 'ride', orderId, step: body.step as RideStep }
    case 'photos':
      return { kind: 'photo', orderId }
    default:
      return undefined
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}
