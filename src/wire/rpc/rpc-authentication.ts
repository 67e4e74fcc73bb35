/** Who calls an RPC API: signature version 1.0 (HMAC-SHA1) or ACS3-HMAC-SHA256. */
import { hash } from 'node:crypto'
import { constantTimeEqual } from '../../lib/checksums.ts'
import type { Clock } from '../../lib/clock.ts'
import { acs3StringToSign } from '../../lib/signing/acs3.ts'
import { rpcSignature, rpcStringToSign } from '../../lib/signing/rpc.ts'
import { isAcs3, parseAcs3, verifyAcs3 } from '../signatures/acs3.ts'
import { isSkewed } from '../signatures/compare.ts'
import type { Principal, SecretAnswer, SecretLookup } from '../signatures/secret-lookup.ts'
import {
  accessKeyInactive,
  accessKeyNotFound,
  incompleteSignature,
  malformedSecurityToken,
  malformedTimestamp,
  missingParameter,
  securityTokenExpired,
  signatureDoesNotMatch,
  timestampExpired,
  unknownSignatureMethod,
} from './rpc-errors.ts'
import { type RpcRequest, textHeader } from './rpc-request.ts'

export interface RpcCaller {
  accountId: string
  /** Undefined: the key is that of an upload, and nobody's. */
  principal: Principal | undefined
}

/** Throws `ApiError`. Nonces are not remembered: within the 15 minutes of its date a request can be replayed. */
export function authenticateRpc(
  request: RpcRequest,
  { lookup, clock }: { lookup: SecretLookup; clock: Clock },
): RpcCaller {
  const authorization = textHeader(request.head, 'authorization')
  if (authorization !== undefined && isAcs3(authorization)) return byAcs3(request)
  return byVersion1(request)

  function byAcs3({ head, body }: RpcRequest): RpcCaller {
    const given = parseAcs3(head)
    if (!given) throw incompleteSignature()
    const { accessKeyId, securityToken, dateMs, bodySha256 } = given
    if (dateMs === undefined || bodySha256 === undefined) throw incompleteSignature()
    if (Number.isNaN(dateMs)) throw malformedTimestamp()
    const { accessKeySecret, ...caller } = known(lookup.secretOf(accessKeyId, securityToken))
    if (isSkewed(dateMs, clock.now())) throw timestampExpired()
    // The names of operation and token decide what is done for whom, so they have to be signed where they are given.
    const unsigned = ['x-acs-action', 'x-acs-version', 'x-acs-security-token'].some(
      (name) => textHeader(head, name) !== undefined && !given.signedHeaders.includes(name),
    )
    if (unsigned) throw incompleteSignature()
    const digestMatches = hash('sha256', body, 'hex') === bodySha256.toLowerCase()
    if (!digestMatches || !verifyAcs3(head, given, accessKeySecret)) {
      const { signedHeaders } = given
      const canonical = { ...head, signedHeaders, payload: hash('sha256', body, 'hex') }
      throw signatureDoesNotMatch(acs3StringToSign(canonical) ?? '')
    }
    return caller
  }

  function byVersion1({ head, parameters }: RpcRequest): RpcCaller {
    const required = (name: string): string => {
      const value = parameters.get(name)
      if (!value) throw missingParameter(name)
      return value
    }
    const accessKeyId = required('AccessKeyId')
    const signature = required('Signature')
    const timestamp = required('Timestamp')
    required('SignatureNonce')
    if (required('SignatureMethod') !== 'HMAC-SHA1' || required('SignatureVersion') !== '1.0')
      throw unknownSignatureMethod()
    if (!TIMESTAMP.test(timestamp)) throw malformedTimestamp()
    const { accessKeySecret, ...caller } = known(
      lookup.secretOf(accessKeyId, parameters.get('SecurityToken') || undefined),
    )
    if (isSkewed(Date.parse(timestamp), clock.now())) throw timestampExpired()
    const stringToSign = rpcStringToSign(head.method, parameters)
    if (!constantTimeEqual(signature, rpcSignature(accessKeySecret, stringToSign)))
      throw signatureDoesNotMatch(stringToSign)
    return caller
  }
}

/** The oldest SDK for Node writes milliseconds. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/

function known(answer: SecretAnswer): RpcCaller & { accessKeySecret: string } {
  switch (answer.is) {
    case 'unknownAccessKey':
      throw answer.disabled ? accessKeyInactive() : accessKeyNotFound()
    case 'invalidToken':
      throw malformedSecurityToken()
    case 'expiredToken':
      throw securityTokenExpired()
    case 'known':
      return {
        accountId: answer.accountId,
        accessKeySecret: answer.accessKeySecret,
        principal: answer.principal,
      }
  }
}
