/**
 * What a caller must be allowed, as the vendor's page "Permission policies and examples" has it: the action is `mns:` and the
 * name of the operation, of a batch that of its operation on one message; the resource is the path of the request.
 */
import type { AccessControl, RequestConditions } from '../../wire/access.ts'
import type { AuthorizedRequest } from '../../wire/product-server.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import { accessDenied } from './errors.ts'

export interface AccessContext {
  access: Pick<AccessControl, 'mayDo'>
  /** Undefined: nobody signed. */
  principal: Principal | undefined
  accountId: string
  region: string
  conditions(): RequestConditions
}

export interface Wanted {
  /** `SendMessage` */
  action: string
  /** `/queues/q/messages` */
  path: string
}

/** Throws `AccessDenied`, whether there is such a queue or topic or not. */
export function authorize(
  { access, principal, accountId, region, conditions }: AccessContext,
  { action, path }: Wanted,
): void {
  if (!principal) throw new Error('a caller who signed has to be somebody')
  if (principal.is === 'account') return
  const resource = `acs:mns:${region}:${accountId}:${path}`
  if (!access.mayDo(principal, { action: `mns:${action}`, resource, conditions })) throw accessDenied()
}

/** For whoever has messages written to a queue by another way than sending them there. */
export const sending = (queueName: string): Wanted => ({
  action: 'SendMessage',
  path: `/queues/${queueName}/messages`,
})

export const wantedBy = ({ operation, path }: Pick<AuthorizedRequest, 'operation' | 'path'>): Wanted => ({
  action: operation.name === 'BatchDeleteMessage' ? 'DeleteMessage' : operation.name,
  path: placeOf(operation.route).replaceAll(/\{(\w+)\}/g, (_, name: string) => path[name] ?? ''),
})

/** `'GET /queues/{queue}/messages?peekonly=true'` → `'/queues/{queue}/messages'` */
const placeOf = (route: string): string => /\/[^?]*/.exec(route)![0]
