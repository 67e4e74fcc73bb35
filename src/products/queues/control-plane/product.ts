/** The control plane of queues and topics: the RPC API `Mns-open` 2022-01-19, on the port of the other API. */
import type { IncomingMessage } from 'node:http'
import type { RpcProduct } from '../../../wire/rpc/rpc-server.ts'
import { isAcs3 } from '../../../wire/signatures/acs3.ts'
import type { SecretLookup } from '../../../wire/signatures/secret-lookup.ts'
import { operations } from './operations/index.ts'
import type { ControlPlaneNeeds } from './vocabulary.ts'

/**
 * Whether a request that came to the port of queues is one of this API: it has ACS3's header, or, with signature version
 * 1.0, parameters for `/` in the query or in a form.
 */
export function isControlPlane({
  headers: { authorization },
  method,
  url = '/',
}: Pick<IncomingMessage, 'headers' | 'method' | 'url'>): boolean {
  if (authorization !== undefined) return isAcs3(authorization)
  const [path, query = ''] = url.replace(/^https?:\/\/[^/?]*/i, '').split('?', 2)
  if (path !== '' && path !== '/') return false
  return method === 'POST' || (method === 'GET' && new URLSearchParams(query).has('Action'))
}

export const controlPlane = ({
  lookup,
  ...needs
}: ControlPlaneNeeds & { lookup: SecretLookup }): RpcProduct<ControlPlaneNeeds> => ({
  name: 'queues-control-plane',
  version: '2022-01-19',
  operations,
  lookup,
  clock: needs.clock,
  ids: needs.ids,
  context: needs,
})
