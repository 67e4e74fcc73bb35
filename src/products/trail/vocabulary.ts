import type { Clock } from '../../lib/clock.ts'
import type { StreamStore } from '../../ports/streams.ts'
import type { AccessControl } from '../../wire/access.ts'
import type { RpcOperation } from '../../wire/rpc/rpc-server.ts'
import type { Trail } from './trail.ts'

/** What an operation of the trail may use. */
export interface TrailContext {
  streams: StreamStore
  trail: Pick<Trail, 'settled'>
  access: Pick<AccessControl, 'mayDo'>
  region: string
  clock: Clock
}

export type Operation = RpcOperation<TrailContext>

export { conditionsOf } from '../../wire/access.ts'
export { notImplemented } from '../../wire/rpc/rpc-errors.ts'
