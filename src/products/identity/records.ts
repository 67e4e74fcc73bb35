/** What is kept of users, access keys, roles and policies, and where. */
import type { RecordStore } from '../../ports/records.ts'

export interface PolicyRef {
  policyType: 'System' | 'Custom'
  policyName: string
}

export interface UserRecord {
  userName: string
  userId: string
  policies: readonly PolicyRef[]
  createdTime: string
}

export interface AccessKeyRecord {
  accessKeyId: string
  /** Kept as it is: a signature by HMAC can only be checked with it. It is in no log and no answer but that of its making. */
  accessKeySecret: string
  userName: string
  status: 'Active' | 'Inactive'
  createdTime: string
}

export interface RoleRecord {
  roleName: string
  roleId: string
  /** JSON. */
  assumeRolePolicyDocument: string
  maxSessionDurationSeconds: number
  policies: readonly PolicyRef[]
  createdTime: string
}

export interface PolicyRecord {
  policyName: string
  /** JSON. */
  policyDocument: string
  createdTime: string
}

const USERS = 'identity/users/'
const ACCESS_KEYS = 'identity/access-keys/'
const ROLES = 'identity/roles/'
const POLICIES = 'identity/policies/'

/** Names of users, roles and policies differ in more than case, as with the vendor. */
export const folded = (name: string): string => name.toLowerCase()

export const userKey = (userName: string): string => USERS + folded(userName)
export const accessKeyKey = (accessKeyId: string): string => ACCESS_KEYS + accessKeyId
export const roleKey = (roleName: string): string => ROLES + folded(roleName)
export const policyKey = (policyName: string): string => POLICIES + folded(policyName)

/** Of each kind in one account: what the vendor allows, so that all of them fit into memory. */
export const USERS_MAX = 1000
export const ACCESS_KEYS_OF_USER_MAX = 2
export const ROLES_MAX = 1000
export const POLICIES_MAX = 1500
/** Attached to one user or role. */
export const ATTACHED_MAX = 20

export interface KnownIdentities {
  users: Map<string, UserRecord>
  accessKeys: Map<string, AccessKeyRecord>
  roles: Map<string, RoleRecord>
  policies: Map<string, PolicyRecord>
}

export async function loadIdentities(records: RecordStore): Promise<KnownIdentities> {
  const all = async <T>(prefix: string, limit: number): Promise<Map<string, T>> => {
    const found = await records.list<T>({ prefix, limit })
    return new Map(found.map(({ key, value }) => [key.slice(prefix.length), value]))
  }
  const [users, accessKeys, roles, policies] = await Promise.all([
    all<UserRecord>(USERS, USERS_MAX),
    all<AccessKeyRecord>(ACCESS_KEYS, USERS_MAX * ACCESS_KEYS_OF_USER_MAX),
    all<RoleRecord>(ROLES, ROLES_MAX),
    all<PolicyRecord>(POLICIES, POLICIES_MAX),
  ])
  return { users, accessKeys, roles, policies }
}
