/** Checks ACS3-HMAC-SHA256. Nonces are not remembered: within the 15 minutes of its date a request can be replayed. */

import { constantTimeEqual } from '../../lib/checksums.ts'
import { ACS3_ALGORITHM, acs3Signature, acs3StringToSign } from '../../lib/signing/acs3.ts'
import { headerOf, type SignedRequest } from './compare.ts'

export interface Acs3Authorization {
  accessKeyId: string
  securityToken: string | undefined
  signedHeaders: readonly string[]
  signature: string
  /** Undefined: no `x-acs-date`. NaN: one that is no date. */
  dateMs: number | undefined
  /** `x-acs-content-sha256`; undefined in the HTTP-trigger form. */
  bodySha256: string | undefined
}

export const isAcs3 = (authorization: string): boolean => authorization.startsWith(`${ACS3_ALGORITHM} `)

/** Undefined when the header is not well formed. */
export function parseAcs3(request: SignedRequest): Acs3Authorization | undefined {
  const authorization = headerOf(request, 'authorization') ?? ''
  if (!isAcs3(authorization)) return undefined
  let accessKeyId: string | undefined
  let signedHeaders: string | undefined
  let signature: string | undefined
  for (const item of authorization.slice(ACS3_ALGORITHM.length + 1).split(',')) {
    const equals = item.indexOf('=')
    const value = item.slice(equals + 1).trim()
    const name = item.slice(0, Math.max(equals, 0)).trim()
    if (name === 'Credential') accessKeyId = value
    else if (name === 'SignedHeaders') signedHeaders = value
    else if (name === 'Signature') signature = value
    else return undefined
  }
  if (!accessKeyId || !signedHeaders || !signature) return undefined
  const date = headerOf(request, 'x-acs-date')
  return {
    accessKeyId,
    securityToken: headerOf(request, 'x-acs-security-token'),
    signedHeaders: signedHeaders.split(';'),
    signature,
    dateMs: date === undefined ? undefined : dateOf(date),
    bodySha256: headerOf(request, 'x-acs-content-sha256'),
  }
}

/**
 * True when the signature is that of this request by this secret. The date must be among the signed headers, or a
 * signature would last for ever. In the HTTP-trigger form a `$` of the path may have been signed as `%24`.
 */
export function verifyAcs3(
  request: SignedRequest,
  { signedHeaders, signature, bodySha256 }: Acs3Authorization,
  accessKeySecret: string,
): boolean {
  if (!signedHeaders.includes('x-acs-date')) return false
  const { method, rawPath, rawQuery, headers } = request
  const canonical = { method, rawPath, rawQuery, headers, signedHeaders, payload: bodySha256 ?? '' }
  const matches = (stringToSign: string | undefined): boolean =>
    stringToSign !== undefined && constantTimeEqual(signature, acs3Signature(accessKeySecret, stringToSign))
  if (matches(acs3StringToSign(canonical))) return true
  if (/[^A-Za-z0-9\-_.~=&]/.test(rawQuery) && matches(acs3StringToSign(canonical, true))) return true
  const otherPath = pathAsSigned(rawPath, bodySha256 === undefined)
  return otherPath !== rawPath && matches(acs3StringToSign({ ...canonical, rawPath: otherPath }))
}

/** Where what is signed is not what is sent: the SDK for Node signs `'` and its HTTP client then sends `%27`. */
function pathAsSigned(rawPath: string, forTrigger: boolean): string {
  return forTrigger ? rawPath.replaceAll('$', '%24') : rawPath.replaceAll('%27', "'")
}

const ISO_SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const dateOf = (text: string): number => (ISO_SECONDS.test(text) ? Date.parse(text) : Number.NaN)
