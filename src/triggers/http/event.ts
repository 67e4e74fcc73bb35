import { isUtf8 } from 'node:buffer'
import { parseTarget } from './request-target.ts'

/** The v1 event that a built-in runtime is given for a request (appendix E: doc-http-v1.json, fc3-http.json). */
export interface EventFacts {
  method: string
  target: string
  /** `1.1` */
  httpVersion: string
  headers: Record<string, string>
  body: Buffer
  clientIp: string
  accountId: string
  triggerId: string
  domainName: string
  requestId: string
  nowMs: number
}

/** Put together by hand: only parts that need escaping go through `JSON.stringify`. */
export function eventOf(facts: EventFacts): Buffer {
  const { headers, body, domainName } = facts
  const { rawPath, path, queryParameters } = parseTarget(facts.target)
  const base64 = !isText(body, headers['Content-Type'])
  return Buffer.from(
    `{"version":"v1","rawPath":${JSON.stringify(rawPath)},"headers":${JSON.stringify(headers)}` +
      `,"queryParameters":${JSON.stringify(queryParameters)}` +
      `,"body":${base64 ? `"${body.toString('base64')}"` : JSON.stringify(body.toString('utf8'))}` +
      `,"isBase64Encoded":${base64},"requestContext":{"accountId":"${facts.accountId}"` +
      `,"triggerId":"${facts.triggerId}","domainName":${JSON.stringify(domainName)}` +
      `,"domainPrefix":${JSON.stringify(firstLabel(domainName))},"requestId":"${facts.requestId}"` +
      `,"time":"${isoSeconds(facts.nowMs)}","timeEpoch":"${facts.nowMs}"` +
      `,"http":{"method":"${facts.method}","path":${JSON.stringify(path)}` +
      `,"protocol":"HTTP/${facts.httpVersion}","sourceIp":"${facts.clientIp}"` +
      `,"userAgent":${JSON.stringify(headers['User-Agent'] ?? '')}}}}`,
  )
}

/** Types whose bodies are bytes whatever they happen to contain. Decided by us: the vendor's list is not published. */
const binaryType =
  /^\s*(?:(?:image|audio|video|font|multipart)\/(?!svg)|application\/(?:octet-stream|zip|gzip|x-gzip|x-tar|x-7z|x-rar|pdf|wasm|x-protobuf|protobuf|grpc|cbor|msgpack|x-msgpack|vnd\.(?:ms-|openxmlformats|android|google\.protobuf)))/i

export function isText(body: Buffer, contentType: string | undefined): boolean {
  if (body.length === 0) return true
  if (contentType !== undefined && binaryType.test(contentType)) return false
  return isUtf8(body)
}

/** `hello` of `hello.fcapp.localhost`; an IP address has no labels. */
function firstLabel(domainName: string): string {
  const dot = domainName.indexOf('.')
  return dot <= 0 || /^[\d.]+$/.test(domainName) ? domainName : domainName.slice(0, dot)
}

let secondSeen = Number.NaN
let secondText = ''

/** `2023-09-05T06:41:11Z`, written once for all requests of a second. */
function isoSeconds(nowMs: number): string {
  const second = Math.floor(nowMs / 1000)
  if (second !== secondSeen) {
    secondText = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`
    secondSeen = second
  }
  return secondText
}
