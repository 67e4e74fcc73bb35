/**
 * The two signatures of queues and topics (MNS): V2, HMAC-SHA1 of the request's lines, and V4, HMAC-SHA256 with a key for
 * the day and region; the strings that are signed, and signing. Neither covers the body but by Content-MD5.
 * Checking a request is in `wire/signatures/mns.ts`; both sides share the canonical forms written here.
 */
import { createHmac } from 'node:crypto'
import type { SigningCredentials } from './acs3.ts'
import { decodePercent, encodeRfc3986, queryItems } from './percent.ts'

export const MNS_V4_ALGORITHM = 'MNS4-HMAC-SHA256'

export interface MnsScope {
  /** `yyyymmdd` */
  date: string
  region: string
}

export interface MnsRequest {
  method: string
  /** Percent-encoded, as it goes over the wire. */
  rawPath: string
  /** Without the question mark, as it goes over the wire. */
  rawQuery: string
  /** Lower-case names. */
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** The headers to send: those of the request and those of the signature, of version 4. */
export function signMns(
  request: MnsRequest & { headers: Readonly<Record<string, string>> },
  { accessKeyId, accessKeySecret, securityToken }: SigningCredentials,
  { nowMs, region }: { nowMs: number; region: string },
): Record<string, string> {
  const headers: Record<string, string> = {
    ...request.headers,
    date: new Date(nowMs).toUTCString(),
    'x-mns-version': '2015-06-06',
    ...(securityToken === undefined ? {} : { 'security-token': securityToken }),
  }
  const scope = { date: isoBasic(nowMs).slice(0, 8), region }
  const text = mnsV4StringToSign({ ...request, headers }, scope, nowMs)
  if (text === undefined) throw new Error('a URL that is not percent-encoded UTF-8 cannot be signed')
  const credential = `${accessKeyId}/${scopeText(scope)}`
  const signature = mnsV4Signature(text, scope, accessKeySecret)
  return { ...headers, authorization: `${MNS_V4_ALGORITHM} Credential=${credential},Signature=${signature}` }
}

export function mnsV2StringToSign(request: MnsRequest): string {
  const { method, rawPath, rawQuery } = request
  const [md5, type, date] = ['content-md5', 'content-type', 'date'].map(
    (name) => headerOf(request, name) ?? '',
  )
  const lines = mnsHeaders(request).map(([name, value]) => `${name}:${value}\n`)
  return `${method}\n${md5}\n${type}\n${date}\n${lines.join('')}${rawPath}${rawQuery === '' ? '' : `?${rawQuery}`}`
}

// Node reads headers one character a byte: as Latin-1 the bytes are again those that were signed.
export const mnsV2Signature = (request: MnsRequest, accessKeySecret: string): string =>
  createHmac('sha1', accessKeySecret).update(mnsV2StringToSign(request), 'latin1').digest('base64')

/** The canonical request stands in it as it is, not hashed. Undefined: path or query cannot be decoded. */
export function mnsV4StringToSign(
  request: MnsRequest,
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
  const scope = scopeText({ date, region })
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

const headerOf = ({ headers }: MnsRequest, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** `x-mns-*` in the order of their names. */
function mnsHeaders(request: MnsRequest): [string, string][] {
  return Object.keys(request.headers)
    .filter((name) => name.startsWith('x-mns-'))
    .map((name): [string, string] => [name, headerOf(request, name) ?? ''])
    .sort(byName)
}

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a < b ? -1 : a > b ? 1 : 0

const scopeText = ({ date, region }: MnsScope): string => `${date}/${region}/mns/aliyun_v4_request`

/** `20250603T105235Z` */
export const isoBasic = (dateMs: number): string => new Date(dateMs).toISOString().replace(/[-:]|\.\d+/g, '')
