/** Orders, as customers, merchants, riders and operations act on them; and the shops. */
import './node-20.ts'
import { placeOrder } from '../orders/place-order.ts'
import { listOrders, trackOrder } from '../orders/reading.ts'
import { photoUrl, rideStep } from '../orders/ride.ts'
import { cancelOrder, kitchenStep, payOrder } from '../orders/steps.ts'
import { city } from './city.ts'
import { ordersContext } from './context.ts'
import { serve } from './custom-server.ts'
import {
  answered,
  callerOf,
  type GatewayRequest,
  jsonBody,
  type Route,
  readRequest,
  routed,
} from './gateway-event.ts'

const ofOrder = (request: GatewayRequest) => ({ orderId: request.pathParameters['orderId'] ?? '' })
const withBody = (request: GatewayRequest) => ({ ...ofOrder(request), body: jsonBody(request) })
const ok = (body: unknown) => ({ status: 200, body })

const routesFor = (context: ReturnType<typeof ordersContext>): Route[] => [
  {
    method: 'POST',
    path: '/orders',
    async handle(request) {
      const idempotencyKey = request.headers.get('idempotency-key')
      const body = await placeOrder(context, callerOf(request.headers), {
        body: jsonBody(request),
        idempotencyKey,
      })
      return { status: 201, body }
    },
  },
  {
    method: 'GET',
    path: '/orders',
    handle: async ({ headers, query }) =>
      ok(await listOrders(context, callerOf(headers), { state: query['state'] })),
  },
  {
    method: 'GET',
    path: '/orders/[orderId]',
    handle: async (request) => ok(await trackOrder(context, callerOf(request.headers), ofOrder(request))),
  },
  {
    method: 'POST',
    path: '/orders/[orderId]/cancel',
    handle: async (request) => ok(await cancelOrder(context, callerOf(request.headers), withBody(request))),
  },
  {
    method: 'POST',
    path: '/orders/[orderId]/pay',
    handle: async (request) => ok(await payOrder(context, callerOf(request.headers), ofOrder(request))),
  },
  {
    method: 'POST',
    path: '/orders/[orderId]/kitchen',
    handle: async (request) => ok(await kitchenStep(context, callerOf(request.headers), withBody(request))),
  },
  {
    method: 'POST',
    path: '/orders/[orderId]/ride',
    handle: async (request) => ok(await rideStep(context, callerOf(request.headers), withBody(request))),
  },
  {
    method: 'POST',
    path: '/orders/[orderId]/photos',
    handle: async (request) => ok(await photoUrl(context, callerOf(request.headers), withBody(request))),
  },
  {
    method: 'GET',
    path: '/shops',
    async handle({ headers }) {
      callerOf(headers)
      return ok({ shops: city.shops })
    },
  },
]

serve({ invoke: (event, call) => answered(() => routed(routesFor(ordersContext(call)), readRequest(event))) })
