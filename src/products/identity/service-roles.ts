/** Roles that a service of the platform acts in: a function's role is assumed by Function Compute. */
import type { Clock } from '../../lib/clock.ts'
import type { Identity, TemporaryCredentials } from './identity.ts'
import { contextAt } from './policy/conditions.ts'
import { verdictOfTrust } from './policy/evaluate.ts'
import { parsePolicy } from './policy/policy.ts'

type Authority = Pick<Identity, 'roleOf' | 'issue'>

/** Whether this service may act in the role. */
export function trustsService(
  { roleOf }: Pick<Authority, 'roleOf'>,
  { roleArn, service, clock }: { roleArn: string; service: string; clock: Clock },
): boolean {
  const found = roleOf(roleArn)
  if (found.is !== 'created') return found.is === 'unrestricted'
  const trust = parsePolicy(found.role.assumeRolePolicyDocument, 'trust')
  return verdictOfTrust(trust, { is: 'service', name: service }, contextAt(clock.now())) === 'allow'
}

/** Undefined: the role does not exist, or does not trust the service. */
export function sessionForService(
  { roleOf, issue }: Authority,
  asked: {
    roleArn: string
    service: string
    sessionName: string
    durationMs: number
    clock: Clock
    /** Functions that led to what the credentials are used for, the one that gets them among them. */
    hops?: number
  },
): TemporaryCredentials | undefined {
  if (!trustsService({ roleOf }, asked)) return undefined
  const { roleArn, sessionName, durationMs, hops } = asked
  const found = roleOf(roleArn)
  const roleId = found.is === 'created' ? { roleId: found.role.roleId } : {}
  return issue({
    allows: { to: 'actAsRole', roleArn, ...roleId, sessionName, ...(hops ? { hops } : {}) },
    durationMs,
  })
}
