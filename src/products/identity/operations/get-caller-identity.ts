import { notAuthorized } from '../errors.ts'
import { parseRoleArn, userArn } from '../names.ts'
import { operation } from '../vocabulary.ts'

/** Needs no permission: whoever signs may know who they are. */
export const getCallerIdentity = operation({
  name: 'GetCallerIdentity',

  async handle({ principal, accountId }) {
    if (!principal) throw notAuthorized()
    switch (principal.is) {
      case 'account':
        return {
          IdentityType: 'Account',
          AccountId: accountId,
          PrincipalId: accountId,
          UserId: accountId,
          Arn: `acs:ram::${accountId}:root`,
        }
      case 'user':
        return {
          IdentityType: 'RAMUser',
          AccountId: accountId,
          PrincipalId: principal.userId,
          UserId: principal.userId,
          Arn: userArn(accountId, principal.userName),
        }
      case 'role':
        return {
          IdentityType: 'AssumedRoleUser',
          AccountId: accountId,
          PrincipalId: `${principal.roleId}:${principal.sessionName}`,
          RoleId: principal.roleId,
          Arn: sessionArn(accountId, principal.roleName, principal.sessionName),
        }
      case 'unknownRole': {
        const roleName = parseRoleArn(principal.roleArn)?.roleName ?? principal.roleArn
        return {
          IdentityType: 'AssumedRoleUser',
          AccountId: accountId,
          // A role that nobody has created has no id.
          PrincipalId: `${roleName}:${principal.sessionName}`,
          Arn: sessionArn(accountId, roleName, principal.sessionName),
        }
      }
    }
  },
})

const sessionArn = (accountId: string, roleName: string, sessionName: string): string =>
  `acs:ram::${accountId}:assumed-role/${roleName}/${sessionName}`
