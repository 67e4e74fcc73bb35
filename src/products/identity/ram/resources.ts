/**
 * What is touched, as policies name it. Names are those that the things have themselves, not as they were asked for:
 * case matters in policies and not in names, and a Deny on `user/ann` is one on `ANN`, too.
 */
import type { Directory } from '../directory.ts'
import type { PolicyRef } from '../records.ts'
import type { Resource } from './vocabulary.ts'

export const userResource = (directory: Directory, userName: string): Resource =>
  `user/${directory.user(userName)?.userName ?? userName}`

export const groupResource = (directory: Directory, groupName: string): Resource =>
  `group/${directory.group(groupName)?.groupName ?? groupName}`

export const roleResource = (directory: Directory, roleName: string): Resource =>
  `role/${directory.role(roleName)?.roleName ?? roleName}`

export const policyResource = (directory: Directory, { policyType, policyName }: PolicyRef): Resource =>
  policyType === 'System'
    ? { ofTheSystem: `policy/${policyName}` }
    : `policy/${directory.policy(policyName)?.policyName ?? policyName}`
