import type { Change, Directory } from '../directory.ts'
import {
  alreadyExists,
  defaultVersionStays,
  limitExceeded,
  noSuchPolicy,
  noSuchVersion,
  policyHasVersions,
  policyIsAttached,
} from '../errors.ts'
import {
  isSamePolicy,
  POLICIES_MAX,
  type PolicyRecord,
  type PolicyVersion,
  VERSIONS_OF_POLICY_MAX,
} from '../records.ts'

export function requirePolicy(directory: Directory, policyName: string): PolicyRecord {
  const policy = directory.policy(policyName)
  if (!policy) throw noSuchPolicy(policyName)
  return policy
}

interface NewPolicy {
  policyName: string
  policyDocument: string
  description?: string
}

export const createPolicy = (directory: Directory, given: NewPolicy): Promise<PolicyRecord> =>
  directory.change((change) => {
    if (directory.policy(given.policyName)) throw alreadyExists('Policy', given.policyName)
    return put(directory, change, given)
  })

/** Makes a policy, or gives one that is there a new version that counts. */
export const putPolicy = (
  directory: Directory,
  policyName: string,
  policyDocument: string,
): Promise<PolicyRecord> =>
  directory.change((change) => {
    const before = directory.policy(policyName)
    if (!before) return put(directory, change, { policyName, policyDocument })
    const { policy } = withVersion(before, change, { policyDocument, isDefault: true, rotates: true })
    change.put('policies', policy, 'present')
    return policy
  })

export const updatePolicyDescription = (
  directory: Directory,
  policyName: string,
  description: string,
): Promise<PolicyRecord> =>
  directory.change((change) => {
    const policy = { ...requirePolicy(directory, policyName), description, updatedTime: change.time }
    change.put('policies', policy, 'present')
    return policy
  })

interface NewVersion {
  policyDocument: string
  isDefault: boolean
  /** Where there are as many as there can be, the oldest goes that does not count. */
  rotates: boolean
}

export const createPolicyVersion = (
  directory: Directory,
  policyName: string,
  given: NewVersion,
): Promise<{ policy: PolicyRecord; version: PolicyVersion }> =>
  directory.change((change) => {
    const made = withVersion(requirePolicy(directory, policyName), change, given)
    change.put('policies', made.policy, 'present')
    return made
  })

export const setDefaultPolicyVersion = (
  directory: Directory,
  policyName: string,
  versionId: string,
): Promise<void> =>
  directory.change((change) => {
    const policy = requirePolicy(directory, policyName)
    requireVersion(policy, versionId)
    const after = { ...policy, defaultVersionId: versionId, updatedTime: change.time }
    change.put('policies', after, 'present')
  })

export const deletePolicyVersion = (
  directory: Directory,
  policyName: string,
  versionId: string,
): Promise<void> =>
  directory.change((change) => {
    const policy = requirePolicy(directory, policyName)
    requireVersion(policy, versionId)
    if (policy.defaultVersionId === versionId) throw defaultVersionStays(versionId)
    const versions = policy.versions.filter((version) => version.versionId !== versionId)
    change.put('policies', { ...policy, versions, updatedTime: change.time }, 'present')
  })

/** Refused while it is attached; and while it has versions that do not count, unless they go with it. */
export const deletePolicy = (
  directory: Directory,
  policyName: string,
  { withVersions }: { withVersions: boolean },
): Promise<void> =>
  directory.change((change) => {
    const policy = requirePolicy(directory, policyName)
    const ref = { policyType: 'Custom', policyName } as const
    for (const [kind, holders] of [
      ['User', directory.users()],
      ['Group', directory.groups()],
      ['Role', directory.roles()],
    ] as const) {
      const isAttached = holders.some(({ policies }) => policies.some((one) => isSamePolicy(one, ref)))
      if (isAttached) throw policyIsAttached(kind, policyName)
    }
    if (policy.versions.length > 1 && !withVersions) throw policyHasVersions(policyName)
    change.remove('policies', policy)
  })

export function requireVersion({ policyName, versions }: PolicyRecord, versionId: string): PolicyVersion {
  const version = versions.find((one) => one.versionId === versionId)
  if (!version) throw noSuchVersion(policyName, versionId)
  return version
}

function put(
  directory: Directory,
  change: Change,
  { policyName, policyDocument, ...more }: NewPolicy,
): PolicyRecord {
  if (directory.policies().length >= POLICIES_MAX) throw limitExceeded('Policy')
  const policy: PolicyRecord = {
    policyName,
    ...more,
    defaultVersionId: 'v1',
    versions: [{ versionId: 'v1', policyDocument, createdTime: change.time }],
    versionsMade: 1,
    createdTime: change.time,
  }
  change.put('policies', policy, 'absent')
  return policy
}

function withVersion(
  before: PolicyRecord,
  change: Change,
  { policyDocument, isDefault, rotates }: NewVersion,
): { policy: PolicyRecord; version: PolicyVersion } {
  const kept = [...before.versions]
  if (kept.length >= VERSIONS_OF_POLICY_MAX) {
    if (!rotates) throw limitExceeded('Policy.Version')
    kept.splice(
      kept.findIndex(({ versionId }) => versionId !== before.defaultVersionId),
      1,
    )
  }
  const versionsMade = before.versionsMade + 1
  const version = { versionId: `v${versionsMade}`, policyDocument, createdTime: change.time }
  const policy: PolicyRecord = {
    ...before,
    versions: [...kept, version],
    versionsMade,
    defaultVersionId: isDefault ? version.versionId : before.defaultVersionId,
    updatedTime: change.time,
  }
  return { policy, version }
}
