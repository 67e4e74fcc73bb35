/** What policies say about one request: explicit deny > allow > implicit deny (the vendor's order of judgement). */

import type { Verdict } from '../../../wire/access.ts'
import { allHold, type ConditionContext, lowerCased } from './conditions.ts'
import type { Patterns, Policy, PrincipalPattern, Statement } from './policy.ts'
import { matchesWildcard } from './wildcard.ts'

export interface AccessRequest {
  /** `fc:InvokeFunction`. Case does not matter. */
  action: string
  /** `acs:fc:cn-hangzhou:1234567890123456:functions/f`. Case matters. */
  resource: string
  /** Asked for only when it matters: when a statement about this action and resource has conditions. */
  context(): ConditionContext
}

/** Longer names than any product has: no pattern is tried on more. */
const NAME_LENGTH_MAX = 4096

/** What the policies of one kind say together. */
export function verdictOf(
  policies: readonly Policy[],
  { action, resource, context }: AccessRequest,
): Verdict {
  if (action.length > NAME_LENGTH_MAX || resource.length > NAME_LENGTH_MAX) return 'explicitDeny'
  const asked = { action: action.toLowerCase(), resource, context: () => lowerCased(context()) }
  return together(policies, (statement) => isAbout(statement, asked))
}

/** A session may do what both its role and the session's own policy allow. */
export function verdictOfSession(
  policies: readonly Policy[],
  session: Policy | undefined,
  request: AccessRequest,
): Verdict {
  const own = verdictOf(policies, request)
  if (!session || own === 'explicitDeny') return own
  const limit = verdictOf([session], request)
  return limit === 'allow' ? own : limit
}

/** Who wants to assume a role. */
export type Trustee =
  | { is: 'service'; name: string }
  /** A user or a role of the account. */
  | { is: 'identity'; accountId: string; arn: string }

export function verdictOfTrust(trust: Policy, trustee: Trustee, context: ConditionContext): Verdict {
  const asked = { action: 'sts:assumerole', resource: '', context: () => lowerCased(context) }
  return together(
    [trust],
    (statement) =>
      statement.principals.some((pattern) => isPrincipal(pattern, trustee)) && isAbout(statement, asked),
  )
}

/** Who asks for a resource that has a policy of its own, by the names that such a policy may have for them. */
export interface ResourceCaller {
  /** The account that the resource belongs to, by its own key. */
  isOwner: boolean
  /** Nobody signed: none. */
  names: readonly string[]
}

/**
 * The owner is not meant by `*` where a statement has no condition, and is where it has one (the vendor's page "Bucket
 * Policy"): a Deny for everybody else must not lock out who could take it back.
 */
export function verdictOfResource(policy: Policy, caller: ResourceCaller, request: AccessRequest): Verdict {
  const { action, resource, context } = request
  if (action.length > NAME_LENGTH_MAX || resource.length > NAME_LENGTH_MAX) return 'explicitDeny'
  const asked = { action: action.toLowerCase(), resource, context: () => lowerCased(context()) }
  return together([policy], (statement) => isMeant(caller, statement) && isAbout(statement, asked))
}

const isMeant = ({ isOwner, names }: ResourceCaller, { principals, conditions }: Statement): boolean => {
  const isEverybody = principals.length === 0 || principals.some(({ name }) => name === '*')
  if (isEverybody && !(isOwner && conditions.length === 0)) return true
  return principals.some(({ name }) => name !== '*' && names.some((own) => matchesWildcard(name, own)))
}

function together(policies: readonly Policy[], applies: (statement: Statement) => boolean): Verdict {
  let verdict: Verdict = 'implicitDeny'
  for (const { statements } of policies) {
    for (const statement of statements) {
      // One that could not change the verdict need not be asked.
      if (statement.effect === 'Allow' && verdict === 'allow') continue
      if (!applies(statement)) continue
      if (statement.effect === 'Deny') return 'explicitDeny'
      verdict = 'allow'
    }
  }
  return verdict
}

const isAbout = (
  { action, resource, conditions }: Statement,
  asked: { action: string; resource: string; context(): ConditionContext },
): boolean =>
  isOneOf(action, (pattern) => matchesWildcard(pattern.toLowerCase(), asked.action)) &&
  (resource === undefined || isOneOf(resource, (pattern) => matchesWildcard(pattern, asked.resource))) &&
  (conditions.length === 0 || allHold(conditions, asked.context()))

const isOneOf = ({ negated, patterns }: Patterns, matches: (pattern: string) => boolean): boolean =>
  patterns.some(matches) !== negated

function isPrincipal({ kind, name }: PrincipalPattern, trustee: Trustee): boolean {
  if (trustee.is === 'service') return kind === 'Service' && name.toLowerCase() === trustee.name
  if (kind !== 'RAM') return false
  // Names of users and roles are compared without case, as the vendor does.
  const wanted = name.toLowerCase()
  return (
    wanted === '*' || wanted === `acs:ram::${trustee.accountId}:root` || wanted === trustee.arn.toLowerCase()
  )
}
