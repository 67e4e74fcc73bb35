import { createUser, deleteUser, requireUser, updateUser } from '../../changes/users.ts'
import { userDocument } from '../documents.ts'
import { pageOf } from '../paging.ts'
import { defined, nameIn, newNameIn, profileIn } from '../parameters.ts'
import { userResource } from '../resources.ts'
import { operation } from '../vocabulary.ts'

export const userOperations = [
  operation(
    'CreateUser',
    (parameters, directory) => [userResource(directory, nameIn(parameters, 'UserName'))],
    async (parameters, directory) => {
      const userName = nameIn(parameters, 'UserName')
      const user = await createUser(directory, { userName, ...profileIn(parameters) })
      return { User: userDocument(user) }
    },
  ),

  operation(
    'GetUser',
    (parameters, directory) => [userResource(directory, nameIn(parameters, 'UserName'))],
    async (parameters, directory) => ({
      User: userDocument(requireUser(directory, nameIn(parameters, 'UserName'))),
    }),
  ),

  // Roles trust users by their names: who gives a user another name has to be allowed to have one of that name.
  operation(
    'UpdateUser',
    (parameters, directory) => [
      userResource(directory, nameIn(parameters, 'UserName')),
      ...[newNameIn(parameters, 'NewUserName') ?? []].flat().map((name) => userResource(directory, name)),
    ],
    async (parameters, directory) => {
      const user = await updateUser(directory, nameIn(parameters, 'UserName'), {
        ...profileIn(parameters, 'New'),
        ...defined({ newUserName: newNameIn(parameters, 'NewUserName') }),
      })
      return { User: userDocument(user) }
    },
  ),

  operation(
    'ListUsers',
    () => ['user/*'],
    async (parameters, directory) => {
      const { items, bounds } = pageOf(directory.users(), ({ userName }) => userName, parameters)
      return { ...bounds, Users: { User: items.map(userDocument) } }
    },
  ),

  operation(
    'DeleteUser',
    (parameters, directory) => [userResource(directory, nameIn(parameters, 'UserName'))],
    async (parameters, directory) => {
      await deleteUser(directory, nameIn(parameters, 'UserName'))
      return {}
    },
  ),
]
