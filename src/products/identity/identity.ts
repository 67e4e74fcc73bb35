/**
 * Who may call: the root credentials of the account, made at the first start, and temporary credentials.
 * Temporary ones are not kept anywhere: what they allow is sealed in their token, and their secret follows from their id.
 */
import { createHmac, randomBytes as systemRandomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { type RecordStore, VersionConflict } from '../../ports/records.ts'
import type { Allowance, SecretAnswer, SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import { randomAlphanumerics } from './alphanumerics.ts'
import { type Claims, temporarySecret, tokenSeal } from './token.ts'

export interface Identity extends SecretLookup {
  /** The account's own credentials. */
  readonly root: { accessKeyId: string; accessKeySecret: string }
  /** Credentials that end by themselves. They cannot be taken back before. */
  issue(options: IssueOptions): TemporaryCredentials
  /** 32 bytes that are the same after a restart and tell nothing of those for another purpose. */
  deriveSecret(purpose: string): Buffer
}

export interface IssueOptions {
  allows: Exclude<Allowance, { to: 'everything' }>
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
  randomBytes?(count: number): Buffer
}

/** What is kept: a root key pair, and the key that seals tokens. */
interface IdentityRecord {
  accessKeyId: string
  accessKeySecret: string
  /** Base64 of 32 bytes. Whoever has it can make credentials. */
  sealingKey: string
  createdTime: string
}

const RECORD_KEY = 'identity/root'

/** Opened tokens that are remembered; one more and the oldest is forgotten, and opened again when it comes. */
const REMEMBERED_TOKENS_MAX = 1000

export async function identity({
  records,
  clock,
  accountId,
  randomBytes = systemRandomBytes,
}: IdentityOptions): Promise<Identity> {
  const kept = await loadOrCreate(records, clock, randomBytes)
  const sealingKey = Buffer.from(kept.sealingKey, 'base64')
  const seal = tokenSeal(sealingKey, randomBytes)
  const remembered = new Map<string, Claims>()
  const rootAnswer: SecretAnswer = {
    is: 'known',
    accountId,
    accessKeySecret: kept.accessKeySecret,
    allows: { to: 'everything' },
  }

  function claimsOf(token: string): Claims | undefined {
    const known = remembered.get(token)
    if (known) return known
    const claims = seal.open(token)
    if (!claims) return undefined
    if (remembered.size >= REMEMBERED_TOKENS_MAX) remembered.delete(remembered.keys().next().value!)
    remembered.set(token, claims)
    return claims
  }

  return {
    accountId,
    root: { accessKeyId: kept.accessKeyId, accessKeySecret: kept.accessKeySecret },

    secretOf(accessKeyId, securityToken) {
      if (accessKeyId === kept.accessKeyId)
        return securityToken === undefined ? rootAnswer : { is: 'invalidToken' }
      // A temporary key without its token is as good as none.
      if (!accessKeyId.startsWith('STS.') || securityToken === undefined) return { is: 'unknownAccessKey' }
      const claims = claimsOf(securityToken)
      if (!claims || claims.accessKeyId !== accessKeyId || claims.accountId !== accountId)
        return { is: 'invalidToken' }
      if (clock.now() >= claims.expiresAtMs) return { is: 'expiredToken' }
      return {
        is: 'known',
        accountId,
        accessKeySecret: temporarySecret(sealingKey, accessKeyId),
        allows: claims.allows,
      }
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

async function loadOrCreate(
  records: RecordStore,
  clock: Clock,
  randomBytes: (count: number) => Buffer,
): Promise<IdentityRecord> {
  const found = await records.get<IdentityRecord>(RECORD_KEY)
  if (found) return found.value
  const created: IdentityRecord = {
    accessKeyId: `LTAI${randomAlphanumerics(20, randomBytes)}`,
    accessKeySecret: randomAlphanumerics(30, randomBytes),
    sealingKey: randomBytes(32).toString('base64'),
    createdTime: new Date(clock.now()).toISOString(),
  }
  try {
    await records.commit([{ put: RECORD_KEY, value: created, expect: 'absent' }])
    return created
  } catch (error) {
    // In a cluster another node may have been first; its credentials are everyone's.
    const winner =
      error instanceof VersionConflict ? await records.get<IdentityRecord>(RECORD_KEY) : undefined
    if (!winner) throw error
    return winner.value
  }
}
