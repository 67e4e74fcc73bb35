import type { Directory } from '../directory.ts'
import {
  alreadyExists,
  alreadyInGroup,
  groupHasMembers,
  groupHasPolicies,
  limitExceeded,
  noSuchGroup,
  notInGroup,
} from '../errors.ts'
import { folded, GROUPS_MAX, GROUPS_OF_USER_MAX, type GroupRecord } from '../records.ts'
import { requireUser } from './users.ts'

export function requireGroup(directory: Directory, groupName: string): GroupRecord {
  const group = directory.group(groupName)
  if (!group) throw noSuchGroup(groupName)
  return group
}

export const createGroup = (
  directory: Directory,
  given: Pick<GroupRecord, 'groupName' | 'comments'>,
): Promise<GroupRecord> =>
  directory.change((change) => {
    if (directory.group(given.groupName)) throw alreadyExists('Group', given.groupName)
    if (directory.groups().length >= GROUPS_MAX) throw limitExceeded('Group')
    const group: GroupRecord = {
      ...given,
      groupId: `g-${change.newSecret(16)}`,
      policies: [],
      createdTime: change.time,
    }
    change.put('groups', group, 'absent')
    return group
  })

/** Members know their group by its id, so that its name is its own affair. */
export const updateGroup = (
  directory: Directory,
  groupName: string,
  { newGroupName, ...comments }: Pick<GroupRecord, 'comments'> & { newGroupName?: string },
): Promise<GroupRecord> =>
  directory.change((change) => {
    const before = requireGroup(directory, groupName)
    const group: GroupRecord = {
      ...before,
      ...comments,
      groupName: newGroupName ?? before.groupName,
      updatedTime: change.time,
    }
    const hasSamePlace = folded(group.groupName) === folded(before.groupName)
    if (!hasSamePlace) {
      if (directory.group(group.groupName)) throw alreadyExists('Group', group.groupName)
      change.remove('groups', before)
    }
    change.put('groups', group, hasSamePlace ? 'present' : 'absent')
    return group
  })

export const deleteGroup = (directory: Directory, groupName: string): Promise<void> =>
  directory.change((change) => {
    const group = requireGroup(directory, groupName)
    if (directory.membersOf(group).length > 0) throw groupHasMembers(groupName)
    if (group.policies.length > 0) throw groupHasPolicies(groupName)
    change.remove('groups', group)
  })

interface UserAndGroup {
  userName: string
  groupName: string
}

export const addUserToGroup = (directory: Directory, { userName, groupName }: UserAndGroup): Promise<void> =>
  directory.change((change) => {
    const user = requireUser(directory, userName)
    const group = requireGroup(directory, groupName)
    const { groups = [] } = user
    if (groups.some(({ groupId }) => groupId === group.groupId)) throw alreadyInGroup(groupName)
    if (groups.length >= GROUPS_OF_USER_MAX) throw limitExceeded('User.Group')
    const joined = { groupId: group.groupId, joinedTime: change.time }
    change.require('groups', group)
    change.put('users', { ...user, groups: [...groups, joined] }, 'present')
  })

export const removeUserFromGroup = (
  directory: Directory,
  { userName, groupName }: UserAndGroup,
): Promise<void> =>
  directory.change((change) => {
    const user = requireUser(directory, userName)
    const group = requireGroup(directory, groupName)
    const { groups = [] } = user
    const others = groups.filter(({ groupId }) => groupId !== group.groupId)
    if (others.length === groups.length) throw notInGroup(groupName)
    change.put('users', { ...user, groups: others }, 'present')
  })
