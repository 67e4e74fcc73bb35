import type { IdSource } from '../../lib/ids.ts'
import type { RpcProduct } from '../../wire/rpc/rpc-server.ts'
import type { SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import { operations } from './operations/index.ts'
import type { TrailContext } from './vocabulary.ts'

/** ActionTrail, as the wire serves it. */
export const trailProduct = ({
  lookup,
  ids,
  ...context
}: TrailContext & { lookup: SecretLookup; ids: IdSource }): RpcProduct<TrailContext> => ({
  name: 'actiontrail',
  version: '2020-07-06',
  operations,
  lookup,
  clock: context.clock,
  ids,
  context,
})
