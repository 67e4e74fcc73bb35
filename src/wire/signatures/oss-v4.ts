/** Checks OSS signature V4, in the header or in a presigned URL; what is signed is in `lib/signing/oss.ts`. */
import { constantTimeEqual } from '../../lib/checksums.ts'
import {
  OSS_V4_ALGORITHM,
  type OssV4Scope,
  ossV4SignatureBy,
  ossV4SigningKey,
} from '../../lib/signing/oss.ts'
import { encodeRfc3986, type QueryItem, queryItems } from '../../lib/signing/percent.ts'
import { headerOf, type SignedRequest } from './compare.ts'
import { encodingsOf, headersIn, type OssResource } from './oss-resource.ts'

export interface OssV4Authorization {
  version: 'v4'
  accessKeyId: string
  securityToken: string | undefined
  signature: string
  scope: OssV4Scope
  additionalHeaders: readonly string[]
  /** `yyyymmddTHHMMSSZ`, as signed. */
  dateLine: string
  when: { is: 'header'; dateMs: number | undefined } | { is: 'url'; dateMs: number; expiresAtMs: number }
}

export const isOssV4 = (authorization: string): boolean => authorization.startsWith(`${OSS_V4_ALGORITHM} `)
export const isOssV4Url = (query: URLSearchParams): boolean =>
  query.has('x-oss-credential') && query.has('x-oss-signature')

/** Undefined when it is not well formed. */
export function parseOssV4(request: SignedRequest): OssV4Authorization | undefined {
  const authorization = headerOf(request, 'authorization')
  return authorization === undefined ? fromQuery(request) : fromHeader(request, authorization)
}

function fromHeader(request: SignedRequest, authorization: string): OssV4Authorization | undefined {
  if (!isOssV4(authorization)) return undefined
  // oss2 for Python puts a space after the comma and another order; both are taken.
  const fields = new Map(
    authorization
      .slice(OSS_V4_ALGORITHM.length + 1)
      .split(',')
      .map((item) => {
        const equals = item.indexOf('=')
        return [item.slice(0, Math.max(equals, 0)).trim(), item.slice(equals + 1).trim()]
      }),
  )
  const credential = credentialOf(fields.get('Credential'))
  const signature = fields.get('Signature')
  if (!credential || !signature) return undefined
  const dateLine = headerOf(request, 'x-oss-date')
  return {
    version: 'v4',
    ...credential,
    securityToken: headerOf(request, 'x-oss-security-token'),
    signature,
    additionalHeaders: additionalOf(fields.get('AdditionalHeaders')),
    dateLine: dateLine ?? '',
    when: { is: 'header', dateMs: dateLine === undefined ? undefined : dateOf(dateLine) },
  }
}

function fromQuery({ rawQuery }: SignedRequest): OssV4Authorization | undefined {
  const items = queryItems(rawQuery, { plusIsSpace: false }) ?? []
  const fieldOf = (wanted: string): string | undefined => items.find(({ key }) => key === wanted)?.value
  if (fieldOf('x-oss-signature-version') !== OSS_V4_ALGORITHM) return undefined
  const credential = credentialOf(fieldOf('x-oss-credential'))
  const signature = fieldOf('x-oss-signature')
  const dateLine = fieldOf('x-oss-date')
  const expires = fieldOf('x-oss-expires')
  if (!credential || !signature || dateLine === undefined || expires === undefined) return undefined
  const dateMs = dateOf(dateLine)
  const expiresAtMs = /^\d{1,9}$/.test(expires) ? dateMs + Number(expires) * 1000 : Number.NaN
  return {
    version: 'v4',
    ...credential,
    securityToken: fieldOf('x-oss-security-token'),
    signature,
    additionalHeaders: additionalOf(fieldOf('x-oss-additional-headers')),
    dateLine,
    when: { is: 'url', dateMs, expiresAtMs },
  }
}

function credentialOf(
  text: string | undefined,
): Pick<OssV4Authorization, 'accessKeyId' | 'scope'> | undefined {
  const match = /^([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aliyun_v4_request$/.exec(text ?? '')
  if (!match) return undefined
  return { accessKeyId: match[1]!, scope: { date: match[2]!, region: match[3]!, product: match[4]! } }
}

const additionalOf = (text: string | undefined): string[] =>
  text === undefined || text === '' ? [] : text.split(';').map((name) => name.trim().toLowerCase())

/** `20261122T093851Z` */
function dateOf(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (!match) return Number.NaN
  const [, year, month, day, hour, minute, second] = match
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

/** True when the signature is that of this request, meant for this resource, by this secret. */
export function verifyOssV4(
  request: SignedRequest,
  authorization: OssV4Authorization,
  accessKeySecret: string,
  resource: OssResource,
): boolean {
  const { scope, dateLine, signature, additionalHeaders } = authorization
  // The key is of the scope's day: a date of another day would make it last.
  if (!dateLine.startsWith(scope.date)) return false
  const queries = canonicalQueriesOf(request.rawQuery)
  if (queries === undefined) return false
  const key = ossV4SigningKey(accessKeySecret, scope)
  return encodingsOf(request.headers).some((encoding) => {
    const headers = headersIn(request.headers, encoding)
    return queries.some((query) =>
      constantTimeEqual(
        signature,
        ossV4SignatureBy(key, {
          method: request.method,
          resource,
          query,
          headers,
          additionalHeaders,
          scope,
          dateLine,
        }),
      ),
    )
  })
}

/** The ways the query of a request may have been signed, likeliest first; undefined when it cannot be decoded. */
export function canonicalQueriesOf(rawQuery: string): string[] | undefined {
  const items = queryItems(rawQuery, { plusIsSpace: false })
  return items && canonicalQueries(items.filter(({ key }) => key !== 'x-oss-signature'))
}

/** More keys without a value than this, and only "all bare" and "all with `=`" are tried. */
const EMPTY_KEYS_MAX = 6

/**
 * How clients write one query before they sign it. Where the wire has `k=`, ali-oss signs `k=` for a parameter and
 * `k` for a sub-resource, Go and Python always `k`; ali-oss sorts by the rules of the locale, the others by bytes.
 */
function canonicalQueries(items: readonly QueryItem[]): string[] {
  const encoded = items.map(({ key, value }) => ({
    key: encodeRfc3986(key),
    raw: key,
    value: value ? encodeRfc3986(value) : '',
  }))
  const byBytes = encoded.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const byLocale = encoded.toSorted((a, b) => a.raw.localeCompare(b.raw))
  const empty = byBytes.filter(({ value }) => value === '')
  const bareSets: Set<unknown>[] =
    empty.length <= EMPTY_KEYS_MAX
      ? Array.from(
          { length: 2 ** empty.length },
          (_, mask) => new Set(empty.filter((_item, bit) => mask & (1 << bit))),
        )
      : [new Set(), new Set(empty)]
  const write = (sorted: typeof encoded, bare: Set<unknown>): string =>
    sorted.map((item) => (bare.has(item) ? item.key : `${item.key}=${item.value}`)).join('&')
  return [...new Set([byBytes, byLocale].flatMap((sorted) => bareSets.map((bare) => write(sorted, bare))))]
}
