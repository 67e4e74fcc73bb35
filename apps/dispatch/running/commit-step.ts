/** The dispatcher's writes: one step of one order, refused where the order is not as it was known or a newer owner has written. */
import type { Order } from '../model/order.ts'
import { type DispatcherStep, transition } from '../model/transition.ts'
import { type DispatchStore, StoreUnavailable } from '../store/store.ts'
import type { City } from './city.ts'

export interface CommitContext {
  store: DispatchStore
  clock: { nowMs(): number }
  shard: string
  city: City
  /** The token that the lease is held with, renewed if that is due: asked right before each write. */
  hold: () => Promise<number | undefined>
  /** A newer owner has written: nothing more may be decided. */
  overtaken: () => void
  /** Orders whose row could not be read after a write whose outcome is unknown: read again before anything else becomes of them. */
  unsure: Set<string>
}

/** True: the step stands. False: it was refused, and the order is known as it is now. */
export async function commitStep(
  context: CommitContext,
  orderId: string,
  step: DispatcherStep,
): Promise<boolean> {
  const { store, clock, city, hold, overtaken, unsure } = context
  if ((await hold()) !== step.token) return false
  const order = city.orders.get(orderId)
  if (order === undefined || unsure.has(orderId)) return false
  const outcome = transition(order, step, { nowMs: clock.nowMs() })
  if ('conflict' in outcome) {
    if (order.fence > step.token) overtaken()
    return false
  }
  if (!outcome.changed) return true
  const { state, version } = order
  try {
    if (await store.replaceOrder(outcome.order, { state, version, token: step.token })) {
      city.see(outcome.order)
      return true
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
  }
  const current = await readAgain(context, orderId)
  if (current === undefined) return false
  if (current.fence > step.token) overtaken()
  // Whether it was this very step that is there: the same version, written by the same owner with the same effect.
  const again = transition(current, step, { nowMs: clock.nowMs() })
  return 'order' in again && !again.changed
}

/** The row as it is, made known. Undefined: that is not to be had now, and is tried again before the next tick. */
export async function readAgain(
  { store, shard, city, unsure }: CommitContext,
  orderId: string,
): Promise<Order | undefined> {
  try {
    const current = await store.getOrder(shard, orderId)
    unsure.delete(orderId)
    if (current === undefined) return undefined
    city.resync(current)
    return current
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    unsure.add(orderId)
    return undefined
  }
}

/** Runs over all, so many at a time. */
export async function inParallel<T>(
  items: Iterable<T>,
  atATime: number,
  run: (item: T) => Promise<unknown>,
): Promise<void> {
  const all = [...items]
  let next = 0
  const lane = async () => {
    while (next < all.length) await run(all[next++]!)
  }
  await Promise.all(Array.from({ length: Math.min(atATime, all.length) }, lane))
}
