/** Whether a caller may do something: what products ask, and what of a request the conditions of policies can speak of. */
import type { RequestHead } from './product-server.ts'
import type { Principal } from './signatures/secret-lookup.ts'

/** By condition key: `acs:SourceIp`, `oss:Prefix`. */
export type RequestConditions = Readonly<Record<string, string | readonly string[] | undefined>>

export interface AccessRequest {
  /** As policies name it: `fc:InvokeFunction`. */
  action: string
  /** An ARN: `acs:fc:cn-hangzhou:1234567890123456:functions/f`. */
  resource: string
  /** Asked for only where a policy of the caller has conditions. The time need not be in it. */
  conditions?(): RequestConditions
}

/** The identity product answers it; `main/` plugs it in. Synchronous and from memory, as it is asked for every request. */
export interface AccessControl {
  mayDo(principal: Principal, request: AccessRequest): boolean
  /** For a product with policies of its own (of a bucket): a Deny of either denies, else an Allow of either allows. */
  verdictOn(principal: Principal, request: AccessRequest): Verdict
  /** What a policy of a resource says by itself. Nobody signed: no principal. Throws unless `flawOfResourcePolicy` has nothing against it. */
  verdictByResourcePolicy(text: string, principal: Principal | undefined, request: AccessRequest): Verdict
  /** What is wrong with a policy of a resource, in words; undefined: nothing. */
  flawOfResourcePolicy(text: string): string | undefined
}

export type Verdict = 'explicitDeny' | 'allow' | 'implicitDeny'

/** What every product knows of every request. Headers that name an address are not believed. */
export const conditionsOf = ({ message }: Pick<RequestHead, 'message'>): RequestConditions => ({
  'acs:SourceIp': message.socket.remoteAddress,
  'acs:SecureTransport': String('encrypted' in message.socket),
})
