import { notAuthorized, roleNotExists, rootMayNotAssume, wronglyFormed } from '../errors.ts'
import { parseRoleArn, roleArn, userArn } from '../names.ts'
import { contextAt } from '../policy/conditions.ts'
import { verdictOfTrust } from '../policy/evaluate.ts'
import { parsePolicy } from '../policy/policy.ts'
import {
  durationSecondsIn,
  externalIdIn,
  sessionNameIn,
  sessionPolicyIn,
  sourceIdentityIn,
} from '../session-input.ts'
import { conditionsOf, missingParameter, operation, type Principal, timeText } from '../vocabulary.ts'

/**
 * Both sides have to agree: the role trusts who asks, and the policies of who asks allow to assume it. (The vendor's page
 * on the judgement of policies breaks off before it says so; its troubleshooting page names both causes.)
 */
export const assumeRole = operation({
  name: 'AssumeRole',

  async handle({ parameters, principal, head, accountId }, { identity, clock }) {
    for (const name of ['RoleArn', 'RoleSessionName']) if (!parameters.get(name)) throw missingParameter(name)
    const named = parseRoleArn(parameters.get('RoleArn')!)
    if (!named) throw wronglyFormed('RoleArn')
    const sessionName = sessionNameIn(parameters)
    const sessionPolicy = sessionPolicyIn(parameters)
    const externalId = externalIdIn(parameters)
    const asked = sourceIdentityIn(parameters)

    if (!principal) throw notAuthorized()
    if (principal.is === 'account') throw rootMayNotAssume()
    const role = named.accountId === accountId ? identity.directory.role(named.roleName) : undefined
    if (!role) throw roleNotExists(named.roleName)
    const isChained = principal.is !== 'user'
    const durationSeconds = durationSecondsIn(parameters, {
      roleSecondsMax: role.maxSessionDurationSeconds,
      isChained,
    })
    // Who a chain of sessions began with stays known to its end.
    const inherited = principal.is === 'role' ? principal.sourceIdentity : undefined
    if (inherited !== undefined && asked !== undefined && asked !== inherited) throw notAuthorized()
    const sourceIdentity = inherited ?? asked

    const arn = roleArn(accountId, role.roleName)
    const conditions = () => ({
      ...conditionsOf(head),
      'sts:ExternalId': externalId,
      'sts:RoleSessionName': sessionName,
      'sts:SourceIdentity': sourceIdentity,
    })
    const trustee = { is: 'identity', accountId, arn: arnOf(principal, accountId) } as const
    const trust = parsePolicy(role.assumeRolePolicyDocument, 'trust')
    const isTrusted = verdictOfTrust(trust, trustee, contextAt(clock.now(), conditions())) === 'allow'
    if (!isTrusted || !identity.mayDo(principal, { action: 'sts:AssumeRole', resource: arn, conditions }))
      throw notAuthorized()

    const issued = identity.issue({
      allows: {
        to: 'actAsRole',
        roleArn: arn,
        roleId: role.roleId,
        sessionName,
        ...(sessionPolicy === undefined ? {} : { sessionPolicy }),
        ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
      },
      durationMs: durationSeconds * 1000,
    })
    return {
      AssumedRoleUser: {
        Arn: `${arn}/${sessionName}`,
        AssumedRoleId: `${role.roleId}:${sessionName}`,
      },
      Credentials: {
        AccessKeyId: issued.accessKeyId,
        AccessKeySecret: issued.accessKeySecret,
        SecurityToken: issued.securityToken,
        Expiration: timeText(issued.expiresAtMs),
      },
      ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
    }
  },
})

/** Trust policies name the role itself, not the session of it that asks. */
function arnOf(principal: Exclude<Principal, { is: 'account' }>, accountId: string): string {
  switch (principal.is) {
    case 'user':
      return userArn(accountId, principal.userName)
    case 'role':
      return roleArn(accountId, principal.roleName)
    case 'unknownRole':
      return principal.roleArn
  }
}
