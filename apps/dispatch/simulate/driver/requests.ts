/** Actions in the words of the API (README.md of the application), and its answers as the city understands them. */
import type { Order } from '../../model/order.ts'
import type { Action } from '../core/actions.ts'

/** Between the city's time and the platform's. */
export interface Times {
  /** Milliseconds of the city in one of the platform. */
  pace: number
  /** Of the platform, since the epoch. */
  nowMs(): number
  /** Of the city, since midnight. */
  cityNowMs(): number
}

export interface ApiRequest {
  method: 'GET' | 'POST'
  path: string
  body?: object
  headers?: Record<string, string>
  /** As it is counted. */
  name: string
}

const on = (orderId: string, what: string): string => `/orders/${encodeURIComponent(orderId)}/${what}`

export function requestOf(action: Action, times: Times): ApiRequest {
  const post = (path: string, body: object, name: string): ApiRequest => ({
    method: 'POST',
    path,
    body,
    name,
  })
  const get = (path: string, name: string): ApiRequest => ({ method: 'GET', path, name })
  switch (action.kind) {
    case 'place': {
      const { merchantId, lines, dropoff, dropoffAddress } = action
      return {
        ...post('/orders', { merchantId, lines, dropoff, dropoffAddress }, 'place'),
        headers: { 'idempotency-key': action.key },
      }
    }
    case 'pay':
      return post(on(action.orderId, 'pay'), {}, 'pay')
    case 'cancel':
      return post(on(action.orderId, 'cancel'), { reason: action.reason }, 'cancel')
    case 'track':
      return get(`/orders/${encodeURIComponent(action.orderId)}`, 'track')
    case 'kitchen': {
      const readyInMs =
        action.readyInMs === undefined ? {} : { readyInMs: Math.round(action.readyInMs / times.pace) }
      return post(on(action.orderId, 'kitchen'), { step: action.step, ...readyInMs }, 'kitchen')
    }
    case 'ride':
      return post(on(action.orderId, 'ride'), { step: action.step }, 'ride')
    case 'photo':
      return post(on(action.orderId, 'photos'), { contentType: 'image/jpeg' }, 'photos')
    case 'duty': {
      const { onDuty, position, vehicle } = action
      const leftMs = Math.max(0, action.onUntilMs - times.cityNowMs()) / times.pace
      return post(
        '/riders/me/duty',
        { onDuty, position, vehicle, onUntilMs: Math.ceil(times.nowMs() + leftMs) + clockErrorMs },
        'duty',
      )
    }
    case 'position': {
      const atMs = times.nowMs()
      const { lng, lat } = action.position
      // Time grows over the sessions of a rider, too, and so is the sequence.
      return post('/riders/me/position', { seq: atMs, lng, lat, atMs }, 'position')
    }
    case 'offers':
      return get('/riders/me/offers', 'offers')
    case 'look':
      return get('/orders?state=open', 'look')
  }
}

/** A shift that ends this moment must not have ended before the platform reads it. */
const clockErrorMs = 30_000

/** The orders of an answer's body, or undefined where it is not what the API promises. */
export function ordersOf(body: unknown): Order[] | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { order, orders, offers } = body as { order?: unknown; orders?: unknown; offers?: unknown }
  const told = [order === undefined ? [] : [order], orders ?? [], offers ?? []].flat()
  return told.every(isOrder) ? told.map(withUndefined) : undefined
}

const isOrder = (value: unknown): value is Order => {
  if (typeof value !== 'object' || value === null) return false
  const { orderId, state, version, times } = value as Partial<Order>
  return (
    typeof orderId === 'string' &&
    typeof state === 'string' &&
    Number.isInteger(version) &&
    typeof times === 'object' &&
    times !== null
  )
}

/** JSON has no undefined: what is not there may come as null. */
const withUndefined = (order: Order): Order => ({ ...order, riderId: order.riderId ?? undefined })
