/** Names and ARNs of users, roles and policies, as the vendor's reference of RAM has them. */

export const USER_NAME = /^[A-Za-z0-9._-]{1,64}$/
export const ROLE_NAME = /^[A-Za-z0-9.-]{1,64}$/
export const POLICY_NAME = /^[A-Za-z0-9-]{1,128}$/

/** `acs:ram::{account}:role/{name}` */
const ROLE_ARN = /^acs:ram::(\d{1,20}):role\/([A-Za-z0-9._-]{1,64})$/i

export const userArn = (accountId: string, userName: string): string =>
  `acs:ram::${accountId}:user/${userName}`
export const roleArn = (accountId: string, roleName: string): string =>
  `acs:ram::${accountId}:role/${roleName}`

/** Undefined: it is none. */
export function parseRoleArn(text: string): { accountId: string; roleName: string } | undefined {
  const match = ROLE_ARN.exec(text)
  return match ? { accountId: match[1]!, roleName: match[2]! } : undefined
}
