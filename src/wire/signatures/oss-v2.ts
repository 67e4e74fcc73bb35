/** OSS signature V2 (HMAC-SHA256 over all of the query), in the header or in a presigned URL. Only old clients use it. */
import { createHmac } from 'node:crypto'
import { constantTimeEqual } from '../../lib/checksums.ts'
import { encodeRfc3986, queryItems } from '../../lib/signing/percent.ts'
import { headerOf, type SignedRequest } from './compare.ts'
import { encodingsOf, headersIn, type OssResource } from './oss-resource.ts'

export interface OssV2Authorization {
  version: 'v2'
  accessKeyId: string
  securityToken: string | undefined
  signature: string
  additionalHeaders: readonly string[]
  /** NaN: a date that cannot be read; undefined: none. */
  when: { is: 'header'; dateMs: number | undefined } | { is: 'url'; expiresAtMs: number }
  /** The signed line that is the date in a header and the expiry in a URL. */
  dateLine: string
}

export const isOssV2 = (authorization: string): boolean => authorization.startsWith('OSS2 ')
export const isOssV2Url = (query: URLSearchParams): boolean =>
  query.get('x-oss-signature-version') === 'OSS2' && query.has('x-oss-signature')

/** Undefined when it is not well formed. */
export function parseOssV2(request: SignedRequest): OssV2Authorization | undefined {
  const authorization = headerOf(request, 'authorization')
  if (authorization !== undefined) {
    const fields = new Map(
      authorization
        .slice('OSS2 '.length)
        .split(',')
        .map((item) => {
          const colon = item.indexOf(':')
          return [item.slice(0, Math.max(colon, 0)).trim(), item.slice(colon + 1).trim()]
        }),
    )
    const accessKeyId = fields.get('AccessKeyId')
    const signature = fields.get('Signature')
    if (!accessKeyId || !signature) return undefined
    const dateLine = headerOf(request, 'date') ?? headerOf(request, 'x-oss-date')
    return {
      version: 'v2',
      accessKeyId,
      securityToken: headerOf(request, 'x-oss-security-token'),
      signature,
      additionalHeaders: additionalOf(fields.get('AdditionalHeaders')),
      when: { is: 'header', dateMs: dateLine === undefined ? undefined : Date.parse(dateLine) },
      dateLine: dateLine ?? '',
    }
  }
  const items = queryItems(request.rawQuery, { plusIsSpace: false }) ?? []
  const fieldOf = (wanted: string): string | undefined => items.find(({ key }) => key === wanted)?.value
  const accessKeyId = fieldOf('x-oss-access-key-id')
  const signature = fieldOf('x-oss-signature')
  const dateLine = fieldOf('x-oss-expires')
  if (!accessKeyId || !signature || dateLine === undefined) return undefined
  return {
    version: 'v2',
    accessKeyId,
    securityToken: fieldOf('security-token') ?? fieldOf('x-oss-security-token'),
    signature,
    additionalHeaders: additionalOf(fieldOf('x-oss-additional-headers')),
    when: {
      is: 'url',
      expiresAtMs: /^\d{1,12}$/.test(dateLine) ? Number(dateLine) * 1000 : Number.NaN,
    },
    dateLine,
  }
}

const additionalOf = (text: string | undefined): string[] =>
  text === undefined || text === ''
    ? []
    : text
        .split(';')
        .map((name) => name.trim().toLowerCase())
        .sort()

/** True when the signature is that of this request, meant for this resource, by this secret. */
export function verifyOssV2(
  request: SignedRequest,
  { signature, dateLine, additionalHeaders }: OssV2Authorization,
  accessKeySecret: string,
  resource: OssResource,
): boolean {
  return encodingsOf(request.headers).some((encoding) => {
    const headers = headersIn(request.headers, encoding)
    const text = ossV2StringToSign({ ...request, headers }, { dateLine, additionalHeaders }, resource)
    return text !== undefined && constantTimeEqual(signature, ossV2Signature(accessKeySecret, text))
  })
}

/** Undefined when the query cannot be decoded. */
export function ossV2StringToSign(
  { method, rawQuery, headers }: { method: string; rawQuery: string; headers: ReadonlyMap<string, string> },
  { dateLine, additionalHeaders }: Pick<OssV2Authorization, 'dateLine' | 'additionalHeaders'>,
  { bucket, object = '' }: OssResource,
): string | undefined {
  const items = queryItems(rawQuery, { plusIsSpace: false })
  if (items === undefined) return undefined
  const signedHeaders = [...headers]
    .filter(([name]) => name.startsWith('x-oss-') || additionalHeaders.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value}\n`)
    .join('')
  const query = items
    .filter(({ key }) => key !== 'x-oss-signature')
    .map(({ key, value }) => ({ key: encodeRfc3986(key), value: value ? encodeRfc3986(value) : '' }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ key, value }) => (value === '' ? key : `${key}=${value}`))
    .join('&')
  const path = encodeRfc3986(bucket === undefined ? '/' : `/${bucket}/${object}`)
  const md5 = headers.get('content-md5') ?? ''
  const type = headers.get('content-type') ?? ''
  return `${method}\n${md5}\n${type}\n${dateLine}\n${signedHeaders}${additionalHeaders.join(';')}\n${path}${query === '' ? '' : `?${query}`}`
}

export const ossV2Signature = (accessKeySecret: string, stringToSign: string): string =>
  createHmac('sha256', accessKeySecret).update(stringToSign).digest('base64')
