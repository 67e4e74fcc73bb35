/**
 * OSS signature V4 (HMAC-SHA256 with a key for the day and region): the string that is signed, and signing.
 * Checking a request is in `wire/signatures/oss-v4.ts`; both sides share the canonical form written here.
 */
import { createHmac, hash } from 'node:crypto'
import type { SigningCredentials } from './acs3.ts'
import { encodeRfc3986, queryItems } from './percent.ts'

export const OSS_V4_ALGORITHM = 'OSS4-HMAC-SHA256'

export interface OssV4Scope {
  /** `yyyymmdd` */
  date: string
  region: string
  product: string
}

export interface OssV4Canonical {
  method: string
  /** Decoded. No bucket: the service itself. */
  resource: { bucket?: string | undefined; object?: string | undefined }
  /** Encoded and sorted. */
  query: string
  headers: ReadonlyMap<string, string>
  additionalHeaders: readonly string[]
  scope: OssV4Scope
  /** `yyyymmddTHHMMSSZ` */
  dateLine: string
}

export interface OssRequest {
  method: string
  resource: OssV4Canonical['resource']
  /** Without the question mark, as it goes over the wire. */
  rawQuery?: string
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>
}

/** The headers to send: those of the request and those of the signature, which does not cover the body. */
export function signOssV4(
  { method, resource, rawQuery = '', headers = {} }: OssRequest,
  { accessKeyId, accessKeySecret, securityToken }: SigningCredentials,
  { nowMs, region }: { nowMs: number; region: string },
): Record<string, string> {
  const dateLine = isoBasic(nowMs)
  const scope = { date: dateLine.slice(0, 8), region, product: 'oss' }
  const all: Record<string, string> = {
    ...headers,
    'x-oss-date': dateLine,
    'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
    ...(securityToken === undefined ? {} : { 'x-oss-security-token': securityToken }),
  }
  const signature = ossV4Signature(accessKeySecret, {
    method,
    resource,
    query: canonicalQuery(rawQuery),
    headers: new Map(Object.entries(all)),
    additionalHeaders: [],
    scope,
    dateLine,
  })
  const credential = `${accessKeyId}/${scopeText(scope)}`
  return { ...all, authorization: `${OSS_V4_ALGORITHM} Credential=${credential},Signature=${signature}` }
}

/** The longest that a URL may last: seven days, the vendor's number for V4. */
export const OSS_URL_SECONDS_MAX = 7 * 24 * 60 * 60

/** The query of a URL that lets whoever has it do one thing for so many seconds. */
export function presignOssV4(
  { method, resource, rawQuery = '', headers = {} }: OssRequest,
  { accessKeyId, accessKeySecret, securityToken }: SigningCredentials,
  { nowMs, region, expiresSeconds }: { nowMs: number; region: string; expiresSeconds: number },
): string {
  const dateLine = isoBasic(nowMs)
  const scope = { date: dateLine.slice(0, 8), region, product: 'oss' }
  const added = {
    'x-oss-credential': `${accessKeyId}/${scopeText(scope)}`,
    'x-oss-date': dateLine,
    'x-oss-expires': String(expiresSeconds),
    'x-oss-signature-version': OSS_V4_ALGORITHM,
    ...(securityToken === undefined ? {} : { 'x-oss-security-token': securityToken }),
  }
  const items = Object.entries(added).map(([key, value]) => `${key}=${encodeRfc3986(value)}`)
  const query = canonicalQuery([...(rawQuery === '' ? [] : [rawQuery]), ...items].join('&'))
  const signature = ossV4Signature(accessKeySecret, {
    method,
    resource,
    query,
    headers: new Map(Object.entries(headers)),
    additionalHeaders: [],
    scope,
    dateLine,
  })
  return `${query}&x-oss-signature=${signature}`
}

export function ossV4StringToSign({
  method,
  resource: { bucket, object = '' },
  query,
  headers,
  additionalHeaders,
  scope,
  dateLine,
}: OssV4Canonical): string {
  const path = encodeRfc3986(bucket === undefined ? '/' : `/${bucket}/${object}`).replaceAll('%2F', '/')
  const signed = [...headers.keys()].filter(
    (name) => name === 'content-type' || name === 'content-md5' || name.startsWith('x-oss-'),
  )
  const headerLines = [...new Set([...signed, ...additionalHeaders])]
    .sort()
    .map((name) => `${name}:${headers.get(name) ?? ''}\n`)
    .join('')
  const payload = headers.get('x-oss-content-sha256') ?? 'UNSIGNED-PAYLOAD'
  const canonical = `${method}\n${path}\n${query}\n${headerLines}\n${additionalHeaders.join(';')}\n${payload}`
  return `${OSS_V4_ALGORITHM}\n${dateLine}\n${scopeText(scope)}\n${hash('sha256', canonical, 'hex')}`
}

export function ossV4SigningKey(accessKeySecret: string, { date, region, product }: OssV4Scope): Buffer {
  return hmac(hmac(hmac(hmac(`aliyun_v4${accessKeySecret}`, date), region), product), 'aliyun_v4_request')
}

export const ossV4Signature = (accessKeySecret: string, canonical: OssV4Canonical): string =>
  ossV4SignatureBy(ossV4SigningKey(accessKeySecret, canonical.scope), canonical)

/** By the key of the day and region. */
export const ossV4SignatureBy = (key: Buffer, canonical: OssV4Canonical): string =>
  hmac(key, ossV4StringToSign(canonical)).toString('hex')

function canonicalQuery(rawQuery: string): string {
  const items = queryItems(rawQuery, { plusIsSpace: false })
  if (items === undefined) throw new Error('a query that is not percent-encoded UTF-8 cannot be signed')
  return items
    .map(({ key, value }) => ({ key: encodeRfc3986(key), value: value ? `=${encodeRfc3986(value)}` : '' }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ key, value }) => key + value)
    .join('&')
}

const scopeText = ({ date, region, product }: OssV4Scope): string =>
  `${date}/${region}/${product}/aliyun_v4_request`

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** `20261122T093851Z` */
const isoBasic = (nowMs: number): string => new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')
