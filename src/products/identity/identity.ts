/**
 * Who may call, and what: the root credentials of the account, made at the first start; users and roles of the
 * directory; and temporary credentials. Temporary ones are not kept anywhere: what they allow is sealed in their token,
 * and their secret follows from their id.
 */
import { createHmac, randomBytes as systemRandomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { AccessControl } from '../../wire/access.ts'
import type { Principal, SecretAnswer, SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import { randomAlphanumerics } from './alphanumerics.ts'
import { authority } from './authority.ts'
import { Directory } from './directory.ts'
import { type LastUses, lastUses } from './last-uses.ts'
import { parseRoleArn } from './names.ts'
import type { RoleRecord } from './records.ts'
import { loadOrCreateRoot } from './root-record.ts'
import { type Claims, temporarySecret, tokenSeal } from './token.ts'

export interface Identity extends SecretLookup, AccessControl {
  /** The account's own credentials. */
  readonly root: { accessKeyId: string; accessKeySecret: string }
  readonly directory: Directory
  readonly lastUses: LastUses
  /** Credentials that end by themselves. Those of a role end with it, too; those of an upload cannot be taken back before. */
  issue(options: IssueOptions): TemporaryCredentials
  /** The role of this ARN, or why there is none. */
  roleOf(arn: string): RoleAnswer
  /** 32 bytes that are the same after a restart and tell nothing of those for another purpose. */
  deriveSecret(purpose: string): Buffer
}

export type RoleAnswer =
  | { is: 'created'; role: RoleRecord }
  /** Nobody has created it, and the platform takes it for one that may do everything. */
  | { is: 'unrestricted' }
  | { is: 'unknown' }

export interface IssueOptions {
  allows: Claims['allows']
  durationMs: number
}

export interface TemporaryCredentials {
  accessKeyId: string
  accessKeySecret: string
  securityToken: string
  expiresAtMs: number
}

export interface IdentityOptions {
  records: RecordStore
  clock: Clock
  accountId: string
  /** Roles that nobody has created may do everything. Default: they do not exist. */
  unknownRolesUnrestricted?: boolean
  randomBytes?(count: number): Buffer
}

/** Opened tokens that are remembered; one more and the oldest is forgotten, and opened again when it comes. */
const REMEMBERED_TOKENS_MAX = 1000

interface RememberedToken {
  claims: Claims
  answer?: SecretAnswer
  directoryVersion?: number
}

export async function identity({
  records,
  clock,
  accountId,
  unknownRolesUnrestricted = false,
  randomBytes = systemRandomBytes,
}: IdentityOptions): Promise<Identity> {
  const kept = await loadOrCreateRoot(records, clock, randomBytes)
  const directory = await Directory.open({ records, clock, randomBytes })
  const uses = lastUses({
    records,
    clock,
    has: (accessKeyId) => directory.accessKey(accessKeyId) !== undefined,
  })
  const sealingKey = Buffer.from(kept.sealingKey, 'base64')
  const seal = tokenSeal(sealingKey, randomBytes)
  const tokens = new Map<string, RememberedToken>()
  /** Answers by key of a user, as long as the directory stays as it is; as many as there are keys. */
  const users = { answers: new Map<string, SecretAnswer>(), directoryVersion: 0 }
  const rootAnswer: SecretAnswer = {
    is: 'known',
    accountId,
    accessKeySecret: kept.accessKeySecret,
    allows: { to: 'everything' },
    principal: { is: 'account' },
  }

  function ofUser(accessKeyId: string): SecretAnswer {
    if (users.directoryVersion !== directory.version) {
      users.answers.clear()
      users.directoryVersion = directory.version
    }
    const known = users.answers.get(accessKeyId)
    if (known) return known
    const key = directory.accessKey(accessKeyId)
    const user = key && directory.user(key.userName)
    if (!key || !user) return { is: 'unknownAccessKey' }
    const { userName, userId } = user
    const answer: SecretAnswer =
      key.status === 'Inactive'
        ? { is: 'unknownAccessKey', disabled: true }
        : {
            is: 'known',
            accountId,
            accessKeySecret: key.accessKeySecret,
            allows: { to: 'actAsUser', userName },
            principal: { is: 'user', userName, userId, accessKeyId },
          }
    users.answers.set(accessKeyId, answer)
    return answer
  }

  function openToken(token: string): RememberedToken | undefined {
    const known = tokens.get(token)
    if (known) return known
    const claims = seal.open(token)
    if (!claims) return undefined
    if (tokens.size >= REMEMBERED_TOKENS_MAX) tokens.delete(tokens.keys().next().value!)
    const opened = { claims }
    tokens.set(token, opened)
    return opened
  }

  function ofToken(accessKeyId: string, token: string): SecretAnswer {
    const opened = openToken(token)
    if (!opened) return { is: 'invalidToken' }
    const { claims } = opened
    if (claims.accessKeyId !== accessKeyId || claims.accountId !== accountId) return { is: 'invalidToken' }
    if (clock.now() >= claims.expiresAtMs) return { is: 'expiredToken' }
    if (opened.answer && opened.directoryVersion === directory.version) return opened.answer
    opened.answer = answerOf(claims)
    opened.directoryVersion = directory.version
    return opened.answer
  }

  function answerOf({ accessKeyId, allows }: Claims): SecretAnswer {
    const principal = allows.to === 'actAsRole' ? principalOf(allows) : undefined
    if (principal === 'gone') return { is: 'invalidToken' }
    return {
      is: 'known',
      accountId,
      accessKeySecret: temporarySecret(sealingKey, accessKeyId),
      allows: allows.to === 'actAsRole' ? { to: 'actAsRole', roleArn: allows.roleArn } : allows,
      ...(principal && { principal }),
    }
  }

  /** A role of the same name that was created later is another. What was issued for an unknown role becomes a created one's. */
  function principalOf(allows: Extract<Claims['allows'], { to: 'actAsRole' }>): Principal | 'gone' {
    const { roleArn, roleId, sessionName = 'session', sessionPolicy, sourceIdentity, hops } = allows
    const chained = hops === undefined ? {} : { hops }
    const found = roleOf(roleArn)
    if (found.is === 'unknown') return 'gone'
    if (found.is === 'unrestricted')
      return roleId === undefined ? { is: 'unknownRole', roleArn, sessionName, ...chained } : 'gone'
    if (roleId !== undefined && roleId !== found.role.roleId) return 'gone'
    return {
      is: 'role',
      roleName: found.role.roleName,
      roleId: found.role.roleId,
      sessionName,
      ...(sessionPolicy === undefined ? {} : { sessionPolicy }),
      ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
      ...chained,
    }
  }

  function roleOf(arn: string): RoleAnswer {
    const named = parseRoleArn(arn)
    const role = named?.accountId === accountId ? directory.role(named.roleName) : undefined
    if (role) return { is: 'created', role }
    return { is: unknownRolesUnrestricted ? 'unrestricted' : 'unknown' }
  }

  return {
    accountId,
    root: { accessKeyId: kept.accessKeyId, accessKeySecret: kept.accessKeySecret },
    directory,
    lastUses: uses,
    roleOf,
    ...authority({ directory, clock, accountId, lastUses: uses }),

    secretOf(accessKeyId, securityToken) {
      if (accessKeyId === kept.accessKeyId)
        return securityToken === undefined ? rootAnswer : { is: 'invalidToken' }
      if (accessKeyId.startsWith('STS.')) {
        // A temporary key without its token is as good as none.
        return securityToken === undefined ? { is: 'unknownAccessKey' } : ofToken(accessKeyId, securityToken)
      }
      const answer = ofUser(accessKeyId)
      return answer.is === 'known' && securityToken !== undefined ? { is: 'invalidToken' } : answer
    },

    issue({ allows, durationMs }) {
      const accessKeyId = `STS.${randomAlphanumerics(25, randomBytes)}`
      const expiresAtMs = clock.now() + durationMs
      return {
        accessKeyId,
        accessKeySecret: temporarySecret(sealingKey, accessKeyId),
        securityToken: seal.close({ accessKeyId, accountId, allows, expiresAtMs }),
        expiresAtMs,
      }
    },

    deriveSecret: (purpose) => createHmac('sha256', sealingKey).update(`for ${purpose}`).digest(),
  }
}
