/**
 * The signature of an app for the API gateway (help page "Request signatures"; checked against `aliyun-api-gateway` by the test).
 * The secret stays in here.
 */
import { createHash, createHmac } from 'node:crypto'

export interface AppKey {
  appKey: string
  appSecret: string
}

export interface Signed {
  method: string
  /** As it is sent: path and query, without the host. */
  path: string
  /** JSON; empty for none. */
  body: string
  nowMs: number
  nonce: string
}

const contentType = 'application/json; charset=utf-8'
const signedHeaders = ['x-ca-key', 'x-ca-nonce', 'x-ca-stage', 'x-ca-timestamp']

/** Headers to send with the request; the query has no field twice. */
export function appSignature({ appKey, appSecret }: AppKey, request: Signed): Record<string, string> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    'x-ca-key': appKey,
    'x-ca-nonce': request.nonce,
    'x-ca-stage': 'RELEASE',
    'x-ca-timestamp': String(request.nowMs),
  }
  if (request.body !== '') {
    headers['content-type'] = contentType
    headers['content-md5'] = createHash('md5').update(request.body, 'utf8').digest('base64')
  }
  const text =
    [request.method, headers['accept'], headers['content-md5'] ?? '', headers['content-type'] ?? '', ''].join(
      '\n',
    ) +
    '\n' +
    signedHeaders.map((name) => `${name}:${headers[name]}\n`).join('') +
    sortedQuery(request.path)
  return {
    ...headers,
    'x-ca-signature-headers': signedHeaders.join(','),
    'x-ca-signature-method': 'HmacSHA256',
    'x-ca-signature': createHmac('sha256', appSecret).update(text, 'utf8').digest('base64'),
  }
}

/** Values are signed as they are before they are encoded. */
function sortedQuery(path: string): string {
  const [before, query] = path.split('?', 2) as [string, string?]
  const fields = [...new URLSearchParams(query ?? '')].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  if (fields.length === 0) return before
  return `${before}?${fields.map(([key, value]) => (value === '' ? key : `${key}=${value}`)).join('&')}`
}
