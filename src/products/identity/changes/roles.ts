import type { Directory } from '../directory.ts'
import { alreadyExists, limitExceeded, noSuchRole, roleHasPolicies } from '../errors.ts'
import { type PolicyRef, ROLES_MAX, type RoleRecord } from '../records.ts'
import { requirePolicies, stillAttached } from './attachments.ts'

type Terms = Pick<RoleRecord, 'assumeRolePolicyDocument' | 'maxSessionDurationSeconds' | 'description'>

export function requireRole(directory: Directory, roleName: string): RoleRecord {
  const role = directory.role(roleName)
  if (!role) throw noSuchRole(roleName)
  return role
}

export const createRole = (
  directory: Directory,
  given: Terms & Pick<RoleRecord, 'roleName'>,
): Promise<RoleRecord> =>
  directory.change((change) => {
    if (directory.role(given.roleName)) throw alreadyExists('Role', given.roleName)
    if (directory.roles().length >= ROLES_MAX) throw limitExceeded('Role')
    const role: RoleRecord = {
      ...given,
      roleId: change.newId('3'),
      policies: [],
      createdTime: change.time,
    }
    change.put('roles', role, 'absent')
    return role
  })

/** Makes a role, or changes one that is there; sessions of it go on, with its new policies. */
export const putRole = (
  directory: Directory,
  roleName: string,
  { policies, ...terms }: Terms & { policies: readonly PolicyRef[] },
): Promise<RoleRecord> =>
  directory.change((change) => {
    requirePolicies(directory, policies, change)
    const before = directory.role(roleName)
    if (!before && directory.roles().length >= ROLES_MAX) throw limitExceeded('Role')
    const attached = stillAttached(before?.policies ?? [], policies, change.time)
    const role: RoleRecord = before
      ? { ...before, ...terms, policies: attached }
      : { roleName, roleId: change.newId('3'), ...terms, policies: attached, createdTime: change.time }
    change.put('roles', role, before ? 'present' : 'absent')
    return role
  })

/** Sessions of it go on as its trust was when they began, and no longer than they were given. */
export const updateRole = (
  directory: Directory,
  roleName: string,
  terms: Partial<Terms>,
): Promise<RoleRecord> =>
  directory.change((change) => {
    const role: RoleRecord = { ...requireRole(directory, roleName), ...terms, updatedTime: change.time }
    change.put('roles', role, 'present')
    return role
  })

/** Sessions of it end with it. Refused while it has policies. */
export const deleteRole = (directory: Directory, roleName: string): Promise<void> =>
  directory.change((change) => {
    const role = requireRole(directory, roleName)
    if (role.policies.length > 0) throw roleHasPolicies(roleName)
    change.remove('roles', role)
  })

/** With its attachments. */
export const deleteRoleWithAll = (directory: Directory, roleName: string): Promise<void> =>
  directory.change((change) => change.remove('roles', requireRole(directory, roleName)))
