/** OSS signature V1 (HMAC-SHA1), in the Authorization header or in a presigned URL. The body is not signed. */
import { createHmac } from 'node:crypto'
import { constantTimeEqual } from '../../lib/checksums.ts'
import type { SigningCredentials } from '../../lib/signing/acs3.ts'
import { queryItems } from '../../lib/signing/percent.ts'
import { headerOf, type SignedRequest } from './compare.ts'
import { encodingsOf, headersIn, type OssResource } from './oss-resource.ts'
import { ossSubResources } from './oss-sub-resources.ts'

export interface OssV1Authorization {
  version: 'v1'
  accessKeyId: string
  securityToken: string | undefined
  signature: string
  /** NaN: a date that cannot be read; undefined: none. */
  when: { is: 'header'; dateMs: number | undefined } | { is: 'url'; expiresAtMs: number }
  /** The signed line that is the date in a header and the expiry in a URL. */
  dateLine: string
}

export const isOssV1 = (authorization: string): boolean => authorization.startsWith('OSS ')
export const isOssV1Url = (query: URLSearchParams): boolean =>
  query.has('OSSAccessKeyId') && query.has('Signature')

/** Undefined when it is not well formed. */
export function parseOssV1(request: SignedRequest): OssV1Authorization | undefined {
  const authorization = headerOf(request, 'authorization')
  if (authorization !== undefined) {
    const match = /^OSS ([^:\s]+):\s*(\S+)\s*$/.exec(authorization)
    if (!match) return undefined
    const dateLine = headerOf(request, 'x-oss-date') ?? headerOf(request, 'date')
    return {
      version: 'v1',
      accessKeyId: match[1]!,
      securityToken: headerOf(request, 'x-oss-security-token'),
      signature: match[2]!,
      when: { is: 'header', dateMs: dateLine === undefined ? undefined : Date.parse(dateLine) },
      dateLine: dateLine ?? '',
    }
  }
  const items = queryItems(request.rawQuery, { plusIsSpace: false }) ?? []
  const fieldOf = (wanted: string): string | undefined => items.find(({ key }) => key === wanted)?.value
  const accessKeyId = fieldOf('OSSAccessKeyId')
  const signature = fieldOf('Signature')
  const dateLine = fieldOf('Expires')
  if (!accessKeyId || !signature || dateLine === undefined) return undefined
  const expiresAtMs = /^\d{1,12}$/.test(dateLine) ? Number(dateLine) * 1000 : Number.NaN
  return {
    version: 'v1',
    accessKeyId,
    securityToken: fieldOf('security-token'),
    signature,
    when: { is: 'url', expiresAtMs },
    dateLine,
  }
}

/** True when the signature is that of this request, meant for this resource, by this secret. */
export function verifyOssV1(
  request: SignedRequest,
  { signature, dateLine }: OssV1Authorization,
  accessKeySecret: string,
  resource: OssResource,
): boolean {
  return encodingsOf(request.headers).some((encoding) => {
    const text = ossV1StringToSign(
      { ...request, headers: headersIn(request.headers, encoding) },
      dateLine,
      resource,
    )
    return text !== undefined && constantTimeEqual(signature, ossV1Signature(accessKeySecret, text))
  })
}

interface CanonicalRequest {
  method: string
  rawQuery: string
  headers: ReadonlyMap<string, string>
}

/** Undefined when the query cannot be decoded. */
export function ossV1StringToSign(
  { method, rawQuery, headers }: CanonicalRequest,
  dateLine: string,
  { bucket, object = '' }: OssResource,
): string | undefined {
  const items = queryItems(rawQuery, { plusIsSpace: false })
  if (items === undefined) return undefined
  const ossHeaders = [...headers]
    .filter(([name]) => name.startsWith('x-oss-'))
    .map(([name, value]) => `${name}:${value}\n`)
    .sort()
    .join('')
  const subResources = items
    .filter(({ key }) => ossSubResources.has(key))
    .map(({ key, value }) => (value ? `${key}=${value}` : key))
    .sort()
  const path = bucket === undefined ? '/' : `/${bucket}/${object}`
  const query = subResources.length === 0 ? '' : `?${subResources.join('&')}`
  const md5 = headers.get('content-md5') ?? ''
  const type = headers.get('content-type') ?? ''
  return `${method}\n${md5}\n${type}\n${dateLine}\n${ossHeaders}${path}${query}`
}

export const ossV1Signature = (accessKeySecret: string, stringToSign: string): string =>
  createHmac('sha1', accessKeySecret).update(stringToSign).digest('base64')

/** The query of a URL that lets whoever has it do one thing until `expiresAtMs`. */
export function presignOssV1(
  {
    method,
    rawQuery = '',
    headers = {},
  }: { method: string; rawQuery?: string; headers?: Record<string, string> },
  resource: OssResource,
  { accessKeyId, accessKeySecret, securityToken }: SigningCredentials,
  expiresAtMs: number,
): string {
  const expires = String(Math.floor(expiresAtMs / 1000))
  const token = securityToken === undefined ? [] : [`security-token=${encodeURIComponent(securityToken)}`]
  const query = [...(rawQuery === '' ? [] : [rawQuery]), ...token].join('&')
  const stringToSign = ossV1StringToSign(
    { method, rawQuery: query, headers: new Map(Object.entries(headers)) },
    expires,
    resource,
  )
  if (stringToSign === undefined)
    throw new Error('a query that is not percent-encoded UTF-8 cannot be signed')
  const signature = encodeURIComponent(ossV1Signature(accessKeySecret, stringToSign))
  const added = `OSSAccessKeyId=${encodeURIComponent(accessKeyId)}&Expires=${expires}&Signature=${signature}`
  return query === '' ? added : `${query}&${added}`
}
