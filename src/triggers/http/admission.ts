/** May this request go to that function? Every rule that does not need the body, in the vendor's order. */
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../lib/clock.ts'
import type { FunctionRevision } from '../../ports/invocation.ts'
import { headOf } from '../../wire/product-server.ts'
import { type Address, addressOf, isBelow, placeOf } from './addressing.ts'
import { rewritten, routeOf } from './domain-routes.ts'
import {
  accessDenied,
  functionNotFound,
  invalidArgument,
  methodNotAllowed,
  noSuchAddress,
  protocolNotAllowed,
  routeNotFound,
  triggerNotFound,
  urlDisabled,
} from './errors.ts'
import { admitByToken, type SeenRequest } from './jwt.ts'
import type {
  CustomDomain,
  CustomDomainTable,
  FunctionResolver,
  HttpTrigger,
  HttpTriggerTable,
  TriggerAuthentication,
} from './needs.ts'
import { headerBytes, isAmbiguous } from './request-headers.ts'

export const requestHeaderBytesMax = 8 * 1024
export const targetBytesMax = 4 * 1024

export interface AdmissionNeeds {
  table: HttpTriggerTable
  customDomains: CustomDomainTable
  resolver: FunctionResolver
  authentication: TriggerAuthentication
  accountId: string
  clock: Clock
  /** `fcapp.localhost` */
  domain: string
}

export interface Admitted {
  address: Address
  trigger: HttpTrigger
  revision: FunctionRevision
  seen: SeenRequest
  /** Set when the caller signed the body, too. */
  verifyBody?: (body: Buffer) => void
}

export interface Found {
  address: Address
  trigger: HttpTrigger
}

/** The trigger that a request is for. Throws `ApiError`. */
export async function findTrigger(needs: AdmissionNeeds, request: IncomingMessage): Promise<Found> {
  const { customDomains, domain } = needs
  const url = request.url ?? '/'
  const host = request.headers.host ?? ''
  const place = placeOf(host, url)
  if (!place) throw noSuchAddress(host, url)
  if (!isBelow(place.domainName, domain)) {
    const looked = customDomains.find(place.domainName)
    const found = looked instanceof Promise ? await looked : looked
    if (found) return await throughDomain(needs, found, place, request)
  }
  return await throughTrigger(needs, host, url, request)
}

function checkLimits(target: string, { rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): void {
  if (target.length > targetBytesMax)
    throw invalidArgument(`the path and query of the request exceed ${targetBytesMax} bytes`)
  if (headerBytes(rawHeaders) > requestHeaderBytesMax)
    throw invalidArgument(`the headers of the request exceed ${requestHeaderBytesMax} bytes`)
}

async function throughTrigger(
  { table, resolver, domain }: AdmissionNeeds,
  host: string,
  url: string,
  request: IncomingMessage,
): Promise<Found> {
  const address = addressOf(host, url, domain)
  if (!address) throw noSuchAddress(host, url)
  checkLimits(address.target, request)
  // The endpoint of the APIs reads more leniently than functions should have to.
  if (address.basePath !== undefined && isAmbiguous(request))
    throw invalidArgument('the headers of the request are not well formed')
  const { functionName, qualifier, match } = address
  const looked = table.find(functionName, qualifier, match)
  const trigger = looked instanceof Promise ? await looked : looked
  if (!trigger) {
    const known = await resolver.resolve(functionName, qualifier)
    throw known
      ? triggerNotFound(functionName.replace('$', '/'), qualifier)
      : functionNotFound(functionName, qualifier)
  }
  if (trigger.disableURLInternet) throw urlDisabled()
  return { address, trigger }
}

/** A domain has rules of its own about who may call and how; a function needs no HTTP trigger to be behind one. */
async function throughDomain(
  { table }: AdmissionNeeds,
  { protocol, routes, authType, jwt, cors }: CustomDomain,
  { domainName, target }: { domainName: string; target: string },
  request: IncomingMessage,
): Promise<Found> {
  checkLimits(target, request)
  const spoken = 'encrypted' in request.socket ? 'HTTPS' : 'HTTP'
  if (!protocol.split(',').includes(spoken)) throw protocolNotAllowed(domainName, spoken)
  const route = routeOf(routes, target)
  if (!route) throw routeNotFound(domainName, target)
  const { functionName, qualifier, methods } = route
  const own = await table.find(functionName, qualifier, 'exact')
  return {
    address: {
      functionName,
      qualifier,
      match: 'exact',
      target: rewritten(route.rewrite, target),
      domainName,
    },
    trigger: {
      functionName,
      qualifier,
      triggerId: own?.triggerId ?? '',
      authType,
      ...(jwt ? { jwt } : {}),
      methods,
      disableURLInternet: false,
      ...(cors ? { cors } : {}),
    },
  }
}

/**
 * The same two steps for the requests that come most, without a promise: an anonymous trigger of a function that is in no
 * service, all of it in memory. Undefined for every other, and for what is to be refused: it has to take the steps.
 */
export function admitAtOnce(
  { table, customDomains, resolver, domain }: AdmissionNeeds,
  request: Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'> & { headers: { host?: string } },
): Admitted | undefined {
  const { method = 'GET', url = '/', rawHeaders, headers: { host = '' } } = request // biome-ignore format: one line
  const address = addressOf(host, url, domain)
  if (!address || address.basePath !== undefined) return undefined
  const { functionName, qualifier, match, target, domainName } = address
  if (match === 'exact' && customDomains.find(domainName) !== undefined) return undefined
  const trigger = table.find(functionName, qualifier, match)
  if (!trigger || trigger instanceof Promise) return undefined
  if (trigger.disableURLInternet || trigger.authType !== 'anonymous' || !trigger.methods.includes(method))
    return undefined
  const revision = resolver.resolve(trigger.functionName, trigger.qualifier)
  if (!revision || revision instanceof Promise) return undefined
  if (revision.service) return undefined
  checkLimits(target, request)
  return { address, trigger, revision, seen: { target, rawHeaders } }
}

/** Whether the caller may, and what would be invoked. Throws `ApiError`. */
export async function admit(
  { resolver, authentication, accountId, clock }: AdmissionNeeds,
  request: IncomingMessage,
  { address, trigger }: Found,
): Promise<Admitted> {
  const method = request.method ?? 'GET'
  if (!trigger.methods.includes(method)) throw methodNotAllowed(method, trigger.methods)

  let seen: SeenRequest = { target: address.target, rawHeaders: request.rawHeaders }
  let verifyBody: Admitted['verifyBody']
  if (trigger.authType === 'jwt') {
    if (!trigger.jwt) throw new Error('a trigger with authType jwt has no keys')
    seen = await admitByToken(trigger.jwt, clock, request, address.target)
  } else if (trigger.authType !== 'anonymous') {
    const caller = await authentication.verify(headOf(request), trigger)
    if (caller.accountId !== accountId) throw accessDenied()
    if (caller.verifyBody) verifyBody = (body) => caller.verifyBody?.(body)
  }
  const { functionName, qualifier } = trigger
  const resolved = resolver.resolve(functionName, qualifier)
  const revision = resolved instanceof Promise ? await resolved : resolved
  if (!revision) throw functionNotFound(functionName, qualifier)
  return { address, trigger, revision, seen, ...(verifyBody ? { verifyBody } : {}) }
}
