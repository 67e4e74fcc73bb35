import type { Directory } from '../directory.ts'
import {
  alreadyExists,
  limitExceeded,
  noSuchUser,
  userHasAccessKeys,
  userHasPolicies,
  userIsInGroups,
} from '../errors.ts'
import { folded, type PolicyRef, USERS_MAX, type UserRecord } from '../records.ts'
import { requirePolicies, stillAttached } from './attachments.ts'

type Profile = Pick<UserRecord, 'displayName' | 'mobilePhone' | 'email' | 'comments'>

export function requireUser(directory: Directory, userName: string): UserRecord {
  const user = directory.user(userName)
  if (!user) throw noSuchUser(userName)
  return user
}

export const createUser = (
  directory: Directory,
  { userName, ...profile }: Profile & { userName: string },
): Promise<UserRecord> =>
  directory.change((change) => {
    if (directory.user(userName)) throw alreadyExists('User', userName)
    if (directory.users().length >= USERS_MAX) throw limitExceeded('User')
    const user: UserRecord = {
      userName,
      userId: change.newId('2'),
      ...profile,
      policies: [],
      createdTime: change.time,
    }
    change.put('users', user, 'absent')
    return user
  })

/** Makes a user, or gives one that is there other policies. */
export const putUser = (
  directory: Directory,
  userName: string,
  policies: readonly PolicyRef[],
): Promise<UserRecord> =>
  directory.change((change) => {
    requirePolicies(directory, policies, change)
    const before = directory.user(userName)
    if (!before && directory.users().length >= USERS_MAX) throw limitExceeded('User')
    const attached = stillAttached(before?.policies ?? [], policies, change.time)
    const user: UserRecord = before
      ? { ...before, policies: attached }
      : { userName, userId: change.newId('2'), policies: attached, createdTime: change.time }
    change.put('users', user, before ? 'present' : 'absent')
    return user
  })

/** Keys, groups and policies of a user that gets another name stay the user's. */
export const updateUser = (
  directory: Directory,
  userName: string,
  { newUserName, ...profile }: Profile & { newUserName?: string },
): Promise<UserRecord> =>
  directory.change((change) => {
    const before = requireUser(directory, userName)
    const user: UserRecord = {
      ...before,
      ...profile,
      userName: newUserName ?? before.userName,
      updatedTime: change.time,
    }
    const hasSamePlace = folded(user.userName) === folded(before.userName)
    if (!hasSamePlace) {
      if (directory.user(user.userName)) throw alreadyExists('User', user.userName)
      change.remove('users', before)
    }
    for (const key of directory.keysOf(before.userName)) {
      if (key.userName !== user.userName) {
        change.put('accessKeys', { ...key, userName: user.userName }, 'present')
      }
    }
    change.put('users', user, hasSamePlace ? 'present' : 'absent')
    return user
  })

/** Refused while there is anything of the user's. */
export const deleteUser = (directory: Directory, userName: string): Promise<void> =>
  directory.change((change) => {
    const user = requireUser(directory, userName)
    if (user.groups?.length) throw userIsInGroups(userName)
    if (directory.keysOf(userName).length > 0) throw userHasAccessKeys(userName)
    if (user.policies.length > 0) throw userHasPolicies(userName)
    change.remove('users', user)
  })

/** With all access keys, memberships and attachments. */
export const deleteUserWithAll = (directory: Directory, userName: string): Promise<void> =>
  directory.change((change) => {
    change.remove('users', requireUser(directory, userName))
    for (const key of directory.keysOf(userName)) change.remove('accessKeys', key)
  })
