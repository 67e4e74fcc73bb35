/** The signature of apps: what is signed, and by which algorithm (help page "Request signatures"; `aliyun-api-gateway` 1.1.6). */
import { createHmac } from 'node:crypto'
import { type GatewayRequest, headerOf } from './request.ts'

export type SignatureMethod = 'HmacSHA256' | 'HmacSHA1'

const hashes = { HmacSHA256: 'sha256', HmacSHA1: 'sha1' } as const

export const signatureOf = (method: SignatureMethod, appSecret: string, stringToSign: string): string =>
  createHmac(hashes[method], appSecret).update(stringToSign, 'utf8').digest('base64')

/** Headers that are signed, as `X-Ca-Signature-Headers` lists them. */
export const signedHeadersOf = (request: GatewayRequest): string[] =>
  (headerOf(request, 'x-ca-signature-headers') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

/**
 * Of fields that come several times the reference signs the first; the client for Node joins them by commas.
 * `repeated` tells which is meant.
 */
export function stringToSign(
  request: GatewayRequest,
  signedHeaders: readonly string[],
  repeated: 'first' | 'joined',
): string {
  const header = (name: string): string => text(headerOf(request, name) ?? '')
  const lines = signedHeaders.map((name) => `${name}:${header(name.toLowerCase())}\n`).join('')
  return (
    `${request.method}\n${header('accept')}\n${header('content-md5')}\n${header('content-type')}\n${header('date')}\n` +
    `${lines}${request.sentPath}${fields(request, repeated)}`
  )
}

/** Clients sign UTF-8; Node reads a header's every byte as a character. */
const text = (value: string): string =>
  /[\x80-\xff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value

function fields({ query, form }: GatewayRequest, repeated: 'first' | 'joined'): string {
  const values = new Map<string, string>()
  for (const source of form ? [query, form] : [query]) {
    for (const key of new Set(source.keys())) {
      const all = source.getAll(key)
      values.set(key, repeated === 'first' ? all[0]! : all.join(','))
    }
  }
  if (values.size === 0) return ''
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `?${sorted.map(([key, value]) => (value === '' ? key : `${key}=${value}`)).join('&')}`
}
