/** A page's orders, kept by a feed: what is known of them, and the drawing of the page when that changes. */
import { ApiFailure } from '../api/client.ts'
import type { Order, OrderSeen } from '../api/contract.ts'
import { type Feed, openFeed } from '../api/feed.ts'
import { type KnownOrders, missingOf, NO_ORDERS, withOrders, without } from '../api/known-orders.ts'
import type { Shell } from './shell.ts'

export interface PageOrders {
  known(): KnownOrders
  /** Whether a first list has come. */
  isLoaded(): boolean
  /** Why the newest list could not be had. */
  failure(): ApiFailure | undefined
  put(orders: readonly Order[]): void
  /** Asks for a step of an order; where it is refused, how the order stands is looked up. Throws ApiFailure. */
  step(orderId: string, what: string, body: unknown): Promise<void>
  refresh(): void
  close(): void
}

/** Orders that are looked after one by one, when a list no longer has them; the others at the next list. */
const LOOK_UPS_MAX = 10

/** `onNews`: orders that are new or have changed. */
export function pageOrders(shell: Shell, onNews: (orders: readonly Order[]) => void = () => {}): PageOrders {
  let known = NO_ORDERS
  let isLoaded = false
  let failure: ApiFailure | undefined

  function put(orders: readonly Order[]): void {
    const before = known
    known = withOrders(known, orders)
    if (known === before) return
    onNews(orders.filter((order) => before.get(order.orderId)?.version !== known.get(order.orderId)?.version))
    shell.update()
  }

  async function lookUp(orderId: string): Promise<void> {
    try {
      const { order } = await shell.api.get<OrderSeen>(`orders/${encodeURIComponent(orderId)}`)
      const isStale = (known.get(orderId)?.version ?? -1) >= order.version
      if (!isStale) put([order])
    } catch (error) {
      const isGone = error instanceof ApiFailure && (error.status === 404 || error.status === 403)
      // Anything else is tried again with the next list.
      if (!isGone) return
      known = without(known, [orderId])
      shell.update()
    }
  }

  async function step(orderId: string, what: string, body: unknown): Promise<void> {
    try {
      const path = `orders/${encodeURIComponent(orderId)}/${what}`
      put([(await shell.api.post<{ order: Order }>(path, body)).order])
    } catch (error) {
      if (error instanceof ApiFailure && [403, 404, 409].includes(error.status)) await lookUp(orderId)
      throw error
    }
  }

  const feed: Feed = openFeed(
    shell.api,
    { fetch: (...given) => fetch(...given), after: shell.after },
    {
      onOrders: put,
      onOpenOrders(orders) {
        const missing = missingOf(known, orders).slice(0, LOOK_UPS_MAX)
        failure = undefined
        if (!isLoaded) {
          isLoaded = true
          shell.update()
        }
        put(orders)
        for (const orderId of missing) void lookUp(orderId)
      },
      onState: shell.setFeed,
      onFailure(next) {
        failure = next
        shell.update()
      },
      onRefused: shell.end,
    },
  )
  return {
    known: () => known,
    isLoaded: () => isLoaded,
    failure: () => failure,
    put,
    step,
    refresh: feed.refresh,
    close: feed.close,
  }
}
