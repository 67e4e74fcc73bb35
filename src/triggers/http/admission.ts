/** May this request go to that function? Every rule that does not need the body, in the vendor's order. */
import type { IncomingMessage } from 'node:http'
import type { FunctionRevision } from '../../ports/invocation.ts'
import { headOf } from '../../wire/product-server.ts'
import { type Address, addressOf } from './addressing.ts'
import {
  accessDenied,
  functionNotFound,
  invalidArgument,
  methodNotAllowed,
  noSuchAddress,
  triggerNotFound,
  urlDisabled,
} from './errors.ts'
import type { FunctionResolver, HttpTrigger, HttpTriggerTable, TriggerAuthentication } from './needs.ts'
import { headerBytes } from './request-headers.ts'

export const requestHeaderBytesMax = 8 * 1024
export const targetBytesMax = 4 * 1024

export interface AdmissionNeeds {
  table: HttpTriggerTable
  resolver: FunctionResolver
  authentication: TriggerAuthentication
  accountId: string
  /** `fcapp.localhost` */
  domain: string
}

export interface Admitted {
  address: Address
  trigger: HttpTrigger
  revision: FunctionRevision
  /** Set when the caller signed the body, too. */
  verifyBody?: (body: Buffer) => void
}

export interface Found {
  address: Address
  trigger: HttpTrigger
}

/** The trigger that a request is for. Throws `ApiError`. */
export async function findTrigger(
  { table, resolver, domain }: AdmissionNeeds,
  request: IncomingMessage,
): Promise<Found> {
  const url = request.url ?? '/'
  const host = request.headers.host ?? ''
  const address = addressOf(host, url, domain)
  if (!address) throw noSuchAddress(host, url)
  if (address.target.length > targetBytesMax)
    throw invalidArgument(`the path and query of the request exceed ${targetBytesMax} bytes`)
  if (headerBytes(request.rawHeaders) > requestHeaderBytesMax)
    throw invalidArgument(`the headers of the request exceed ${requestHeaderBytesMax} bytes`)

  const { functionName, qualifier, match } = address
  const looked = table.find(functionName, qualifier, match)
  const trigger = looked instanceof Promise ? await looked : looked
  if (!trigger) {
    const known = await resolver.resolve(functionName, qualifier)
    throw known ? triggerNotFound(functionName, qualifier) : functionNotFound(functionName, qualifier)
  }
  if (trigger.disableURLInternet) throw urlDisabled()
  return { address, trigger }
}

/** Whether the caller may, and what would be invoked. Throws `ApiError`. */
export async function admit(
  { resolver, authentication, accountId }: AdmissionNeeds,
  request: IncomingMessage,
  { address, trigger }: Found,
): Promise<Admitted> {
  const method = request.method ?? 'GET'
  if (!trigger.methods.includes(method)) throw methodNotAllowed(method, trigger.methods)

  let verifyBody: Admitted['verifyBody']
  if (trigger.authType !== 'anonymous') {
    const caller = await authentication.verify(headOf(request))
    if (caller.accountId !== accountId) throw accessDenied()
    if (caller.verifyBody) verifyBody = (body) => caller.verifyBody?.(body)
  }
  const { functionName, qualifier } = trigger
  const resolved = resolver.resolve(functionName, qualifier)
  const revision = resolved instanceof Promise ? await resolved : resolved
  if (!revision) throw functionNotFound(functionName, qualifier)
  return { address, trigger, revision, ...(verifyBody ? { verifyBody } : {}) }
}
