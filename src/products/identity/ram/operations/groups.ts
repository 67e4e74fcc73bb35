import {
  addUserToGroup,
  createGroup,
  deleteGroup,
  removeUserFromGroup,
  requireGroup,
  updateGroup,
} from '../../changes/groups.ts'
import { requireUser } from '../../changes/users.ts'
import type { Directory } from '../../directory.ts'
import { groupDocument } from '../documents.ts'
import { pageOf } from '../paging.ts'
import { commentsIn, defined, nameIn, newNameIn } from '../parameters.ts'
import { groupResource, userResource } from '../resources.ts'
import { operation, type Parameters } from '../vocabulary.ts'

const groupNamed = (parameters: Parameters, directory: Directory) => [
  groupResource(directory, nameIn(parameters, 'GroupName')),
]
const userAndGroup = (parameters: Parameters, directory: Directory) => [
  userResource(directory, nameIn(parameters, 'UserName')),
  ...groupNamed(parameters, directory),
]
const namesIn = (parameters: Parameters) => ({
  userName: nameIn(parameters, 'UserName'),
  groupName: nameIn(parameters, 'GroupName'),
})

export const groupOperations = [
  operation('CreateGroup', groupNamed, async (parameters, directory) => {
    const group = await createGroup(directory, {
      groupName: nameIn(parameters, 'GroupName'),
      ...defined({ comments: commentsIn(parameters) }),
    })
    return { Group: groupDocument(group) }
  }),

  operation('GetGroup', groupNamed, async (parameters, directory) => ({
    Group: groupDocument(requireGroup(directory, nameIn(parameters, 'GroupName'))),
  })),

  operation(
    'UpdateGroup',
    (parameters, directory) => [
      ...groupNamed(parameters, directory),
      ...[newNameIn(parameters, 'NewGroupName') ?? []].flat().map((name) => groupResource(directory, name)),
    ],
    async (parameters, directory) => {
      const group = await updateGroup(directory, nameIn(parameters, 'GroupName'), {
        ...defined({
          newGroupName: newNameIn(parameters, 'NewGroupName'),
          comments: commentsIn(parameters, 'NewComments'),
        }),
      })
      return { Group: groupDocument(group) }
    },
  ),

  operation(
    'ListGroups',
    () => ['group/*'],
    async (parameters, directory) => {
      const { items, bounds } = pageOf(directory.groups(), ({ groupName }) => groupName, parameters)
      return { ...bounds, Groups: { Group: items.map(groupDocument) } }
    },
  ),

  operation('DeleteGroup', groupNamed, async (parameters, directory) => {
    await deleteGroup(directory, nameIn(parameters, 'GroupName'))
    return {}
  }),

  operation('AddUserToGroup', userAndGroup, async (parameters, directory) => {
    await addUserToGroup(directory, namesIn(parameters))
    return {}
  }),

  operation('RemoveUserFromGroup', userAndGroup, async (parameters, directory) => {
    await removeUserFromGroup(directory, namesIn(parameters))
    return {}
  }),

  operation(
    'ListGroupsForUser',
    (parameters, directory) => [userResource(directory, nameIn(parameters, 'UserName'))],
    async (parameters, directory) => {
      const user = requireUser(directory, nameIn(parameters, 'UserName'))
      const groups = directory.groupsOf(user).map((group) => ({
        GroupId: group.groupId,
        GroupName: group.groupName,
        Comments: group.comments,
        JoinDate: user.groups?.find(({ groupId }) => groupId === group.groupId)?.joinedTime,
      }))
      return { Groups: { Group: groups } }
    },
  ),

  operation('ListUsersForGroup', groupNamed, async (parameters, directory) => {
    const group = requireGroup(directory, nameIn(parameters, 'GroupName'))
    const { items, bounds } = pageOf(directory.membersOf(group), ({ userName }) => userName, parameters)
    const users = items.map(({ userName, displayName, groups }) => ({
      UserName: userName,
      DisplayName: displayName,
      JoinDate: groups?.find(({ groupId }) => groupId === group.groupId)?.joinedTime,
    }))
    return { ...bounds, Users: { User: users } }
  }),
]
