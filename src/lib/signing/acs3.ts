/**
 * ACS3-HMAC-SHA256, the signature of Alibaba Cloud's current APIs: the string that is signed, and signing.
 * Checking a request is in `wire/signatures/acs3.ts`; both sides share the canonical form written here.
 */
import { createHmac, hash } from 'node:crypto'
import { encodeRfc3986, queryItems } from './percent.ts'

export const ACS3_ALGORITHM = 'ACS3-HMAC-SHA256'

export interface SigningCredentials {
  accessKeyId: string
  accessKeySecret: string
  /** Comes with temporary credentials. */
  securityToken?: string
}

export interface Acs3Request {
  method: string
  /** Percent-encoded, as it goes over the wire. */
  rawPath: string
  /** Without the question mark, as it goes over the wire. */
  rawQuery?: string
  /** Lower-case names. Needs `host`, unless only the HTTP-trigger form is wanted. */
  headers: Readonly<Record<string, string>>
  body?: string | Uint8Array
}

export interface Acs3Moment {
  nowMs: number
  nonce: string
}

/** The headers to send: those of the request and those of the signature. */
export function signAcs3(
  { method, rawPath, rawQuery = '', headers, body = '' }: Acs3Request,
  { accessKeyId, accessKeySecret, securityToken }: SigningCredentials,
  { nowMs, nonce }: Acs3Moment,
): Record<string, string> {
  const all: Record<string, string> = {
    ...headers,
    'x-acs-date': acs3Date(nowMs),
    'x-acs-signature-nonce': nonce,
    'x-acs-content-sha256': hash('sha256', body, 'hex'),
  }
  if (securityToken !== undefined) {
    all['x-acs-accesskey-id'] = accessKeyId
    all['x-acs-security-token'] = securityToken
  }
  const signedHeaders = Object.keys(all)
    .filter((name) => name.startsWith('x-acs-') || name === 'host' || name === 'content-type')
    .sort()
  const payload = all['x-acs-content-sha256']!
  return {
    ...all,
    authorization: authorize(
      { method, rawPath, rawQuery, headers: all, signedHeaders, payload },
      accessKeyId,
      accessKeySecret,
    ),
  }
}

/** The form that HTTP triggers take: the body is not signed, and of the headers only the date and the token are. */
export function signAcs3ForTrigger(
  { method, rawPath, rawQuery = '', headers }: Acs3Request,
  { accessKeyId, accessKeySecret, securityToken }: SigningCredentials,
  nowMs: number,
): Record<string, string> {
  const all: Record<string, string> = { ...headers, 'x-acs-date': acs3Date(nowMs) }
  if (securityToken !== undefined) all['x-acs-security-token'] = securityToken
  const signedHeaders = ['x-acs-date', ...(securityToken === undefined ? [] : ['x-acs-security-token'])]
  const path = rawPath.replaceAll('$', '%24')
  return {
    ...all,
    authorization: authorize(
      { method, rawPath: path, rawQuery, headers: all, signedHeaders, payload: '' },
      accessKeyId,
      accessKeySecret,
    ),
  }
}

export interface Acs3Canonical {
  method: string
  rawPath: string
  rawQuery: string
  headers: Readonly<Record<string, unknown>>
  /** In the order in which they were signed. */
  signedHeaders: readonly string[]
  /** The body's SHA-256 in hex, or nothing in the HTTP-trigger form. */
  payload: string
}

/**
 * Undefined when the query cannot be decoded. The official SDKs do not encode query keys, the reference does:
 * `encodeKeys` tells which is meant. Unencoded, a key that holds `=` or `&` could read as two items, so it is refused.
 */
export function acs3StringToSign(
  { method, rawPath, rawQuery, headers, signedHeaders, payload }: Acs3Canonical,
  encodeKeys = false,
): string | undefined {
  const query = canonicalQuery(rawQuery, encodeKeys)
  if (query === undefined) return undefined
  let headerLines = ''
  for (const name of signedHeaders) {
    const value = headers[name.toLowerCase()]
    headerLines += `${name}:${typeof value === 'string' ? value.trim() : ''}\n`
  }
  const canonical = `${method}\n${canonicalUri(rawPath)}\n${query}\n${headerLines}\n${signedHeaders.join(';')}\n${payload}`
  return `${ACS3_ALGORITHM}\n${hash('sha256', canonical, 'hex')}`
}

export const acs3Signature = (accessKeySecret: string, stringToSign: string): string =>
  createHmac('sha256', accessKeySecret).update(stringToSign).digest('hex')

/** `2026-11-22T09:38:51Z` */
export const acs3Date = (nowMs: number): string => new Date(nowMs).toISOString().replace(/\.\d{3}Z$/, 'Z')

function authorize(canonical: Acs3Canonical, accessKeyId: string, accessKeySecret: string): string {
  const stringToSign = acs3StringToSign(canonical) ?? acs3StringToSign(canonical, true)
  if (stringToSign === undefined)
    throw new Error('a query that is not percent-encoded UTF-8 cannot be signed')
  const signature = acs3Signature(accessKeySecret, stringToSign)
  return `${ACS3_ALGORITHM} Credential=${accessKeyId},SignedHeaders=${canonical.signedHeaders.join(';')},Signature=${signature}`
}

function canonicalUri(rawPath: string): string {
  if (!/[+*%]/.test(rawPath)) return rawPath
  return rawPath.replaceAll('+', '%20').replaceAll('*', '%2A').replaceAll('%7E', '~')
}

function canonicalQuery(rawQuery: string, encodeKeys: boolean): string | undefined {
  if (rawQuery === '') return ''
  const items = queryItems(rawQuery, { plusIsSpace: true })
  if (items === undefined) return undefined
  if (!encodeKeys && items.some(({ key }) => /[=&]/.test(key))) return undefined
  if (items.length > 1) items.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return items
    .map(({ key, value = '' }) => `${encodeKeys ? encodeRfc3986(key) : key}=${encodeRfc3986(value)}`)
    .join('&')
}
