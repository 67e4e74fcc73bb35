/** What all backends by HTTP are sent alike. */

import { filledPath } from '../../definition/path-template.ts'
import { headerIn } from '../answer.ts'
import type { MappedRequest } from '../mapping.ts'
import { type GatewayRequest, headerOf } from '../request.ts'

export interface BackendRequest {
  method: string
  /** Path and query, encoded. */
  target: string
  /** Alternating names and values; how the body is framed is not among them. */
  headers: string[]
  body: Buffer
}

export interface ContentTypeRule {
  category: string
  value: string
}

/** `path`: of the backend, with parameters in it; empty: that of the request. */
export function backendRequest(
  { message, method, body, requestId, clientIp, protocol, rawSegments }: GatewayRequest,
  { path: parameters, query, headers, form }: MappedRequest,
  {
    method: ownMethod,
    path,
    restLength,
    below = '',
  }: {
    method: string
    path: string
    restLength: number /** What the backend's paths begin with. */
    below?: string
  },
  contentType: ContentTypeRule,
): BackendRequest {
  const rest = restLength === 0 ? '' : rawSegments.slice(-restLength).join('/')
  const ownPlace =
    path === '' ? `/${rawSegments.join('/')}` : filledPath(path, (name) => parameters.get(name), rest)
  // A path travels in ASCII, whoever wrote it.
  const place = (below.replace(/\/$/, '') + ownPlace).replace(/[^\x21-\x7e]/gu, encodeURIComponent)
  const search = new URLSearchParams(query).toString()
  const sent = form === undefined ? body : Buffer.from(new URLSearchParams(form).toString())
  const type = contentTypeOf(contentType, headerOf({ message }, 'content-type'), form !== undefined)
  const all = withoutHeader(headers, type === undefined ? [] : ['content-type'])
  for (const name of ['Accept', 'User-Agent', 'Traceparent', 'Tracestate'] as const) {
    const given = headerOf({ message }, name.toLowerCase())
    if (given !== undefined && headerIn(all, name.toLowerCase()) === undefined) all.push(name, given)
  }
  if (type !== undefined && sent.length > 0) all.push('Content-Type', type)
  all.push(
    'X-Ca-Request-Id',
    requestId,
    'X-Forwarded-For',
    clientIp,
    'X-Forwarded-Proto',
    protocol.toLowerCase(),
  )
  return {
    method: ownMethod === '' || ownMethod === 'ANY' ? method : ownMethod,
    target: search === '' ? place : `${place}?${search}`,
    headers: all,
    body: sent,
  }
}

/** `CUSTOM`: as the API says; `CLIENT`: as the client did; else as the body is. */
function contentTypeOf(
  { category, value }: ContentTypeRule,
  ofClient: string | undefined,
  isForm: boolean,
): string | undefined {
  if (category === 'CUSTOM' && value !== '') return value
  if (category === 'CLIENT') return ofClient
  return isForm ? 'application/x-www-form-urlencoded; charset=utf-8' : ofClient
}

function withoutHeader(headers: readonly string[], lowerNames: readonly string[]): string[] {
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2)
    if (!lowerNames.includes(headers[index]!.toLowerCase())) kept.push(headers[index]!, headers[index + 1]!)
  return kept
}
