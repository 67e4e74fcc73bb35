import type { RpcProduct } from '../../wire/rpc/rpc-server.ts'
import type { SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import { operations } from './operations/index.ts'
import type { GatewayContext } from './vocabulary.ts'

/** The control plane of API Gateway, as the wire serves it. */
export const controlPlane = (context: GatewayContext, lookup: SecretLookup): RpcProduct<GatewayContext> => ({
  name: 'gateway',
  version: '2016-07-14',
  operations,
  lookup,
  clock: context.clock,
  ids: context.ids,
  context,
})
