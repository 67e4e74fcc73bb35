/**
 * Users, their access keys, groups, roles and policies: all in memory, since every request asks for them, and in the
 * records, which come first. Changes (`changes/`) are made one after the other. In a cluster another node's would have
 * to be announced.
 */
import type { Clock } from '../../lib/clock.ts'
import type { RecordStore, Write } from '../../ports/records.ts'
import { randomAlphanumerics, randomDigits } from './alphanumerics.ts'
import { type Policy, parsePolicy } from './policy/policy.ts'
import {
  type AccessKeyRecord,
  defaultVersionOf,
  folded,
  type GroupRecord,
  idOf,
  type Kind,
  type Kinds,
  type KnownIdentities,
  lastUseKey,
  loadIdentities,
  type PolicyRecord,
  type PolicyRef,
  type RoleRecord,
  recordKey,
  type UserRecord,
} from './records.ts'
import { systemPolicies } from './system-policies.ts'

export interface DirectoryOptions {
  records: RecordStore
  clock: Clock
  randomBytes(count: number): Buffer
}

/** Collects what one change writes while it is decided; all of it is committed as one batch, or none. */
export interface Change {
  /** `2026-01-01T00:00:00Z` */
  readonly time: string
  newId(firstDigit: string): string
  newSecret(length: number): string
  put<K extends Kind>(kind: K, record: Kinds[K], expect: 'absent' | 'present'): void
  remove<K extends Kind>(kind: K, record: Kinds[K]): void
  /** It has to be there still. */
  require<K extends Kind>(kind: K, record: Kinds[K]): void
}

export class Directory {
  readonly #records: RecordStore
  readonly #clock: Clock
  readonly #randomBytes: (count: number) => Buffer
  readonly #known: KnownIdentities
  readonly #groupsById: Map<string, GroupRecord>
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
    this.#groupsById = new Map([...known.groups.values()].map((group) => [group.groupId, group]))
  }

  /** Another after every change: what was concluded from the directory holds while it is the same. */
  get version(): number {
    return this.#version
  }

  user = (userName: string): UserRecord | undefined => this.#known.users.get(folded(userName))
  group = (groupName: string): GroupRecord | undefined => this.#known.groups.get(folded(groupName))
  role = (roleName: string): RoleRecord | undefined => this.#known.roles.get(folded(roleName))
  policy = (policyName: string): PolicyRecord | undefined => this.#known.policies.get(folded(policyName))
  accessKey = (accessKeyId: string): AccessKeyRecord | undefined => this.#known.accessKeys.get(accessKeyId)

  users = (): UserRecord[] => [...this.#known.users.values()]
  groups = (): GroupRecord[] => [...this.#known.groups.values()]
  roles = (): RoleRecord[] => [...this.#known.roles.values()]
  policies = (): PolicyRecord[] => [...this.#known.policies.values()]
  keysOf = (userName: string): AccessKeyRecord[] =>
    [...this.#known.accessKeys.values()].filter((key) => folded(key.userName) === folded(userName))

  groupsOf = ({ groups = [] }: UserRecord): GroupRecord[] =>
    groups.map(({ groupId }) => {
      const group = this.#groupsById.get(groupId)
      if (!group) throw new Error(`the group ${groupId} has a member and does not exist`)
      return group
    })
  membersOf = ({ groupId }: GroupRecord): UserRecord[] =>
    this.users().filter(({ groups = [] }) => groups.some((one) => one.groupId === groupId))

  /** Ready to be asked: of a user also those of the user's groups. */
  policiesOf(owner: UserRecord | RoleRecord): Policy[] {
    const groups = 'userName' in owner ? this.groupsOf(owner) : []
    return [owner, ...groups].flatMap(({ policies }) => this.#attached(policies))
  }

  /** JSON of the version that counts. Undefined: there is no such policy. */
  textOf({ policyType, policyName }: PolicyRef): string | undefined {
    if (policyType === 'System') return systemPolicies.get(policyName)
    const policy = this.policy(policyName)
    return policy && defaultVersionOf(policy).policyDocument
  }

  /**
   * `decide` looks at the directory as the change before has left it, and says what is written; what it throws is thrown,
   * and nothing is. The result is answered when the change is durable.
   */
  change<Result>(decide: (change: Change) => Result): Promise<Result> {
    const done = this.#changes
      .then(async () => {
        const writes: Write[] = []
        const effects: (() => void)[] = []
        const result = decide(this.#collecting(writes, effects))
        if (writes.length > 0) await this.#records.commit(writes)
        for (const effect of effects) effect()
        return result
      })
      .finally(() => {
        this.#version++
      })
    // The next one does not care how this one went; who asked for it is told.
    this.#changes = done.catch(() => {})
    return done
  }

  #collecting(writes: Write[], effects: (() => void)[]): Change {
    const place = <K extends Kind>(kind: K, record: Kinds[K]) => {
      const id = idOf(kind, record)
      return { id, key: recordKey(kind, id), known: this.#known[kind] as Map<string, Kinds[K]> }
    }
    return {
      time: `${new Date(this.#clock.now()).toISOString().slice(0, 19)}Z`,
      newId: (firstDigit) => firstDigit + randomDigits(17, this.#randomBytes),
      newSecret: (length) => randomAlphanumerics(length, this.#randomBytes),
      put: (kind, record, expect) => {
        const { id, key, known } = place(kind, record)
        writes.push({ put: key, value: record, expect })
        effects.push(() => {
          known.set(id, record)
          if ('groupId' in record) this.#groupsById.set(record.groupId, record)
        })
      },
      remove: (kind, record) => {
        const { id, key, known } = place(kind, record)
        writes.push({ remove: key, expect: 'present' })
        if ('accessKeyId' in record) writes.push({ remove: lastUseKey(record.accessKeyId) })
        effects.push(() => {
          known.delete(id)
          if ('groupId' in record) this.#groupsById.delete(record.groupId)
        })
      },
      require: (kind, record) => {
        writes.push({ check: place(kind, record).key, expect: 'present' })
      },
    }
  }

  #attached(refs: readonly PolicyRef[]): Policy[] {
    return refs.map((ref) => {
      const text = this.textOf(ref)
      if (text === undefined) throw new Error(`the policy ${ref.policyName} is attached and does not exist`)
      return parsePolicy(text, 'access')
    })
  }
}
