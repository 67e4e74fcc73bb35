/** What the services are given. Nothing else reaches the outside. */
import type { Box } from '../model/geometry.ts'
import type { Shop } from '../model/shop.ts'
import type { DispatchStore } from '../store/store.ts'

export interface OrdersContext {
  store: DispatchStore
  clock: { nowMs(): number }
  /** Names that nobody guesses and nobody else has. */
  newId: () => string
  /** The city, or part of one, that this deployment serves. */
  shard: string
  box: Box
  shops: readonly Shop[]
  /** A URL that takes one PUT of that type until it expires. Without: no photos. */
  uploadUrl?: (key: string, options: { contentType: string; expiresInMs: number }) => string | Promise<string>
  /**
   * The dispatcher's event path: a new order is put into the plans, and when it is expected is written to it; a rider who came on duty is
   * looked at. What was done stands whatever becomes of this call, so it has to settle soon, and a failure is told to `failed` only.
   */
  tellDispatcher?: (news: { orderId: string } | { riderId: string }) => Promise<void>
  /** Of what went wrong and was no reason to refuse the caller. */
  failed: (what: string, error: unknown) => void
}

export type Role = 'customer' | 'merchant' | 'rider' | 'operations'

/** As the gateway has verified it. */
export interface Caller {
  sub: string
  role: Role
}
