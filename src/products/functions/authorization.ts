/**
 * What a caller must be allowed for an operation, as the vendor's pages "RAM authorization" of its APIs have it: the
 * action is `fc:` and the operation's name, the resource the ARN of what its path names. What is made or listed is `*` of
 * its kind.
 */
import { type AccessControl, conditionsOf } from '../../wire/access.ts'
import type { AuthorizedRequest, Caller, RequestHead } from '../../wire/product-server.ts'
import { accessDenied, callerNotAuthorized } from './errors.ts'
import { LATEST, parseLayerVersionArn } from './names.ts'
import { isInService, locate, serviceAndFunction } from './services/names.ts'

/** Links that carry their own proof. */
const open: ReadonlySet<string> = new Set(['DownloadCode'])

/** A way into an instance, and all secrets at once: for the account's own key, whatever policies say. */
const accountOnly: ReadonlySet<string> = new Set(['DebugFunction', 'ScrubObjects', 'TakeSnapshot'])

/** Throws `AccessDenied`. */
export function authorize(
  access: Pick<AccessControl, 'mayDo'>,
  region: string,
  { caller, operation, path, query, head }: AuthorizedRequest,
): void {
  if (open.has(operation.name)) return
  const principal = principalOf(caller)
  if (principal.is === 'account') return
  if (accountOnly.has(operation.name)) throw accessDenied('only the account itself may do this')
  const action = `fc:${operation.name}`
  const resource = `acs:fc:${region}:${caller.accountId}:${resourceOf(operation.route, path, query)}`
  const conditions = () => conditionsOf(head)
  if (!access.mayDo(principal, { action, resource, conditions })) throw callerNotAuthorized(action, resource)
}

/** For triggers whose callers sign. Throws `AccessDenied`. */
export function authorizeInvocation(
  access: Pick<AccessControl, 'mayDo'>,
  region: string,
  caller: Caller,
  { functionName, qualifier }: { functionName: string; qualifier: string },
  head: RequestHead,
): void {
  const action = 'fc:InvokeFunction'
  const resource = `acs:fc:${region}:${caller.accountId}:${functionResource(functionName, qualifier)}`
  const conditions = () => conditionsOf(head)
  if (!access.mayDo(principalOf(caller), { action, resource, conditions }))
    throw callerNotAuthorized(action, resource)
}

function principalOf({ principal }: Caller) {
  if (!principal) throw new Error('a caller who signed has to be somebody')
  return principal
}

/** What names of paths can stand for; whatever follows after something else is a part of what was named before. */
const kinds: ReadonlySet<string> = new Set([
  'services',
  'functions',
  'triggers',
  'aliases',
  'versions',
  'custom-domains',
  'layers',
  'official-layers',
])

/** Lists over all functions. */
const ofAllFunctions =
  /^(async-invoke-configs|concurrency-configs|provision-configs|scaling-configs|on-demand-configs|tags?|tags-v2)$/

/** The last part of the ARN: `functions/f/triggers/t`, `services/s.prod/functions/f`, `layers/*`. */
export function resourceOf(
  route: string,
  path: Readonly<Record<string, string>>,
  query: URLSearchParams,
): string {
  const shape = shapeOf(route)
  if (shape === 'layerArn') return layerResource(path['arn'] ?? '')
  if (shape === 'allFunctions') return 'functions/*'
  const parts = shape.map(({ kind, parameter }, at) => {
    const name = parameter === undefined ? '*' : (path[parameter] ?? '*')
    if (parameter === 'service') return serviceResource(name, query)
    if (parameter === 'functionName' && at === 0) return functionResource(name, qualifierIn(query))
    return `${kind}/${name}`
  })
  return parts.length === 0 ? '*' : parts.join('/')
}

type Shape = 'layerArn' | 'allFunctions' | readonly { kind: string; parameter: string | undefined }[]

/** One for each route there is: they are read once, as this is on the path of every invocation. */
const shapes = new Map<string, Shape>()

function shapeOf(route: string): Shape {
  const known = shapes.get(route)
  if (known) return known
  const shape = readShape(route)
  shapes.set(route, shape)
  return shape
}

function readShape(route: string): Shape {
  const [, , ...segments] = route.slice(route.indexOf('/')).split('/')
  if (segments[0] === 'layerarn') return 'layerArn'
  if (ofAllFunctions.test(segments[0] ?? '')) return 'allFunctions'
  const shape: { kind: string; parameter: string | undefined }[] = []
  for (let at = 0; at < segments.length && kinds.has(segments[at]!); at += 2) {
    const parameter = /^\{(.+?)\+?\}$/.exec(segments[at + 1] ?? '')?.[1]
    shape.push({ kind: segments[at]!, parameter })
  }
  return shape
}

/** A function of a service is one and the same, whichever API names it. */
/** `functions/f`, `services/s.prod/functions/f`: the last part of the ARN that policies name a function by. */
export function functionResource(functionName: string, qualifier: string): string {
  if (!isInService(functionName)) return `functions/${functionName}`
  const { serviceName, functionName: name } = serviceAndFunction(functionName)
  return `services/${qualified(serviceName, qualifier)}/functions/${name}`
}

function serviceResource(service: string, query: URLSearchParams): string {
  const { serviceName, qualifier } = locate(service, query)
  return `services/${qualified(serviceName, qualifier)}`
}

const qualified = (serviceName: string, qualifier: string): string =>
  qualifier === LATEST ? serviceName : `${serviceName}.${qualifier}`

const qualifierIn = (query: URLSearchParams): string => query.get('qualifier') || LATEST

function layerResource(arn: string): string {
  const named = parseLayerVersionArn(arn)
  return named ? `layers/${named.layerName}/versions/${named.version}` : 'layers/*'
}
