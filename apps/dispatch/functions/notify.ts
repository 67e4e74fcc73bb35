/**
 * Pushes changes of orders to those whom they concern. They come by the topic, within a moment and to one instance; what went by
 * another one, or was lost, is found in the table a little later.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Order } from '../model/order.ts'
import { Refusal } from '../orders/refusal.ts'
import type { CallContext } from './call-context.ts'
import { city } from './city.ts'
import { storeFor } from './context.ts'
import { serve } from './custom-server.ts'
import { callerOf } from './gateway-event.ts'
import { eventFor, type Listener, PushStreams } from './push-streams.ts'

interface ChangedOrders {
  orders: Order[]
}

const BEAT_MS = 15_000
const LOOK_MS = 2_000
/** Clocks of those who write orders differ by less. */
const CLOCKS_MS = 3_000
/** Beyond it a listener begins anew, with what the lists of the API say. */
const BACKLOG_MAX = 2_000

const streams = new PushStreams()
let looking: NodeJS.Timeout | undefined
let seenMs = 0

/** Only while somebody listens: an instance without requests does not run. */
function look(call: CallContext): void {
  if (looking) return
  seenMs = Date.now()
  let beatenMs = Date.now()
  let isReading = false
  looking = setInterval(async () => {
    if (streams.size === 0) {
      clearInterval(looking)
      looking = undefined
      return
    }
    const nowMs = Date.now()
    if (nowMs - beatenMs >= BEAT_MS) {
      beatenMs = nowMs
      streams.beat()
    }
    if (isReading) return
    isReading = true
    try {
      const range = { fromMs: seenMs - CLOCKS_MS, toMs: nowMs + CLOCKS_MS, limit: BACKLOG_MAX }
      const { orders, reachedMs } = await storeFor(call).ordersChanged(city.shard, range)
      streams.tell(orders)
      seenMs = Math.min(reachedMs, nowMs)
    } catch (error) {
      // The next look begins where this one did.
      console.error(error)
    } finally {
      isReading = false
    }
  }, LOOK_MS)
}

async function listen(request: IncomingMessage, response: ServerResponse, call: CallContext): Promise<void> {
  const caller = callerOf({ get: (name) => request.headers[name] as string | undefined })
  const lastId = Number(request.headers['last-event-id'] ?? Number.NaN)
  const listener: Listener = {
    caller,
    write: (text) => response.write(text),
    close: () => void response.end(),
  }
  if (!streams.add(listener)) {
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '5' })
    response.end('{"code":"TryAgain","message":"too many are listening here"}')
    return
  }
  response.once('close', () => streams.remove(listener))
  look(call)
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  response.write('retry: 2000\n\n')
  if (Number.isSafeInteger(lastId)) response.write(await backlogSince(lastId, listener, call))
}

/** What happened meanwhile; what is told twice has the same version. */
async function backlogSince(lastId: number, { caller }: Listener, call: CallContext): Promise<string> {
  const range = { fromMs: lastId - CLOCKS_MS, toMs: Date.now() + CLOCKS_MS, limit: BACKLOG_MAX }
  const { orders, reachedMs } = await storeFor(call).ordersChanged(city.shard, range)
  if (reachedMs < range.toMs) return 'event: reset\ndata: {}\n\n'
  return orders.map((order) => eventFor(caller, order) ?? '').join('')
}

serve({
  async http(request, response, call) {
    try {
      await listen(request, response, call)
    } catch (error) {
      if (!(error instanceof Refusal) || response.headersSent) throw error
      response.writeHead(error.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ code: error.code, message: error.message }))
    }
  },

  /** A message of the topic: changed orders, as `outbox` writes them; with attributes it comes in a document. */
  async invoke(event) {
    const given = JSON.parse(event.toString('utf8')) as ChangedOrders | { body: string }
    streams.tell(('orders' in given ? given : (JSON.parse(given.body) as ChangedOrders)).orders)
    return 'told'
  },
})
