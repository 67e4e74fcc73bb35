/** Riders go on and off duty, say where they are, and see what is offered to them. */
import './node-20.ts'
import { listRiders } from '../orders/reading.ts'
import { offersTo, reportPosition, setDuty } from '../orders/riders.ts'
import { ordersContext } from './context.ts'
import { serve } from './custom-server.ts'
import { answered, callerOf, jsonBody, type Route, readRequest, routed } from './gateway-event.ts'

const ok = (body: unknown) => ({ status: 200, body })

const routesFor = (context: ReturnType<typeof ordersContext>): Route[] => [
  {
    method: 'POST',
    path: '/riders/me/duty',
    handle: async (request) =>
      ok(await setDuty(context, callerOf(request.headers), { body: jsonBody(request) })),
  },
  {
    method: 'POST',
    path: '/riders/me/position',
    handle: async (request) =>
      ok(await reportPosition(context, callerOf(request.headers), { body: jsonBody(request) })),
  },
  {
    method: 'GET',
    path: '/riders/me/offers',
    handle: async ({ headers }) => ok(await offersTo(context, callerOf(headers))),
  },
  {
    method: 'GET',
    path: '/riders',
    handle: async ({ headers }) => ok(await listRiders(context, callerOf(headers))),
  },
]

serve({ invoke: (event, call) => answered(() => routed(routesFor(ordersContext(call)), readRequest(event))) })
