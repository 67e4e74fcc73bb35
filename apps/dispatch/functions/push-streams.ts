/**
 * Who listens to which orders, by Server-Sent Events. What is told is told at least once and in the order of arrival; a listener
 * that cannot follow is let go, and goes on later from the last id that it had. Pure but for what it writes to.
 */
import type { Order } from '../model/order.ts'
import type { Caller } from '../orders/context.ts'
import { concerns, viewOf } from '../orders/views.ts'

export interface Listener {
  caller: Caller
  /** False: it does not take more for now. */
  write: (text: string) => boolean
  close: () => void
}

/** Of one instance; the function's concurrency is a little more, so that events come through beside them. */
export const LISTENERS_MAX = 180
/** Changes that are remembered, so that one that comes twice is told once. */
const REMEMBERED_MAX = 20_000
/** A listener that leaves so many writes in a row unread is gone, or too slow. */
const UNREAD_MAX = 50

export class PushStreams {
  readonly #listeners = new Map<Listener, { unread: number }>()
  /** By order, the newest version that was told; in the order of being told. */
  readonly #told = new Map<string, number>()

  get size(): number {
    return this.#listeners.size
  }

  /** False: there are too many. */
  add(listener: Listener): boolean {
    if (this.#listeners.size >= LISTENERS_MAX) return false
    this.#listeners.set(listener, { unread: 0 })
    return true
  }

  remove(listener: Listener): void {
    this.#listeners.delete(listener)
  }

  /** What is older than what was told is not told again. */
  tell(orders: readonly Order[]): void {
    for (const order of orders) {
      if ((this.#told.get(order.orderId) ?? 0) >= order.version) continue
      this.#told.delete(order.orderId)
      this.#told.set(order.orderId, order.version)
      for (const [listener, state] of this.#listeners) {
        const text = eventFor(listener.caller, order)
        if (text !== undefined) this.#write(listener, state, text)
      }
    }
    for (const orderId of this.#told.keys()) {
      if (this.#told.size <= REMEMBERED_MAX) break
      this.#told.delete(orderId)
    }
  }

  /** A comment, so that both ends and all between know that the other is there. */
  beat(): void {
    for (const [listener, state] of this.#listeners) this.#write(listener, state, ':\n\n')
  }

  #write(listener: Listener, state: { unread: number }, text: string): void {
    state.unread = listener.write(text) ? 0 : state.unread + 1
    if (state.unread <= UNREAD_MAX) return
    this.remove(listener)
    listener.close()
  }
}

/** The event of a change; nothing for those whom it does not concern. Its id is the time of the change. */
export function eventFor(caller: Caller, order: Order): string | undefined {
  const view = viewFor(caller, order)
  return view && `id: ${order.changedAtMs}\nevent: order\ndata: ${JSON.stringify({ order: view })}\n\n`
}

function viewFor(caller: Caller, order: Order): object | undefined {
  if (concerns(caller, order)) return viewOf(caller, order)
  // Who had it, or had been asked, learns that it is no longer theirs, and not whose it is.
  if (caller.role !== 'rider' || !order.refusedBy.includes(caller.sub)) return undefined
  const { riderId: _, offerExpiresAtMs: __, ...view } = viewOf(caller, order)
  return view
}
