/** Whether a caller may do something: the policies of the directory, asked for each request and remembered while they hold. */
import type { Clock } from '../../lib/clock.ts'
import type { AccessControl, AccessRequest, Verdict } from '../../wire/access.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import type { Directory } from './directory.ts'
import { contextAt } from './policy/conditions.ts'
import { verdictOfSession } from './policy/evaluate.ts'
import { type Policy, parsePolicy } from './policy/policy.ts'

/** Answers that are remembered of one caller; one more and all of them are asked again. */
const DECISIONS_MAX = 1000

interface Grants {
  directoryVersion: number
  policies: readonly Policy[]
  session: Policy | undefined
  /** By action and resource; not where conditions make each request its own question. */
  decisions: Map<string, Verdict>
}

export interface Authority extends AccessControl {
  /** Whether the policies allow every action of a service on everything, and deny nothing of anything. */
  mayDoAllOf(principal: Principal, service: string): boolean
}

export function authority({ directory, clock }: { directory: Directory; clock: Clock }): Authority {
  /** By caller: `identity.ts` hands out the same one for the same key as long as it remembers the key. */
  const remembered = new WeakMap<Principal, Grants>()

  function grantsOf(principal: Principal): Grants {
    const known = remembered.get(principal)
    if (known && known.directoryVersion === directory.version) return known
    const owner =
      principal.is === 'user'
        ? directory.user(principal.userName)
        : principal.is === 'role'
          ? directory.role(principal.roleName)
          : undefined
    const text = principal.is === 'role' ? principal.sessionPolicy : undefined
    const grants: Grants = {
      directoryVersion: directory.version,
      policies: owner ? directory.attached(owner.policies) : [],
      session: text === undefined ? undefined : parsePolicy(text, 'access'),
      decisions: new Map(),
    }
    remembered.set(principal, grants)
    return grants
  }

  function judge(
    { policies, session, decisions }: Grants,
    question: string,
    { action, resource, conditions }: AccessRequest,
  ): Verdict {
    let isConditional = false
    const context = () => {
      isConditional = true
      return contextAt(clock.now(), conditions?.())
    }
    const verdict = verdictOfSession(policies, session, { action, resource, context })
    if (isConditional) return verdict
    if (decisions.size >= DECISIONS_MAX) decisions.clear()
    decisions.set(question, verdict)
    return verdict
  }

  function verdictOn(principal: Principal, request: AccessRequest): Verdict {
    if (principal.is === 'account' || principal.is === 'unknownRole') return 'allow'
    const grants = grantsOf(principal)
    const question = `${request.action}\n${request.resource}`
    return grants.decisions.get(question) ?? judge(grants, question, request)
  }

  return {
    verdictOn,
    mayDo: (principal, request) => verdictOn(principal, request) === 'allow',

    mayDoAllOf(principal, service) {
      if (principal.is === 'account' || principal.is === 'unknownRole') return true
      const { policies, session } = grantsOf(principal)
      return allowsAllOf(policies, service) && (!session || allowsAllOf([session], service))
    },
  }
}

function allowsAllOf(policies: readonly Policy[], service: string): boolean {
  const statements = policies.flatMap((policy) => policy.statements)
  return (
    statements.every(({ effect }) => effect === 'Allow') &&
    statements.some(
      ({ action, resource, conditions }) =>
        conditions.length === 0 &&
        !action.negated &&
        action.patterns.some((pattern) => pattern === '*' || pattern.toLowerCase() === `${service}:*`) &&
        resource?.negated === false &&
        resource.patterns.includes('*'),
    )
  )
}
