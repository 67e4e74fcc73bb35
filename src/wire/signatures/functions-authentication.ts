/**
 * Who calls Function Compute: ACS3 for the APIs of 2021 and 2023, `FC` for that of 2016. Codes and messages are those of
 * the vendor's table of errors (help.aliyun.com/zh/fc/developer-reference/error-codes); where it has none, OSS's wording.
 */
import { hash } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { ApiError } from '../api-error.ts'
import type { Caller, RequestHead } from '../product-server.ts'
import { isAcs3, parseAcs3, verifyAcs3 } from './acs3.ts'
import { headerOf, isSkewed } from './compare.ts'
import { isFc, isFcUrl, isMd5Of, parseFc, verifyFc } from './fc.ts'
import type { SecretAnswer, SecretLookup } from './secret-lookup.ts'

export interface FunctionsAuthenticationOptions {
  lookup: SecretLookup
  clock: Clock
  /** Paths that anyone may ask for: links that carry their own proof. */
  isPublic?(rawPath: string): boolean
}

/** The `authenticate` of the functions product. */
export const functionsAuthentication = (
  options: FunctionsAuthenticationOptions,
): ((head: RequestHead) => Caller) => authentication(options, 'api')

/** For HTTP triggers whose authType is `function`: the body may go unsigned, and `FC` signs the query too. */
export const triggerAuthentication = (
  options: FunctionsAuthenticationOptions,
): ((head: RequestHead) => Caller) => authentication(options, 'trigger')

function authentication(
  { lookup, clock, isPublic = () => false }: FunctionsAuthenticationOptions,
  place: 'api' | 'trigger',
): (head: RequestHead) => Caller {
  return (head) => {
    if (isPublic(head.rawPath)) return { accountId: lookup.accountId }
    const authorization = headerOf(head, 'authorization')
    if (authorization === undefined) {
      if (isFcUrl(head.rawQuery)) return byFc(head)
      throw missingRequiredHeader('Authorization')
    }
    if (isAcs3(authorization)) return byAcs3(head)
    if (isFc(authorization)) return byFc(head)
    throw malformedAuthorization()
  }

  function byAcs3(head: RequestHead): Caller {
    const given = parseAcs3(head)
    if (!given) throw malformedAuthorization()
    const { accessKeyId, securityToken, dateMs, bodySha256 } = given
    if (dateMs === undefined) throw missingRequiredHeader('x-acs-date')
    // The reference requires it of every API call; only HTTP triggers go without.
    if (bodySha256 === undefined && place === 'api') throw missingRequiredHeader('x-acs-content-sha256')
    const answer = allowed(lookup.secretOf(accessKeyId, securityToken), accessKeyId)
    const { accessKeySecret } = answer
    const caller = callerOf(answer)
    if (isSkewed(dateMs, clock.now())) throw requestTimeTooSkewed()
    if (!verifyAcs3(head, given, accessKeySecret)) throw signatureNotMatch()
    if (bodySha256 === undefined) return caller
    return {
      ...caller,
      verifyBody(body) {
        if (hash('sha256', body, 'hex') !== bodySha256.toLowerCase()) throw signatureNotMatch()
      },
    }
  }

  function byFc(head: RequestHead): Caller {
    const given = parseFc(head)
    if (!given) throw malformedAuthorization()
    const { accessKeyId, securityToken, when } = given
    if (when.is === 'header' && when.dateMs === undefined) throw missingRequiredHeader('Date')
    const answer = allowed(lookup.secretOf(accessKeyId, securityToken), accessKeyId)
    const { accessKeySecret } = answer
    const caller = callerOf(answer)
    if (when.is === 'header' && isSkewed(when.dateMs!, clock.now())) throw requestTimeTooSkewed()
    if (when.is === 'url' && !(clock.now() <= when.expiresAtMs)) throw urlExpired()
    const form = place === 'trigger' ? 'proxy' : undefined
    if (!verifyFc(head, given, accessKeySecret, form)) throw signatureNotMatch()
    const contentMd5 = headerOf(head, 'content-md5')
    if (contentMd5 === undefined) return caller
    return {
      ...caller,
      verifyBody(body) {
        if (!isMd5Of(contentMd5, body)) throw signatureNotMatch()
      },
    }
  }
}

const callerOf = ({ accountId, principal }: Extract<SecretAnswer, { is: 'known' }>): Caller => ({
  accountId,
  ...(principal && { principal }),
})

/** The secret, if there is one and it may be used here. */
function allowed(answer: SecretAnswer, accessKeyId: string): Extract<SecretAnswer, { is: 'known' }> {
  switch (answer.is) {
    case 'unknownAccessKey':
      throw invalidAccessKeyId(accessKeyId)
    case 'invalidToken':
      throw invalidSecurityToken()
    case 'expiredToken':
      throw securityTokenExpired()
    case 'known':
      if (answer.allows.to === 'putObjects') throw accessDenied()
      return answer
  }
}

const missingRequiredHeader = (name: string) =>
  new ApiError('MissingRequiredHeader', 400, `required HTTP header ${name} was not specified`)

const malformedAuthorization = () =>
  new ApiError(
    'InvalidArgument',
    400,
    'the Authorization header is malformed or of a kind that is not supported',
  )

const invalidAccessKeyId = (accessKeyId: string) =>
  new ApiError('InvalidAccessKeyID', 403, `invalid access key ID '${accessKeyId}'.`)

const signatureNotMatch = () =>
  new ApiError(
    'SignatureNotMatch',
    403,
    'The request signature we calculated does not match the signature you provided. Check your access key and signing method.',
  )

const requestTimeTooSkewed = () =>
  new ApiError(
    'RequestTimeTooSkewed',
    403,
    'The difference between the request time and the current time is too large.',
  )

const invalidSecurityToken = () =>
  new ApiError('InvalidSecurityToken', 403, 'The security token you provided is invalid.')

const securityTokenExpired = () =>
  new ApiError('SecurityTokenExpired', 403, 'The security token you provided has expired.')

const urlExpired = () => new ApiError('AccessDenied', 403, 'The signed URL has expired.')

const accessDenied = () =>
  new ApiError('AccessDenied', 403, 'These temporary credentials are for uploading code only.')
