/** The policy of a browser form: who signed it, and what it lets the form upload. */
import { createHmac } from 'node:crypto'
import { constantTimeEqual } from '../../lib/checksums.ts'
import type { Clock } from '../../lib/clock.ts'
import { OSS_V4_ALGORITHM, ossV4SigningKey } from '../../lib/signing/oss.ts'
import { isSkewed } from '../../wire/signatures/compare.ts'
import { ossV1Signature } from '../../wire/signatures/oss-v1.ts'
import type { Principal, SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import {
  accessDenied,
  entityTooLarge,
  entityTooSmall,
  invalidAccessKeyId,
  invalidArgument,
  invalidPolicyDocument,
  invalidSecurityToken,
  policyConditionFailed,
  requestTimeTooSkewed,
  securityTokenExpired,
  signatureDoesNotMatch,
} from './errors.ts'

/** Fields by lower-case name. */
export type FormFields = ReadonlyMap<string, string>

/** Who signed the form's policy. Throws unless somebody did. */
export function verifyFormBy({ lookup, clock }: { lookup: SecretLookup; clock: Clock }) {
  return (fields: FormFields): Principal | undefined => {
    const policy = fields.get('policy')
    const isV4 = fields.get('x-oss-signature-version') === OSS_V4_ALGORITHM
    const version = fields.get('x-oss-signature-version')
    if (version !== undefined && !isV4) throw invalidArgument('x-oss-signature-version', version)
    const accessKeyId = isV4 ? fields.get('x-oss-credential')?.split('/')[0] : fields.get('ossaccesskeyid')
    const signature = isV4 ? fields.get('x-oss-signature') : fields.get('signature')
    if (policy === undefined || !accessKeyId || !signature) {
      throw accessDenied('You have no right to access this object because of bucket acl.')
    }
    const answer = lookup.secretOf(accessKeyId, fields.get('x-oss-security-token'))
    if (answer.is === 'unknownAccessKey') throw invalidAccessKeyId(accessKeyId)
    if (answer.is === 'invalidToken') throw invalidSecurityToken()
    if (answer.is === 'expiredToken') throw securityTokenExpired()
    // A grant for one upload is for a PutObject.
    if (answer.allows.to === 'putObjects') throw accessDenied()
    const expected = isV4
      ? signatureV4(fields, answer.accessKeySecret, policy, clock)
      : ossV1Signature(answer.accessKeySecret, policy)
    if (!constantTimeEqual(signature, expected)) {
      throw signatureDoesNotMatch({
        OSSAccessKeyId: accessKeyId,
        SignatureProvided: signature,
        StringToSign: policy,
      })
    }
    return answer.principal
  }
}

function signatureV4(fields: FormFields, accessKeySecret: string, policy: string, clock: Clock): string {
  const credential = fields.get('x-oss-credential') ?? ''
  const match = /^[^/]+\/(\d{8})\/([^/]+)\/([^/]+)\/aliyun_v4_request$/.exec(credential)
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(fields.get('x-oss-date') ?? '')
  if (!match) throw invalidArgument('x-oss-credential', credential)
  if (!date?.[0].startsWith(match[1]!)) throw invalidArgument('x-oss-date', fields.get('x-oss-date') ?? '')
  const [, year, month, day, hour, minute, second] = date
  const dateMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  // The policy says until when it is good; a day that has not come is nobody's.
  if (Number.isNaN(dateMs) || (dateMs > clock.now() && isSkewed(dateMs, clock.now())))
    throw requestTimeTooSkewed(clock.now())
  const key = ossV4SigningKey(accessKeySecret, { date: match[1]!, region: match[2]!, product: match[3]! })
  return createHmac('sha256', key).update(policy).digest('hex')
}

export interface SizeRange {
  min: number
  max: number
}

/** Throws unless every condition of the policy holds for the fields; answers the sizes that it allows. */
export function checkPolicy(
  fields: FormFields,
  { bucket, nowMs, sizeBytesMax }: { bucket: string; nowMs: number; sizeBytesMax: number },
): SizeRange {
  const range = { min: 0, max: sizeBytesMax }
  const text = fields.get('policy')
  if (text === undefined) return range
  const policy = documentOf(text)
  const expiresMs = typeof policy.expiration === 'string' ? Date.parse(policy.expiration) : Number.NaN
  if (Number.isNaN(expiresMs)) throw invalidPolicyDocument('expiration is a date')
  if (expiresMs <= nowMs) throw accessDenied('Invalid according to Policy: Policy expired.')
  if (!Array.isArray(policy.conditions)) throw invalidPolicyDocument('conditions is a list')
  const fieldOf = (name: string): string => (name === 'bucket' ? bucket : (fields.get(name) ?? ''))
  for (const condition of policy.conditions as unknown[]) checkCondition(condition, fieldOf, range)
  return range
}

function documentOf(text: string): { expiration?: unknown; conditions?: unknown } {
  let policy: unknown
  try {
    policy = JSON.parse(Buffer.from(text, 'base64').toString())
  } catch {
    throw invalidPolicyDocument('it is not base64 of JSON')
  }
  if (typeof policy !== 'object' || policy === null) throw invalidPolicyDocument('it is not an object')
  return policy
}

function checkCondition(condition: unknown, fieldOf: (name: string) => string, range: SizeRange): void {
  const failed = () => policyConditionFailed(JSON.stringify(condition))
  if (!Array.isArray(condition)) {
    if (typeof condition !== 'object' || condition === null) throw invalidPolicyDocument('a condition')
    for (const [name, wanted] of Object.entries(condition))
      if (fieldOf(name.toLowerCase()) !== wanted) throw failed()
    return
  }
  const [operator, subject, wanted] = condition as unknown[]
  if (operator === 'content-length-range') {
    if (!Number.isSafeInteger(subject) || !Number.isSafeInteger(wanted))
      throw invalidPolicyDocument('content-length-range has two numbers')
    range.min = Math.max(range.min, subject as number)
    range.max = Math.min(range.max, wanted as number)
    return
  }
  if (typeof subject !== 'string' || !subject.startsWith('$'))
    throw invalidPolicyDocument('a condition names a field by $')
  const value = fieldOf(subject.slice(1).toLowerCase())
  if (!holds(operator, value, wanted)) throw failed()
}

function holds(operator: unknown, value: string, wanted: unknown): boolean {
  switch (operator) {
    case 'eq':
      return value === wanted
    case 'starts-with':
      return typeof wanted === 'string' && value.startsWith(wanted)
    case 'in':
      return Array.isArray(wanted) && wanted.includes(value)
    case 'not-in':
      return Array.isArray(wanted) && !wanted.includes(value)
    default:
      throw invalidPolicyDocument(`the condition ${String(operator)}`)
  }
}

export function checkSize({ min, max }: SizeRange, sizeBytes: number): void {
  if (sizeBytes > max) throw entityTooLarge(max)
  if (sizeBytes < min) throw entityTooSmall(1, sizeBytes, min)
}
