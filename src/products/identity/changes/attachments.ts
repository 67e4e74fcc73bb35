/** Policies that are attached to users, groups and roles. */
import type { Change, Directory } from '../directory.ts'
import {
  alreadyAttached,
  limitExceeded,
  noSuchGroup,
  noSuchPolicy,
  noSuchRole,
  noSuchUser,
  notAttached,
} from '../errors.ts'
import {
  ATTACHED_MAX,
  type Attachment,
  type GroupRecord,
  isSamePolicy,
  type PolicyRef,
  type RoleRecord,
  type UserRecord,
} from '../records.ts'

export interface HolderName {
  kind: 'User' | 'Group' | 'Role'
  name: string
}

/** Whoever policies are attached to. */
export function requireHolder(
  directory: Directory,
  { kind, name }: HolderName,
): UserRecord | GroupRecord | RoleRecord {
  const [find, refusal] = (
    {
      User: [directory.user, noSuchUser],
      Group: [directory.group, noSuchGroup],
      Role: [directory.role, noSuchRole],
    } as const
  )[kind]
  const holder = find(name)
  if (!holder) throw refusal(name)
  return holder
}

export const attachPolicy = (directory: Directory, to: HolderName, ref: PolicyRef): Promise<void> =>
  directory.change((change) => {
    const holder = requireHolder(directory, to)
    requirePolicies(directory, [ref], change)
    const { policies } = holder
    if (policies.some((one) => isSamePolicy(one, ref))) throw alreadyAttached(to.kind, ref.policyName)
    const sameType = policies.filter(({ policyType }) => policyType === ref.policyType)
    if (sameType.length >= ATTACHED_MAX[ref.policyType]) throw limitExceeded(`${to.kind}.Policy`)
    putHolder(change, holder, [...policies, { ...named(directory, ref), attachedTime: change.time }])
  })

export const detachPolicy = (directory: Directory, from: HolderName, ref: PolicyRef): Promise<void> =>
  directory.change((change) => {
    const holder = requireHolder(directory, from)
    requirePolicies(directory, [ref], change)
    const others = holder.policies.filter((one) => !isSamePolicy(one, ref))
    if (others.length === holder.policies.length) throw notAttached(from.kind, ref.policyName)
    putHolder(change, holder, others)
  })

/** Throws `EntityNotExist.Policy`. */
export function requirePolicies(directory: Directory, refs: readonly PolicyRef[], change: Change): void {
  for (const { policyType, policyName } of refs) {
    if (directory.textOf({ policyType, policyName }) === undefined) throw noSuchPolicy(policyName)
    const policy = policyType === 'Custom' && directory.policy(policyName)
    if (policy) change.require('policies', policy)
  }
}

/** What stays attached was attached when it was. */
export const stillAttached = (
  before: readonly Attachment[],
  wanted: readonly PolicyRef[],
  time: string,
): Attachment[] =>
  wanted.map(
    ({ policyType, policyName }) =>
      before.find((one) => isSamePolicy(one, { policyType, policyName })) ?? {
        policyType,
        policyName,
        attachedTime: time,
      },
  )

/** By the name that the policy has itself, whatever the case it was asked for in. */
const named = (directory: Directory, { policyType, policyName }: PolicyRef): PolicyRef => ({
  policyType,
  policyName: (policyType === 'Custom' ? directory.policy(policyName)?.policyName : undefined) ?? policyName,
})

function putHolder(
  change: Change,
  holder: UserRecord | GroupRecord | RoleRecord,
  policies: readonly Attachment[],
): void {
  if ('userName' in holder) change.put('users', { ...holder, policies }, 'present')
  else if ('groupName' in holder) change.put('groups', { ...holder, policies }, 'present')
  else change.put('roles', { ...holder, policies }, 'present')
}
