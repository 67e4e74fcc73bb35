/**
 * Users, their access keys, roles and policies: all in memory, since every request asks for them, and in the records,
 * which come first. Changes are made one after the other. In a cluster another node's would have to be announced.
 */
import type { Clock } from '../../lib/clock.ts'
import type { RecordStore, Write } from '../../ports/records.ts'
import { randomAlphanumerics, randomDigits } from './alphanumerics.ts'
import {
  alreadyHasKeys,
  deleteConflict,
  noSuchAccessKey,
  noSuchPolicy,
  noSuchRole,
  noSuchUser,
  tooMany,
} from './errors.ts'
import { type Policy, parsePolicy } from './policy/policy.ts'
import {
  ACCESS_KEYS_OF_USER_MAX,
  type AccessKeyRecord,
  accessKeyKey,
  folded,
  type KnownIdentities,
  loadIdentities,
  POLICIES_MAX,
  type PolicyRecord,
  type PolicyRef,
  policyKey,
  ROLES_MAX,
  type RoleRecord,
  roleKey,
  USERS_MAX,
  type UserRecord,
  userKey,
} from './records.ts'
import { systemPolicies } from './system-policies.ts'

export interface DirectoryOptions {
  records: RecordStore
  clock: Clock
  randomBytes(count: number): Buffer
}

export class Directory {
  readonly #records: RecordStore
  readonly #clock: Clock
  readonly #randomBytes: (count: number) => Buffer
  readonly #known: KnownIdentities
  #changes: Promise<unknown> = Promise.resolve()
  #version = 0

  static async open(options: DirectoryOptions): Promise<Directory> {
    return new Directory(options, await loadIdentities(options.records))
  }

  private constructor({ records, clock, randomBytes }: DirectoryOptions, known: KnownIdentities) {
    this.#records = records
    this.#clock = clock
    this.#randomBytes = randomBytes
    this.#known = known
  }

  /** Another after every change: what was concluded from the directory holds while it is the same. */
  get version(): number {
    return this.#version
  }

  user = (userName: string): UserRecord | undefined => this.#known.users.get(folded(userName))
  role = (roleName: string): RoleRecord | undefined => this.#known.roles.get(folded(roleName))
  policy = (policyName: string): PolicyRecord | undefined => this.#known.policies.get(folded(policyName))
  accessKey = (accessKeyId: string): AccessKeyRecord | undefined => this.#known.accessKeys.get(accessKeyId)

  users = (): UserRecord[] => [...this.#known.users.values()]
  roles = (): RoleRecord[] => [...this.#known.roles.values()]
  policies = (): PolicyRecord[] => [...this.#known.policies.values()]
  keysOf = (userName: string): AccessKeyRecord[] =>
    [...this.#known.accessKeys.values()].filter((key) => folded(key.userName) === folded(userName))

  /** Ready to be asked. */
  attached(refs: readonly PolicyRef[]): Policy[] {
    return refs.map(({ policyType, policyName }) => {
      const text = this.#textOf({ policyType, policyName })
      if (text === undefined) throw new Error(`the policy ${policyName} is attached and does not exist`)
      return parsePolicy(text, 'access')
    })
  }

  /** Makes a user, or gives one that is there other policies. */
  putUser(userName: string, policies: readonly PolicyRef[]): Promise<UserRecord> {
    return this.#change(async () => {
      this.#requirePolicies(policies)
      const before = this.user(userName)
      if (!before && this.#known.users.size >= USERS_MAX) throw tooMany('users', USERS_MAX)
      const user: UserRecord = before
        ? { ...before, policies }
        : { userName, userId: this.#newId('2'), policies, createdTime: this.#now() }
      await this.#records.commit([
        { put: userKey(userName), value: user, expect: before ? 'present' : 'absent' },
        ...checksOf(policies),
      ])
      this.#known.users.set(folded(userName), user)
      return user
    })
  }

  /** With all access keys. */
  deleteUser(userName: string): Promise<void> {
    return this.#change(async () => {
      if (!this.user(userName)) throw noSuchUser(userName)
      const keys = this.keysOf(userName)
      await this.#records.commit([
        { remove: userKey(userName), expect: 'present' },
        ...keys.map(({ accessKeyId }): Write => ({ remove: accessKeyKey(accessKeyId) })),
      ])
      this.#known.users.delete(folded(userName))
      for (const { accessKeyId } of keys) this.#known.accessKeys.delete(accessKeyId)
    })
  }

  createAccessKey(userName: string): Promise<AccessKeyRecord> {
    return this.#change(async () => {
      const user = this.user(userName)
      if (!user) throw noSuchUser(userName)
      if (this.keysOf(userName).length >= ACCESS_KEYS_OF_USER_MAX)
        throw alreadyHasKeys(userName, ACCESS_KEYS_OF_USER_MAX)
      const created: AccessKeyRecord = {
        accessKeyId: `LTAI${randomAlphanumerics(20, this.#randomBytes)}`,
        accessKeySecret: randomAlphanumerics(30, this.#randomBytes),
        userName: user.userName,
        status: 'Active',
        createdTime: this.#now(),
      }
      await this.#records.commit([
        { put: accessKeyKey(created.accessKeyId), value: created, expect: 'absent' },
        { check: userKey(userName), expect: 'present' },
      ])
      this.#known.accessKeys.set(created.accessKeyId, created)
      return created
    })
  }

  setAccessKeyStatus(accessKeyId: string, status: AccessKeyRecord['status']): Promise<AccessKeyRecord> {
    return this.#change(async () => {
      const before = this.accessKey(accessKeyId)
      if (!before) throw noSuchAccessKey(accessKeyId)
      const after = { ...before, status }
      await this.#records.commit([{ put: accessKeyKey(accessKeyId), value: after, expect: 'present' }])
      this.#known.accessKeys.set(accessKeyId, after)
      return after
    })
  }

  deleteAccessKey(accessKeyId: string): Promise<void> {
    return this.#change(async () => {
      if (!this.accessKey(accessKeyId)) throw noSuchAccessKey(accessKeyId)
      await this.#records.commit([{ remove: accessKeyKey(accessKeyId), expect: 'present' }])
      this.#known.accessKeys.delete(accessKeyId)
    })
  }

  /** Makes a role, or changes one that is there; sessions of it go on, with its new policies. */
  putRole(
    roleName: string,
    given: Pick<RoleRecord, 'assumeRolePolicyDocument' | 'maxSessionDurationSeconds' | 'policies'>,
  ): Promise<RoleRecord> {
    return this.#change(async () => {
      this.#requirePolicies(given.policies)
      const before = this.role(roleName)
      if (!before && this.#known.roles.size >= ROLES_MAX) throw tooMany('roles', ROLES_MAX)
      const role: RoleRecord = before
        ? { ...before, ...given }
        : { roleName, roleId: this.#newId('3'), ...given, createdTime: this.#now() }
      await this.#records.commit([
        { put: roleKey(roleName), value: role, expect: before ? 'present' : 'absent' },
        ...checksOf(given.policies),
      ])
      this.#known.roles.set(folded(roleName), role)
      return role
    })
  }

  /** Sessions of it end with it. */
  deleteRole(roleName: string): Promise<void> {
    return this.#change(async () => {
      if (!this.role(roleName)) throw noSuchRole(roleName)
      await this.#records.commit([{ remove: roleKey(roleName), expect: 'present' }])
      this.#known.roles.delete(folded(roleName))
    })
  }

  putPolicy(policyName: string, policyDocument: string): Promise<PolicyRecord> {
    return this.#change(async () => {
      const before = this.policy(policyName)
      if (!before && this.#known.policies.size >= POLICIES_MAX) throw tooMany('policies', POLICIES_MAX)
      const policy: PolicyRecord = before
        ? { ...before, policyDocument }
        : { policyName, policyDocument, createdTime: this.#now() }
      await this.#records.commit([
        { put: policyKey(policyName), value: policy, expect: before ? 'present' : 'absent' },
      ])
      this.#known.policies.set(folded(policyName), policy)
      return policy
    })
  }

  /** Refused while it is attached. */
  deletePolicy(policyName: string): Promise<void> {
    return this.#change(async () => {
      if (!this.policy(policyName)) throw noSuchPolicy(policyName)
      const attachedTo = [...this.users(), ...this.roles()].find(({ policies }) =>
        policies.some((ref) => ref.policyType === 'Custom' && folded(ref.policyName) === folded(policyName)),
      )
      if (attachedTo) throw deleteConflict(policyName)
      await this.#records.commit([{ remove: policyKey(policyName), expect: 'present' }])
      this.#known.policies.delete(folded(policyName))
    })
  }

  #textOf({ policyType, policyName }: PolicyRef): string | undefined {
    return policyType === 'System' ? systemPolicies.get(policyName) : this.policy(policyName)?.policyDocument
  }

  #requirePolicies(refs: readonly PolicyRef[]): void {
    for (const ref of refs) if (this.#textOf(ref) === undefined) throw noSuchPolicy(ref.policyName)
  }

  #newId = (first: string): string => first + randomDigits(17, this.#randomBytes)
  #now = (): string => `${new Date(this.#clock.now()).toISOString().slice(0, 19)}Z`

  /** One change at a time, each after what the one before has decided. */
  #change<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#changes.then(work).finally(() => {
      this.#version++
    })
    // The next one does not care how this one went; who asked for it is told.
    this.#changes = done.catch(() => {})
    return done
  }
}

const checksOf = (refs: readonly PolicyRef[]): Write[] =>
  refs.flatMap(({ policyType, policyName }) =>
    policyType === 'Custom' ? [{ check: policyKey(policyName), expect: 'present' as const }] : [],
  )
