import type { Clock } from '../../lib/clock.ts'
import type { RpcOperation } from '../../wire/rpc/rpc-server.ts'
import type { Identity } from './identity.ts'

/** What an operation of STS may use. */
export interface StsContext {
  identity: Identity
  clock: Clock
}

export type Operation = RpcOperation<StsContext>

export const operation = (operation: Operation): Operation => operation

export { conditionsOf } from '../../wire/access.ts'
export { missingParameter, notImplemented } from '../../wire/rpc/rpc-errors.ts'
export type { Principal } from '../../wire/signatures/secret-lookup.ts'

/** `2026-01-01T00:00:00Z` */
export const timeText = (nowMs: number): string => `${new Date(nowMs).toISOString().slice(0, 19)}Z`
