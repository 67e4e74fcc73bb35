/**
 * The two signatures of queues and topics (MNS): V2, HMAC-SHA1 of the request's lines, and V4, HMAC-SHA256 with a key for
 * the day and region. Neither covers the body but by Content-MD5, which clients compute in different ways.
 */
import { createHmac } from 'node:crypto'
import { constantTimeEqual } from '../../lib/checksums.ts'
import { decodePercent, encodeRfc3986, queryItems } from '../../lib/signing/percent.ts'
import { headerOf, type SignedRequest } from './compare.ts'

export const MNS_V4_ALGORITHM = 'MNS4-HMAC-SHA256'

export type MnsAuthorization =
  | { version: 'v2'; accessKeyId: string; signature: string }
  | { version: 'v4'; accessKeyId: string; signature: string; scope: MnsScope }

export interface MnsScope {
  /** `yyyymmdd` */
  date: string
  region: string
}

/** Undefined when the header is neither `MNS key:signature` nor well-formed V4. */
export function parseMns(authorization: string): MnsAuthorization | undefined {
  const v2 = /^MNS ([^\s:]+):([A-Za-z0-9+/=]+)$/.exec(authorization)
  if (v2) return { version: 'v2', accessKeyId: v2[1]!, signature: v2[2]! }
  const v4 =
    /^MNS4-HMAC-SHA256 Credential=([^\s/]+)\/(\d{8})\/([^\s/]+)\/mns\/aliyun_v4_request, ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    )
  if (!v4) return undefined
  const [, accessKeyId, date, region, signature] = v4
  return {
    version: 'v4',
    accessKeyId: accessKeyId!,
    signature: signature!,
    scope: { date: date!, region: region! },
  }
}

/** True when the signature is that of this request by this secret. `dateMs` is what its Date header says. */
export function verifyMns(
  request: SignedRequest,
  authorization: MnsAuthorization,
  accessKeySecret: string,
  dateMs: number,
): boolean {
  if (authorization.version === 'v2') {
    return constantTimeEqual(authorization.signature, mnsV2Signature(request, accessKeySecret))
  }
  const { scope, signature } = authorization
  // The key is of the scope's day: a date of another day would make it last.
  const text = mnsV4StringToSign(request, scope, dateMs)
  if (text === undefined || !isoBasic(dateMs).startsWith(scope.date)) return false
  return constantTimeEqual(signature, mnsV4Signature(text, scope, accessKeySecret))
}

export function mnsV2StringToSign(request: SignedRequest): string {
  const { method, rawPath, rawQuery } = request
  const [md5, type, date] = ['content-md5', 'content-type', 'date'].map(
    (name) => headerOf(request, name) ?? '',
  )
  const lines = mnsHeaders(request).map(([name, value]) => `${name}:${value}\n`)
  return `${method}\n${md5}\n${type}\n${date}\n${lines.join('')}${rawPath}${rawQuery === '' ? '' : `?${rawQuery}`}`
}

// Node reads headers one character a byte: as Latin-1 the bytes are again those that were signed.
export const mnsV2Signature = (request: SignedRequest, accessKeySecret: string): string =>
  createHmac('sha1', accessKeySecret).update(mnsV2StringToSign(request), 'latin1').digest('base64')

/** The canonical request stands in it as it is, not hashed. Undefined: path or query cannot be decoded. */
export function mnsV4StringToSign(
  request: SignedRequest,
  { date, region }: MnsScope,
  dateMs: number,
): string | undefined {
  const path = decodePercent(request.rawPath)
  const items = queryItems(request.rawQuery, { plusIsSpace: false })
  if (path === undefined || items === undefined) return undefined
  const encoded = new Map(
    items.map(({ key, value }) => [
      encodeRfc3986(key.trim().toLowerCase()),
      value ? encodeRfc3986(value.trim()) : '',
    ]),
  )
  const query = [...encoded]
    .sort(byName)
    .map(([key, value]) => (value === '' ? key : `${key}=${value}`))
    .join('&')
  const lines = (['content-md5', 'content-type'] as const)
    .flatMap((name): [string, string][] => {
      const value = headerOf(request, name)
      return value === undefined ? [] : [[name, value]]
    })
    .concat(mnsHeaders(request))
    .map(([name, value]) => `${name}:${value.trim()}\n`)
  const uri = encodeRfc3986(path).replaceAll('%2F', '/')
  const scope = `${date}/${region}/mns/aliyun_v4_request`
  return `${MNS_V4_ALGORITHM}\n${isoBasic(dateMs)}\n${scope}\n${request.method}\n${uri}\n${query}\n${lines.join('')}\n`
}

export function mnsV4Signature(
  stringToSign: string,
  { date, region }: MnsScope,
  accessKeySecret: string,
): string {
  let key: string | Buffer = `aliyun_v4${accessKeySecret}`
  for (const part of [date, region, 'mns', 'aliyun_v4_request']) {
    key = createHmac('sha256', key).update(part).digest()
  }
  return createHmac('sha256', key).update(stringToSign, 'latin1').digest('hex')
}

/** `x-mns-*` in the order of their names. */
function mnsHeaders(request: SignedRequest): [string, string][] {
  return Object.keys(request.headers)
    .filter((name) => name.startsWith('x-mns-'))
    .map((name): [string, string] => [name, headerOf(request, name) ?? ''])
    .sort(byName)
}

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a < b ? -1 : a > b ? 1 : 0

/** `20250603T105235Z` */
const isoBasic = (dateMs: number): string => new Date(dateMs).toISOString().replace(/[-:]|\.\d+/g, '')
