/** One step of one order: read, decide, write on the condition that nothing happened in between. */
import type { Order } from '../model/order.ts'
import { type Step, transition } from '../model/transition.ts'
import { StoreUnavailable } from '../store/store.ts'
import type { OrdersContext } from './context.ts'
import { stateConflict, tryAgain } from './refusal.ts'

/** So often is read again after somebody else wrote in between, or an answer was lost. Orders have few writers. */
const maxAttempts = 8

/**
 * `mayKnow` refuses who has no right to the order as it is. A write that another one overtook, or whose outcome is unknown, is decided
 * upon anew: a step that has happened stands, and is not taken twice.
 */
export async function changeOrder(
  { store, clock, shard }: Pick<OrdersContext, 'store' | 'clock' | 'shard'>,
  orderId: string,
  mayKnow: (order: Order | undefined) => Order,
  step: (order: Order) => Step,
): Promise<Order> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    try {
      const order = mayKnow(await store.getOrder(shard, orderId))
      const outcome = transition(order, step(order), { nowMs: clock.nowMs() })
      if ('conflict' in outcome) throw stateConflict(outcome.conflict)
      if (!outcome.changed) return outcome.order
      const { state, version } = order
      if (await store.replaceOrder(outcome.order, { state, version })) return outcome.order
    } catch (error) {
      // Whether the write happened shows when the order is read again.
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }
  throw tryAgain()
}

/** The same for anything else that is asked of the store: a bound of attempts, then `TryAgain`. */
export async function stubbornly<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    try {
      return await ask()
    } catch (error) {
      // Only asked for what may be asked twice.
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }
  throw tryAgain()
}
