/** The control plane of queues (RPC API `Mns-open` 2022-01-19), as far as dead letters need it. */
import { sha256Hex } from '../../../lib/checksums.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { IdSource } from '../../../lib/ids.ts'
import { type AccessControl, conditionsOf, type RequestConditions } from '../../../wire/access.ts'
import type { ApiError } from '../../../wire/api-error.ts'
import { BodyTooLarge } from '../../../wire/body.ts'
import { jsonReply } from '../../../wire/operation.ts'
import { type Caller, NoSuchRoute, type Product, type RequestHead } from '../../../wire/product-server.ts'
import {
  accessKeyNotFound,
  actionNotFound,
  incompleteSignature,
  invalidVersion,
  malformedSecurityToken,
  securityTokenExpired,
  timestampExpired,
} from '../../../wire/rpc/rpc-errors.ts'
import { isAcs3, parseAcs3, verifyAcs3 } from '../../../wire/signatures/acs3.ts'
import { isSkewed } from '../../../wire/signatures/compare.ts'
import type { SecretLookup } from '../../../wire/signatures/secret-lookup.ts'
import { accessDenied, requestTooLarge } from '../errors.ts'
import type { Janitor } from '../janitor.ts'
import type { LiveQueues } from '../live-queues.ts'
import { missingParameter, signatureNotMatched } from './errors.ts'
import { operations } from './operations/index.ts'
import type { ControlPlaneContext } from './vocabulary.ts'

const API_VERSION = '2022-01-19'

/** Whether a request that came to the port of queues is one of this API. */
export const isControlPlane = ({ headers: { authorization } }: Pick<RequestHead, 'headers'>): boolean =>
  authorization !== undefined && isAcs3(authorization)

export interface ControlPlaneOptions {
  queues: LiveQueues
  janitor: Janitor
  lookup: SecretLookup
  access: Pick<AccessControl, 'mayDo'>
  region: string
  clock: Clock
  ids: IdSource
}

export function controlPlane({
  queues,
  janitor,
  lookup,
  access,
  region,
  clock,
  ids,
}: ControlPlaneOptions): Product<ControlPlaneContext> {
  return {
    name: 'queues-control-plane',
    operations,
    newRequestId: () => ids.uuid().toUpperCase(),
    authenticate: (head) => authenticate(head, { lookup, clock }),
    contextFor: (call, { principal, facts }) => ({
      ...call,
      ...(facts as CallerFacts),
      principal,
      access,
      region,
      queues,
      janitor,
    }),
    renderError: ({ status, code, message }, requestId, { headers: { host = '' } }) =>
      jsonReply(status, { RequestId: requestId, HostId: host, Code: code, Message: message }),
    wordFailure,
    commonHeaders: (requestId) => ({ 'x-acs-request-id': requestId }),
  }
}

interface CallerFacts {
  conditions(): RequestConditions
}

function authenticate(
  head: RequestHead,
  { lookup, clock }: Pick<ControlPlaneOptions, 'lookup' | 'clock'>,
): Caller {
  const given = parseAcs3(head)
  if (!given) throw incompleteSignature()
  const { accessKeyId, securityToken, dateMs, bodySha256 } = given
  if (dateMs === undefined) throw missingParameter('x-acs-date')
  if (bodySha256 === undefined) throw missingParameter('x-acs-content-sha256')
  const answer = lookup.secretOf(accessKeyId, securityToken)
  if (answer.is === 'unknownAccessKey') throw accessKeyNotFound()
  if (answer.is === 'invalidToken') throw malformedSecurityToken()
  if (answer.is === 'expiredToken') throw securityTokenExpired()
  if (isSkewed(dateMs, clock.now())) throw timestampExpired()
  if (!verifyAcs3(head, given, answer.accessKeySecret)) throw signatureNotMatched()
  const { accountId, principal } = answer
  // The key is for one upload of an object.
  if (!principal) throw accessDenied()
  const { 'x-acs-action': action, 'x-acs-version': version } = head.headers
  if (version !== API_VERSION) throw invalidVersion()
  if (typeof action !== 'string' || !/^[A-Za-z]{1,64}$/.test(action) || head.rawPath !== '/') {
    throw actionNotFound()
  }
  const facts: CallerFacts = { conditions: () => conditionsOf(head) }
  return {
    accountId,
    principal,
    facts,
    // The action is what other APIs have a path for.
    rawPath: `/${action}`,
    verifyBody(body) {
      if (sha256Hex(body) !== bodySha256.toLowerCase()) throw signatureNotMatched()
    },
  }
}

function wordFailure(failure: unknown): ApiError | undefined {
  if (failure instanceof NoSuchRoute) return actionNotFound()
  if (failure instanceof BodyTooLarge) return requestTooLarge(failure.bytesMax)
  return undefined
}
