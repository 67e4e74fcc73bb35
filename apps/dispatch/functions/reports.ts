/** What operations see: how the city does now, and reports of what was. */
import './node-20.ts'
import { overview } from '../reports/overview.ts'
import { report } from '../reports/report.ts'
import { ordersContext } from './context.ts'
import { serve } from './custom-server.ts'
import { answered, callerOf, type Route, readRequest, routed } from './gateway-event.ts'

const routesFor = (context: ReturnType<typeof ordersContext>): Route[] => [
  {
    method: 'GET',
    path: '/overview',
    handle: async ({ headers }) => ({ status: 200, body: await overview(context, callerOf(headers)) }),
  },
  {
    method: 'GET',
    path: '/reports/[name]',
    async handle({ headers, pathParameters, query }) {
      const asked = { name: pathParameters['name'], from: query['from'], to: query['to'] }
      return { status: 200, body: await report(context, callerOf(headers), asked) }
    },
  },
]

serve({ invoke: (event, call) => answered(() => routed(routesFor(ordersContext(call)), readRequest(event))) })
