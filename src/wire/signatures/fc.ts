/** Checks the `FC` signature of 2016: in the Authorization header, or in the query of a signed URL. */
import { hash } from 'node:crypto'
import { constantTimeEqual } from '../../lib/checksums.ts'
import { type FcForm, fcFormOf, fcSignature, fcStringToSign } from '../../lib/signing/fc.ts'
import { headerOf, type SignedRequest } from './compare.ts'

export interface FcAuthorization {
  accessKeyId: string
  securityToken: string | undefined
  signature: string
  /** `header`: good for the time around its date. `url`: good until then; NaN when that cannot be read. */
  when:
    | { is: 'header'; dateMs: number | undefined; dateLine: string }
    | { is: 'url'; expiresAtMs: number; dateLine: string }
}

export const isFc = (authorization: string): boolean => authorization.startsWith('FC ')

export const isFcUrl = (rawQuery: string): boolean =>
  rawQuery.includes('x-fc-signature=') && rawQuery.includes('x-fc-access-key-id=')

/** Undefined when neither the header nor the query is well formed. */
export function parseFc(request: SignedRequest): FcAuthorization | undefined {
  const authorization = headerOf(request, 'authorization')
  if (authorization !== undefined) {
    const match = /^FC ([^:\s]+):\s*(\S+)\s*$/.exec(authorization)
    if (!match) return undefined
    const date = headerOf(request, 'date')
    return {
      accessKeyId: match[1]!,
      securityToken: headerOf(request, 'x-fc-security-token'),
      signature: match[2]!,
      when: { is: 'header', dateMs: date === undefined ? undefined : Date.parse(date), dateLine: date ?? '' },
    }
  }
  const query = new URLSearchParams(request.rawQuery)
  const accessKeyId = query.get('x-fc-access-key-id')
  const signature = query.get('x-fc-signature')
  const dateLine = query.get('x-fc-expires')
  if (!accessKeyId || !signature || dateLine === null) return undefined
  const expiresAtMs = /^\d{1,12}$/.test(dateLine) ? Number(dateLine) * 1000 : Number.NaN
  return {
    accessKeyId,
    securityToken: query.get('x-fc-security-token') ?? undefined,
    signature,
    when: { is: 'url', expiresAtMs, dateLine },
  }
}

/** True when the signature is that of this request by this secret. */
export function verifyFc(
  request: SignedRequest,
  { signature, when }: FcAuthorization,
  accessKeySecret: string,
  form: FcForm = when.is === 'url' ? 'proxy' : fcFormOf(request.rawPath),
): boolean {
  const { method, rawPath, rawQuery, headers } = request
  const canonical = { method, rawPath, rawQuery, headers, dateLine: when.dateLine, form }
  const matches = (stringToSign: string | undefined): boolean =>
    stringToSign !== undefined && constantTimeEqual(signature, fcSignature(accessKeySecret, stringToSign))
  if (matches(fcStringToSign(canonical))) return true
  if (rawPath.includes('%') && matches(fcStringToSign({ ...canonical, encodedPath: true }))) return true
  return form === 'proxy' && matches(fcStringToSign({ ...canonical, goStyle: true }))
}

/** The SDKs disagree on how an MD5 is written into Content-MD5; the digest itself must be the body's. */
export function isMd5Of(contentMd5: string, body: Uint8Array): boolean {
  const hex = hash('md5', body, 'hex')
  const given = contentMd5.trim()
  return (
    given === Buffer.from(hex, 'hex').toString('base64') ||
    given === Buffer.from(hex, 'latin1').toString('base64') ||
    given.toLowerCase() === hex
  )
}
