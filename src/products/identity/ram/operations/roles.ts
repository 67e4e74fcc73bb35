import { createRole, deleteRole, requireRole, updateRole } from '../../changes/roles.ts'
import type { Directory } from '../../directory.ts'
import { roleDocument, roleWithTrust } from '../documents.ts'
import { pageOf } from '../paging.ts'
import { defined, descriptionIn, integerIn, nameIn, refuseTags, trustIn } from '../parameters.ts'
import { roleResource } from '../resources.ts'
import { operation, type Parameters } from '../vocabulary.ts'

/** A session lasts an hour unless the role says more, and never longer than half a day. */
const SESSION_SECONDS = { min: 3600, max: 43_200, usual: 3600 } as const

const roleNamed = (parameters: Parameters, directory: Directory) => [
  roleResource(directory, nameIn(parameters, 'RoleName')),
]

export const roleOperations = [
  operation('CreateRole', roleNamed, async (parameters, directory, { accountId }) => {
    refuseTags(parameters)
    const role = await createRole(directory, {
      roleName: nameIn(parameters, 'RoleName'),
      assumeRolePolicyDocument: trustIn(parameters, 'AssumeRolePolicyDocument'),
      maxSessionDurationSeconds:
        integerIn(parameters, 'MaxSessionDuration', SESSION_SECONDS) ?? SESSION_SECONDS.usual,
      ...defined({ description: descriptionIn(parameters) }),
    })
    return { Role: roleWithTrust(role, accountId) }
  }),

  operation('GetRole', roleNamed, async (parameters, directory, { accountId }) => ({
    Role: roleWithTrust(requireRole(directory, nameIn(parameters, 'RoleName')), accountId),
  })),

  operation('UpdateRole', roleNamed, async (parameters, directory, { accountId }) => {
    const hasTrust = parameters.get('NewAssumeRolePolicyDocument')
    const role = await updateRole(
      directory,
      nameIn(parameters, 'RoleName'),
      defined({
        assumeRolePolicyDocument: hasTrust ? trustIn(parameters, 'NewAssumeRolePolicyDocument') : undefined,
        maxSessionDurationSeconds: integerIn(parameters, 'NewMaxSessionDuration', SESSION_SECONDS),
        description: descriptionIn(parameters, 'NewDescription'),
      }),
    )
    return { Role: roleWithTrust(role, accountId) }
  }),

  operation(
    'ListRoles',
    () => ['role/*'],
    async (parameters, directory, { accountId }) => {
      refuseTags(parameters)
      const { items, bounds } = pageOf(directory.roles(), ({ roleName }) => roleName, parameters)
      return { ...bounds, Roles: { Role: items.map((role) => roleDocument(role, accountId)) } }
    },
  ),

  operation('DeleteRole', roleNamed, async (parameters, directory) => {
    await deleteRole(directory, nameIn(parameters, 'RoleName'))
    return {}
  }),
]
