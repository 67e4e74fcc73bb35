/** What is kept of users, access keys, groups, roles and policies, and where. */
import type { RecordStore } from '../../ports/records.ts'

export interface PolicyRef {
  policyType: 'System' | 'Custom'
  policyName: string
}

export interface Attachment extends PolicyRef {
  /** Undefined: it was attached before times were kept. */
  attachedTime?: string
}

export interface Membership {
  /** Of the group, whose name may change. */
  groupId: string
  joinedTime: string
}

export interface UserRecord {
  userName: string
  userId: string
  displayName?: string
  mobilePhone?: string
  email?: string
  comments?: string
  policies: readonly Attachment[]
  /** Undefined: none. */
  groups?: readonly Membership[]
  createdTime: string
  updatedTime?: string
}

export interface AccessKeyRecord {
  accessKeyId: string
  /** Kept as it is: a signature by HMAC can only be checked with it. It is in no log and no answer but that of its making. */
  accessKeySecret: string
  userName: string
  status: 'Active' | 'Inactive'
  createdTime: string
}

export interface GroupRecord {
  groupName: string
  groupId: string
  comments?: string
  policies: readonly Attachment[]
  createdTime: string
  updatedTime?: string
}

export interface RoleRecord {
  roleName: string
  roleId: string
  description?: string
  /** JSON. */
  assumeRolePolicyDocument: string
  maxSessionDurationSeconds: number
  policies: readonly Attachment[]
  createdTime: string
  updatedTime?: string
}

export interface PolicyVersion {
  /** `v1`; never used twice for a policy. */
  versionId: string
  /** JSON. */
  policyDocument: string
  createdTime: string
}

export interface PolicyRecord {
  policyName: string
  description?: string
  /** Of the version that counts. */
  defaultVersionId: string
  /** Oldest first. */
  versions: readonly PolicyVersion[]
  /** Versions that were ever made. */
  versionsMade: number
  createdTime: string
  updatedTime?: string
}

/** What the directory knows, by kind. */
export interface Kinds {
  users: UserRecord
  accessKeys: AccessKeyRecord
  groups: GroupRecord
  roles: RoleRecord
  policies: PolicyRecord
}
export type Kind = keyof Kinds

/** Of each kind in one account: what the vendor allows, so that all of them fit into memory. */
export const USERS_MAX = 5000
export const ACCESS_KEYS_OF_USER_MAX = 2
export const GROUPS_MAX = 300
export const GROUPS_OF_USER_MAX = 10
export const ROLES_MAX = 1000
export const POLICIES_MAX = 1500
export const VERSIONS_OF_POLICY_MAX = 5
/** Attached to one user, group or role by the RAM API. */
export const ATTACHED_MAX = { System: 20, Custom: 10 } as const
/** Attached to one user or role by the administration, of both types together. */
export const PUT_ATTACHED_MAX = 20

const places: { readonly [K in Kind]: { prefix: string; max: number; idOf(record: Kinds[K]): string } } = {
  users: { prefix: 'identity/users/', max: USERS_MAX, idOf: ({ userName }) => folded(userName) },
  accessKeys: {
    prefix: 'identity/access-keys/',
    max: USERS_MAX * ACCESS_KEYS_OF_USER_MAX,
    idOf: ({ accessKeyId }) => accessKeyId,
  },
  groups: { prefix: 'identity/groups/', max: GROUPS_MAX, idOf: ({ groupName }) => folded(groupName) },
  roles: { prefix: 'identity/roles/', max: ROLES_MAX, idOf: ({ roleName }) => folded(roleName) },
  policies: { prefix: 'identity/policies/', max: POLICIES_MAX, idOf: ({ policyName }) => folded(policyName) },
}

/** Names of users, groups, roles and policies differ in more than case, as with the vendor. */
export const folded = (name: string): string => name.toLowerCase()

export const isSamePolicy = (one: PolicyRef, other: PolicyRef): boolean =>
  one.policyType === other.policyType && folded(one.policyName) === folded(other.policyName)

/** What it is found by in memory: its name without regard to case, or the id of a key. */
export const idOf = <K extends Kind>(kind: K, record: Kinds[K]): string => places[kind].idOf(record)

export const recordKey = (kind: Kind, id: string): string => places[kind].prefix + id

/** When a key was last used; removed with the key. */
export const lastUseKey = (accessKeyId: string): string => `identity/last-uses/${accessKeyId}`

export type KnownIdentities = { [K in Kind]: Map<string, Kinds[K]> }

export async function loadIdentities(records: RecordStore): Promise<KnownIdentities> {
  const all = async <T>(kind: Kind): Promise<Map<string, T>> => {
    const { prefix, max } = places[kind]
    const found = await records.list<T>({ prefix, limit: max })
    return new Map(found.map(({ key, value }) => [key.slice(prefix.length), value]))
  }
  const [users, accessKeys, groups, roles, policies] = await Promise.all([
    all<UserRecord>('users'),
    all<AccessKeyRecord>('accessKeys'),
    all<GroupRecord>('groups'),
    all<RoleRecord>('roles'),
    all<PolicyRecord | PolicyWithoutVersions>('policies'),
  ])
  return {
    users,
    accessKeys,
    groups,
    roles,
    policies: new Map([...policies].map(([id, policy]) => [id, withVersions(policy)])),
  }
}

/** As policies were kept before they had versions. */
interface PolicyWithoutVersions {
  policyName: string
  policyDocument: string
  createdTime: string
}

function withVersions(policy: PolicyRecord | PolicyWithoutVersions): PolicyRecord {
  if ('versions' in policy) return policy
  const { policyName, policyDocument, createdTime } = policy
  return {
    policyName,
    defaultVersionId: 'v1',
    versions: [{ versionId: 'v1', policyDocument, createdTime }],
    versionsMade: 1,
    createdTime,
  }
}

/** The version that counts. */
export function defaultVersionOf({ policyName, versions, defaultVersionId }: PolicyRecord): PolicyVersion {
  const version = versions.find(({ versionId }) => versionId === defaultVersionId)
  if (!version) throw new Error(`the policy ${policyName} has no version that counts`)
  return version
}
