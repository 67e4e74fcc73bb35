/**
 * The `FC` signature of the API of 2016 (and of `/proxy/` triggers): the string that is signed, and signing.
 * Checking a request is in `wire/signatures/fc.ts`; both sides share the canonical form written here.
 */
import { createHmac, hash } from 'node:crypto'
import type { SigningCredentials } from './acs3.ts'
import { decodePercent, queryItems } from './percent.ts'

export interface FcRequest {
  method: string
  /** Percent-encoded, as it goes over the wire. */
  rawPath: string
  /** Without the question mark, as it goes over the wire. */
  rawQuery?: string
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>
  body?: string | Uint8Array
}

/**
 * `api`: the path alone. `proxy`: the path and every query item, one a line; what `/{version}/proxy/…` and HTTP triggers take.
 */
export type FcForm = 'api' | 'proxy'

export const fcFormOf = (rawPath: string): FcForm => (/^\/[^/]+\/proxy\//.test(rawPath) ? 'proxy' : 'api')

/** The headers to send: those of the request and those of the signature. */
export function signFc(
  { method, rawPath, rawQuery = '', headers, body }: FcRequest,
  { accessKeyId, accessKeySecret, securityToken }: SigningCredentials,
  nowMs: number,
  form: FcForm = fcFormOf(rawPath),
): Record<string, string> {
  const all: Record<string, string> = { ...headers, date: new Date(nowMs).toUTCString() }
  if (body !== undefined) all['content-md5'] = hash('md5', body, 'base64')
  if (securityToken !== undefined) all['x-fc-security-token'] = securityToken
  const stringToSign = fcStringToSign({
    method,
    rawPath,
    rawQuery,
    headers: all,
    dateLine: all['date']!,
    form,
  })
  return { ...all, authorization: `FC ${accessKeyId}:${sign(accessKeySecret, stringToSign)}` }
}

/** The query of a URL that needs no header: anyone who has it may use it until `expiresAtMs`. */
export function signFcUrl(
  { method, rawPath, rawQuery = '', headers }: FcRequest,
  { accessKeyId, accessKeySecret, securityToken }: SigningCredentials,
  expiresAtMs: number,
): string {
  const expires = String(Math.floor(expiresAtMs / 1000))
  const added = new Map([
    ['x-fc-access-key-id', accessKeyId],
    ['x-fc-expires', expires],
    ...(securityToken === undefined ? [] : ([['x-fc-security-token', securityToken]] as const)),
  ])
  const items = [...added].map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
  const query = [...(rawQuery === '' ? [] : [rawQuery]), ...items].join('&')
  const stringToSign = fcStringToSign({
    method,
    rawPath,
    rawQuery: query,
    headers,
    dateLine: expires,
    form: 'proxy',
  })
  return `${query}&x-fc-signature=${encodeURIComponent(sign(accessKeySecret, stringToSign))}`
}

export interface FcCanonical {
  method: string
  rawPath: string
  rawQuery: string
  headers: Readonly<Record<string, unknown>>
  /** The `Date` header, or in a signed URL the value of `x-fc-expires`. */
  dateLine: string
  form: FcForm
  /** What Go's SDK does otherwise than Node's: no line for an empty query, and `k` where the wire has `k=`. */
  goStyle?: boolean
  /** The path as it is on the wire: Node's SDK signs what it was given, and puts an encoded ARN into some paths. */
  encodedPath?: boolean
}

/** Undefined when path or query cannot be decoded. */
export function fcStringToSign({
  method,
  rawPath,
  rawQuery,
  headers,
  dateLine,
  form,
  goStyle = false,
  encodedPath = false,
}: FcCanonical): string | undefined {
  const path = encodedPath ? rawPath : decodePercent(rawPath)
  if (path === undefined) return undefined
  const text = (name: string): string => (typeof headers[name] === 'string' ? headers[name] : '')
  const fcHeaders = Object.keys(headers)
    .filter((name) => name.startsWith('x-fc-'))
    .sort()
    .map((name) => `${name}:${text(name)}\n`)
    .join('')
  const head = `${method}\n${text('content-md5')}\n${text('content-type')}\n${dateLine}\n${fcHeaders}${path}`
  if (form === 'api') return head
  const items = queryItems(rawQuery, { plusIsSpace: true })
  if (items === undefined) return undefined
  const lines = items
    .filter(({ key }) => key !== 'x-fc-signature')
    .map(({ key, value }) => (value === undefined || (goStyle && value === '') ? key : `${key}=${value}`))
    .sort()
  if (lines.length === 0 && goStyle) return head
  return `${head}\n${lines.join('\n')}`
}

export const fcSignature = (accessKeySecret: string, stringToSign: string): string =>
  createHmac('sha256', accessKeySecret).update(stringToSign).digest('base64')

function sign(accessKeySecret: string, stringToSign: string | undefined): string {
  if (stringToSign === undefined) throw new Error('a URL that is not percent-encoded UTF-8 cannot be signed')
  return fcSignature(accessKeySecret, stringToSign)
}
