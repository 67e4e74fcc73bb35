import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import type { RpcProduct } from '../../wire/rpc/rpc-server.ts'
import type { Identity } from './identity.ts'
import { operations } from './operations/index.ts'
import type { StsContext } from './vocabulary.ts'

/** The Security Token Service, as the wire serves it. */
export const stsProduct = ({
  identity,
  clock,
  ids,
}: {
  identity: Identity
  clock: Clock
  ids: IdSource
}): RpcProduct<StsContext> => ({
  name: 'sts',
  version: '2015-04-01',
  operations,
  lookup: identity,
  clock,
  ids,
  context: { identity, clock },
})
