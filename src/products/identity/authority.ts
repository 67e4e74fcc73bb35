/** Whether a caller may do something: the policies of the directory, asked for each request and remembered while they hold. */
import type { Clock } from '../../lib/clock.ts'
import type { AccessControl, AccessRequest, Verdict } from '../../wire/access.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import type { Directory } from './directory.ts'
import type { LastUses } from './last-uses.ts'
import { contextAt } from './policy/conditions.ts'
import { type ResourceCaller, verdictOfResource, verdictOfSession } from './policy/evaluate.ts'
import { MalformedPolicy, type Policy, parsePolicy } from './policy/policy.ts'

/** Answers that are remembered of one caller; one more and all of them are asked again. */
const DECISIONS_MAX = 1000
/** Policies of resources that stay read; one more and the oldest is read again when it is asked. */
const RESOURCE_POLICIES_MAX = 1000

interface Grants {
  directoryVersion: number
  policies: readonly Policy[]
  session: Policy | undefined
  /** By action and resource; not where conditions make each request its own question. */
  decisions: Map<string, Verdict>
}

export function authority({
  directory,
  clock,
  accountId,
  lastUses,
}: {
  directory: Directory
  clock: Clock
  accountId: string
  lastUses: Pick<LastUses, 'note'>
}): AccessControl {
  /** By their text. */
  const resourcePolicies = new Map<string, Policy>()
  /** By caller: `identity.ts` hands out the same one for the same key as long as it remembers the key. */
  const remembered = new WeakMap<Principal, Grants>()

  function grantsOf(principal: Principal): Grants {
    const known = remembered.get(principal)
    if (known && known.directoryVersion === directory.version) return known
    const owner = ownerOf(principal)
    const text = principal.is === 'role' ? principal.sessionPolicy : undefined
    const grants: Grants = {
      directoryVersion: directory.version,
      policies: owner ? directory.policiesOf(owner) : [],
      session: text === undefined ? undefined : parsePolicy(text, 'access'),
      decisions: new Map(),
    }
    remembered.set(principal, grants)
    return grants
  }

  /** Another that has got the name since is not meant. */
  function ownerOf(principal: Principal) {
    if (principal.is === 'user') {
      const user = directory.user(principal.userName)
      return user?.userId === principal.userId ? user : undefined
    }
    if (principal.is !== 'role') return undefined
    const role = directory.role(principal.roleName)
    return role?.roleId === principal.roleId ? role : undefined
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
    if (principal.is === 'user' && principal.accessKeyId) lastUses.note(principal.accessKeyId)
    const grants = grantsOf(principal)
    const question = `${request.action}\n${request.resource}`
    return grants.decisions.get(question) ?? judge(grants, question, request)
  }

  function resourcePolicy(text: string): Policy {
    const known = resourcePolicies.get(text)
    if (known) return known
    const policy = parsePolicy(text, 'resource')
    if (resourcePolicies.size >= RESOURCE_POLICIES_MAX)
      resourcePolicies.delete(resourcePolicies.keys().next().value!)
    resourcePolicies.set(text, policy)
    return policy
  }

  return {
    verdictByResourcePolicy: (text, principal, { action, resource, conditions }) =>
      verdictOfResource(resourcePolicy(text), callerOf(principal, accountId), {
        action,
        resource,
        context: () => contextAt(clock.now(), conditions?.()),
      }),

    flawOfResourcePolicy(text) {
      try {
        parsePolicy(text, 'resource')
        return undefined
      } catch (error) {
        if (error instanceof MalformedPolicy) return error.message
        throw error
      }
    },

    verdictOn,
    mayDo: (principal, request) => verdictOn(principal, request) === 'allow',
  }
}

/** A role is meant by its sessions: `arn:sts::{account}:assumed-role/{role}/{session}`. */
function callerOf(principal: Principal | undefined, accountId: string): ResourceCaller {
  const ofSession = (roleName: string, sessionName: string): ResourceCaller => ({
    isOwner: false,
    names: [`arn:sts::${accountId}:assumed-role/${roleName}/${sessionName}`],
  })
  switch (principal?.is) {
    case undefined:
      return { isOwner: false, names: [] }
    case 'account':
      return { isOwner: true, names: [accountId] }
    case 'user':
      return { isOwner: false, names: [principal.userId] }
    case 'role':
      return ofSession(principal.roleName, principal.sessionName)
    case 'unknownRole':
      return ofSession(principal.roleArn.slice(principal.roleArn.lastIndexOf('/') + 1), principal.sessionName)
  }
}
