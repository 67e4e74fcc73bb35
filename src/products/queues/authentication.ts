/** Who calls queues and topics, by either signature. The certificate that pushes are signed with is there for everybody. */
import type { Clock } from '../../lib/clock.ts'
import { conditionsOf, type RequestConditions } from '../../wire/access.ts'
import type { Caller, RequestHead } from '../../wire/product-server.ts'
import { isSkewed } from '../../wire/signatures/compare.ts'
import { parseMns, verifyMns } from '../../wire/signatures/mns.ts'
import type { SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import {
  accessDenied,
  addressDenied,
  invalidAccessKeyId,
  invalidAuthorizationHeader,
  invalidDateHeader,
  invalidSecurityToken,
  invalidVersionHeader,
  missingAuthorizationHeader,
  missingDateHeader,
  missingVersionHeader,
  securityTokenExpired,
  signatureDoesNotMatch,
  timeExpired,
} from './errors.ts'
import { CERTIFICATE_PATH } from './signing-key.ts'

export const API_VERSION = '2015-06-06'

/** What is found out about a request on the way. */
export interface CallerFacts {
  host: string
  conditions(): RequestConditions
}

export function queuesAuthentication({
  lookup,
  clock,
  admits,
}: {
  lookup: SecretLookup
  clock: Clock
  admits(address: string | undefined): boolean
}): (head: RequestHead) => Caller {
  return (head) => {
    const rawQuery = withNamesInLowerCase(head.rawQuery)
    const facts: CallerFacts = { host: head.headers.host ?? '', conditions: () => conditionsOf(head) }
    if (head.method === 'GET' && head.rawPath === CERTIFICATE_PATH) {
      return { accountId: lookup.accountId, rawQuery, facts }
    }
    if (!admits(head.message.socket.remoteAddress)) throw addressDenied()
    const { authorization, date, 'x-mns-version': version, 'security-token': token } = head.headers
    if (authorization === undefined) throw missingAuthorizationHeader()
    const given = parseMns(authorization)
    if (!given) throw invalidAuthorizationHeader()
    if (date === undefined) throw missingDateHeader()
    const dateMs = Date.parse(date)
    if (Number.isNaN(dateMs)) throw invalidDateHeader()
    if (version === undefined) throw missingVersionHeader()
    if (version !== API_VERSION) throw invalidVersionHeader()
    const answer = lookup.secretOf(given.accessKeyId, typeof token === 'string' ? token : undefined)
    if (answer.is === 'unknownAccessKey') throw invalidAccessKeyId()
    if (answer.is === 'invalidToken') throw invalidSecurityToken()
    if (answer.is === 'expiredToken') throw securityTokenExpired()
    if (!verifyMns(head, given, answer.accessKeySecret, dateMs)) throw signatureDoesNotMatch()
    if (isSkewed(dateMs, clock.now())) throw timeExpired()
    const { accountId, principal } = answer
    // The key is for one upload of an object.
    if (!principal) throw accessDenied()
    return { accountId, rawQuery, facts, principal }
  }
}

/** `ReceiptHandle` and `receiptHandle` mean the same: clients spell the names of parameters in different ways. */
function withNamesInLowerCase(rawQuery: string): string {
  return rawQuery
    .split('&')
    .map((item) => {
      const equals = item.indexOf('=')
      return equals < 0 ? item.toLowerCase() : item.slice(0, equals).toLowerCase() + item.slice(equals)
    })
    .join('&')
}
