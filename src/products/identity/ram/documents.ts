/** How RAM shows what there is. Undefined fields are left out of answers. */
import type { Directory } from '../directory.ts'
import { roleArn } from '../names.ts'
import {
  type AccessKeyRecord,
  type Attachment,
  type GroupRecord,
  isSamePolicy,
  type PolicyRecord,
  type PolicyRef,
  type PolicyVersion,
  type RoleRecord,
  type UserRecord,
} from '../records.ts'
import { systemPolicies } from '../system-policies.ts'

export const userDocument = (user: UserRecord) => ({
  UserId: user.userId,
  UserName: user.userName,
  DisplayName: user.displayName,
  MobilePhone: user.mobilePhone,
  Email: user.email,
  Comments: user.comments,
  CreateDate: user.createdTime,
  UpdateDate: user.updatedTime ?? user.createdTime,
})

/** Without the secret, which only its making answers. */
export const accessKeyDocument = ({ accessKeyId, status, createdTime }: AccessKeyRecord) => ({
  AccessKeyId: accessKeyId,
  Status: status,
  CreateDate: createdTime,
})

export const groupDocument = (group: GroupRecord) => ({
  GroupId: group.groupId,
  GroupName: group.groupName,
  Comments: group.comments,
  CreateDate: group.createdTime,
  UpdateDate: group.updatedTime ?? group.createdTime,
})

export const roleDocument = (role: RoleRecord, accountId: string) => ({
  RoleId: role.roleId,
  RoleName: role.roleName,
  Arn: roleArn(accountId, role.roleName),
  Description: role.description,
  MaxSessionDuration: role.maxSessionDurationSeconds,
  CreateDate: role.createdTime,
  UpdateDate: role.updatedTime ?? role.createdTime,
})

export const roleWithTrust = (role: RoleRecord, accountId: string) => ({
  ...roleDocument(role, accountId),
  AssumeRolePolicyDocument: role.assumeRolePolicyDocument,
})

/** Of the system: what its name and its text are is all there is to know. */
export const policyDocument = (policy: PolicyRecord | { ofTheSystem: string }) =>
  'ofTheSystem' in policy
    ? { PolicyName: policy.ofTheSystem, PolicyType: 'System', DefaultVersion: 'v1' }
    : {
        PolicyName: policy.policyName,
        PolicyType: 'Custom',
        Description: policy.description,
        DefaultVersion: policy.defaultVersionId,
        CreateDate: policy.createdTime,
        UpdateDate: policy.updatedTime ?? policy.createdTime,
      }

export const versionDocument = (
  { versionId, policyDocument, createdTime }: PolicyVersion,
  { defaultVersionId }: Pick<PolicyRecord, 'defaultVersionId'>,
) => ({
  VersionId: versionId,
  IsDefaultVersion: versionId === defaultVersionId,
  PolicyDocument: policyDocument,
  CreateDate: createdTime,
})

/** Policies of the system have one version. Undefined: there is none of this name. */
export function versionsOf(directory: Directory, { policyType, policyName }: PolicyRef) {
  if (policyType === 'System') {
    const text = systemPolicies.get(policyName)
    return text === undefined
      ? undefined
      : [{ VersionId: 'v1', IsDefaultVersion: true, PolicyDocument: text }]
  }
  const policy = directory.policy(policyName)
  return policy?.versions.map((version) => versionDocument(version, policy))
}

export const policyOf = (directory: Directory, { policyType, policyName }: PolicyRef) =>
  policyType === 'Custom'
    ? directory.policy(policyName)
    : systemPolicies.has(policyName)
      ? { ofTheSystem: policyName }
      : undefined

/** As lists of what is attached show it. */
export function attachedDocument(directory: Directory, attachment: Attachment) {
  const policy = policyOf(directory, attachment)
  if (!policy) throw new Error(`the policy ${attachment.policyName} is attached and does not exist`)
  const { PolicyName, PolicyType, DefaultVersion, Description } = {
    Description: undefined,
    ...policyDocument(policy),
  }
  return { PolicyName, PolicyType, DefaultVersion, Description, AttachDate: attachment.attachedTime }
}

/** How often each policy is attached, by type and name; one walk over all who can have any. */
export function attachmentCounts(directory: Directory): (ref: PolicyRef) => number {
  const counts = new Map<string, number>()
  const place = ({ policyType, policyName }: PolicyRef) => `${policyType}/${policyName.toLowerCase()}`
  for (const { policies } of [...directory.users(), ...directory.groups(), ...directory.roles()]) {
    for (const ref of policies) counts.set(place(ref), (counts.get(place(ref)) ?? 0) + 1)
  }
  return (ref) => counts.get(place(ref)) ?? 0
}

export const attachmentTo = (
  { policies }: { policies: readonly Attachment[] },
  ref: PolicyRef,
): Attachment | undefined => policies.find((one) => isSamePolicy(one, ref))
