import type { Clock } from '../../../lib/clock.ts'
import type { IdSource } from '../../../lib/ids.ts'
import type { RpcProduct } from '../../../wire/rpc/rpc-server.ts'
import type { Identity } from '../identity.ts'
import { ramOperations } from './operations/index.ts'
import type { RamContext } from './vocabulary.ts'

/** Resource Access Management, as the wire serves it. */
export const ramProduct = ({
  identity,
  clock,
  ids,
}: {
  identity: Identity
  clock: Clock
  ids: IdSource
}): RpcProduct<RamContext> => ({
  name: 'ram',
  version: '2015-05-01',
  operations: ramOperations,
  lookup: identity,
  clock,
  ids,
  context: { directory: identity.directory, access: identity, lastUses: identity.lastUses },
})
