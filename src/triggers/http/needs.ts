/** What the HTTP trigger wants of the rest of the platform; the composition root plugs it in. */
import type { TraceContext } from '../../lib/trace-context.ts'
import type { FunctionRevision, HttpRequestHead } from '../../ports/invocation.ts'
import type { JwtConfig } from '../../wire/jwt/jwt-config.ts'
import type { RequestHead } from '../../wire/product-server.ts'
import type { DomainRoute } from './domain-routes.ts'

export interface HttpTrigger {
  /** Both as they were created: an address may spell them in another case. */
  functionName: string
  qualifier: string
  triggerId: string
  authType: 'anonymous' | 'function' | 'jwt'
  /** With authType `jwt`. The same object for as long as the trigger is the same: keys are read once for each. */
  jwt?: JwtConfig
  methods: readonly string[]
  disableURLInternet: boolean
  cors?: CorsConfig
}

export interface CorsConfig {
  /** `*`, an origin, or an origin with one `*` in it: `https://*.example.com`. */
  allowOrigins?: readonly string[]
  allowMethods?: readonly string[]
  allowHeaders?: readonly string[]
  exposeHeaders?: readonly string[]
  allowCredentials?: boolean
  /** Seconds. */
  maxAgeS?: number
}

/** Asked for every request: answer from memory, and without a promise where that can be. */
export interface HttpTriggerTable {
  /** `anyCase`: a name from a Host header. The exact spelling wins over others. */
  find(
    functionName: string,
    qualifier: string,
    match: 'exact' | 'anyCase',
  ): HttpTrigger | undefined | Promise<HttpTrigger | undefined>
}

/** A domain of the user's own. */
export interface CustomDomain {
  protocol: 'HTTP' | 'HTTPS' | 'HTTP,HTTPS'
  routes: readonly DomainRoute[]
  authType: 'anonymous' | 'function' | 'jwt'
  /** With authType `jwt`; the same object for as long as the domain is the same. */
  jwt?: JwtConfig
  cors?: CorsConfig
}

/** Asked for every request that is not for a function's own name: answer from memory. */
export interface CustomDomainTable {
  /** `host` without a port, in lower case. */
  find(host: string): CustomDomain | undefined | Promise<CustomDomain | undefined>
}

/** The revision behind a qualifier; an alias may split its traffic. */
export interface FunctionResolver {
  resolve(
    functionName: string,
    qualifier: string,
  ): FunctionRevision | undefined | Promise<FunctionRevision | undefined>
}

/** For triggers whose authType is `function`: who calls, and whether they may call this. Throws `ApiError`. */
export interface TriggerAuthentication {
  verify(
    head: RequestHead,
    target: { functionName: string; qualifier: string },
  ): VerifiedCaller | Promise<VerifiedCaller>
}

export interface VerifiedCaller {
  accountId: string
  /** Set when the signature covers the body. Throws `ApiError`. */
  verifyBody?(body: Buffer): void
}

/** Where requests with `X-Fc-Invocation-Type: Async` go. */
export interface AsyncAcceptance {
  /** Durable when it resolves. Throws `ApiError` when the call is not taken. */
  accept(call: AsyncCall): Promise<void>
}

export type AsyncCall = {
  accountId: string
  functionName: string
  qualifier: string
  requestId: string
  /** `X-Fc-Async-Task-Id` of the request. */
  taskId?: string
  /** A task is kept of it, whatever the config says. */
  stateful?: true
  /** It is not called before this time is over. */
  delayMs?: number
  trace?: TraceContext
} & ({ is: 'event'; event: Uint8Array } | { is: 'http'; request: HttpRequestHead; body: Uint8Array })
