/**
 * What a caller must be allowed, as the vendor's page "Custom permissions" has it: the action is `ots:` and the name of the
 * operation, the resource a table of an instance. Of a batch, all tables or none: nothing of it happens where one is refused.
 */
import type { TLSSocket } from 'node:tls'
import { type AccessControl, conditionsOf, type RequestConditions } from '../../wire/access.ts'
import type { RequestHead } from '../../wire/product-server.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import { noPermission, permissionDenied } from './errors.ts'

/** What is asked about where all tables of an instance are meant: it stands in the place of a name. */
export const EVERY_TABLE = '*'

export interface AccessContext {
  access: Pick<AccessControl, 'mayDo'>
  principal: Principal
  accountId: string
  region: string
  instance: string
  conditions(): RequestConditions
}

/** Throws `OTSNoPermissionAccess`, whether there is such a table or not. */
export function authorize(operation: string, tables: readonly string[], context: AccessContext): void {
  if (tables.length === 0) throw new Error(`${operation} has to be about something`)
  const { access, principal, accountId, region, instance } = context
  if (principal.is === 'account') return
  const action = `ots:${operation}`
  const conditions = () => ({ ...context.conditions(), ...conditionsOfTables(operation) })
  for (const table of new Set(tables)) {
    const resource = `acs:ots:${region}:${accountId}:instance/${instance}/table/${table}`
    if (!access.mayDo(principal, { action, resource, conditions })) throw noPermission()
  }
}

/**
 * Tunnels are about their whole instance: the vendor's page "Custom RAM policy" says that a resource cannot be narrower.
 * Throws `OTSPermissionDenied`, whether there is such a tunnel or not.
 */
export function authorizeTunnel(action: string, context: AccessContext): void {
  const { access, principal, accountId, region, instance } = context
  if (principal.is === 'account') return
  const resource = `acs:ots:${region}:${accountId}:instance/${instance}`
  const conditions = () => context.conditions()
  if (!access.mayDo(principal, { action: `ots:${action}`, resource, conditions })) throw permissionDenied()
}

/** No table is encrypted here, and the vendor has a key by which policies demand that tables are. */
const conditionsOfTables = (operation: string): RequestConditions =>
  operation === 'CreateTable' || operation === 'UpdateTable' ? { 'ots:EncryptionRequired': 'false' } : {}

/** Of any operation, by the vendor's page "Instance policy". */
export const requestConditions = (
  head: Pick<RequestHead, 'message'>,
  accessKeyId: string,
): RequestConditions => ({
  ...conditionsOf(head),
  'ots:AccessId': accessKeyId,
  // The vendor's console is one.
  'ots:IsFromTrustProxy': 'false',
  'ots:TLSVersion': tlsVersionsOf(head),
})

/** `TLSv1.3` and `1.3`: the vendor's pages have it in both ways. Without TLS it has no value, and so equals nothing. */
function tlsVersionsOf({ message }: Pick<RequestHead, 'message'>): readonly string[] | undefined {
  const version = (message.socket as Partial<TLSSocket>).getProtocol?.()
  return version ? [version, version.replace('TLSv', '')] : undefined
}
