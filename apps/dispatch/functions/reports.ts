/** What operations see: how the city does now, and reports of what was. */
import './node-20.ts'
import { forbidden } from '../orders/refusal.ts'
import { city } from './city.ts'
import { type CallContext, storeFor } from './context.ts'
import { serve } from './custom-server.ts'
import { answered, callerOf, type GatewayRequest, type Route, readRequest, routed } from './gateway-event.ts'

function forOperations({ headers }: GatewayRequest): void {
  if (callerOf(headers).role !== 'operations') throw forbidden('only operations see this')
}

const routesFor = (call: CallContext): Route[] => [
  {
    method: 'GET',
    path: '/overview',
    /** As the dispatcher said when it last kept its lease, a few seconds ago. */
    async handle(request) {
      forOperations(request)
      const lease = await storeFor(call).getLease(city.shard)
      return {
        status: 200,
        body: { nowMs: Date.now(), ...nothingKnown, ...JSON.parse(lease?.status ?? '{}') },
      }
    },
  },
]

/** Until a dispatcher has looked at the city. */
const nothingKnown = {
  waiting: 0,
  underway: 0,
  deliveredLastHour: 0,
  onTimeShare: 1,
  clickToDoorMs: { mean: 0, p90: 0 },
  riders: { onDuty: 0, busy: 0 },
  dispatcher: { owner: null, token: 0, effort: 'ruin-and-recreate', tickMs: 0, decisions: 0, map: 'own' },
  perMinute: [],
}

serve({ invoke: (event, call) => answered(() => routed(routesFor(call), readRequest(event))) })
