/** What a function in a built-in runtime returned → an HTTP response (function-compute.md 3.7). */
import { isFieldName } from '../../lib/http-syntax.ts'
import { hasHeader, isTaken } from './response-headers.ts'

export type FunctionReply =
  | { is: 'reply'; status: number; headers: string[]; body: string | Uint8Array }
  | { is: 'bad'; message: string }

const OPENING_BRACE = 0x7b
const SPACE = 0x20

export function replyOf(returned: Uint8Array): FunctionReply {
  const document = objectOf(returned)
  // Anything that is not such an object is the body itself.
  if (document === undefined || document['statusCode'] === undefined || document['statusCode'] === null) {
    return { is: 'reply', status: 200, headers: ['Content-Type', 'application/json'], body: returned }
  }
  const status = statusOf(document['statusCode'])
  if (status === undefined)
    return bad(`the statusCode ${JSON.stringify(document['statusCode'])} is not valid`)
  const headers = headersOf(document['headers'])
  if (typeof headers === 'string') return bad(headers)
  if (!hasHeader(headers, 'content-type')) headers.push('Content-Type', 'application/json')
  return { is: 'reply', status, headers, body: bodyOf(document['body'], document['isBase64Encoded']) }
}

/**
 * What an HTTP handler answered: u32 length of a head, the head (`{"status", "headers": [name, value, …]}`), the body
 * (runtimes/protocol.md). It comes out of the function's sandbox, so nothing in it is taken on trust.
 */
export function handlerReplyOf(returned: Uint8Array): FunctionReply {
  const bytes = Buffer.from(returned.buffer, returned.byteOffset, returned.byteLength)
  const headEnd = bytes.length < 4 ? Number.POSITIVE_INFINITY : 4 + bytes.readUInt32BE(0)
  if (headEnd > bytes.length) return bad('it has no head')
  let head: { status?: unknown; headers?: unknown } | null
  try {
    head = JSON.parse(bytes.toString('utf8', 4, headEnd))
  } catch {
    return bad('its head is not JSON')
  }
  const status = statusOf(head?.status)
  if (status === undefined) return bad(`the status ${JSON.stringify(head?.status)} is not valid`)
  const given: unknown[] = Array.isArray(head?.headers) ? head.headers : []
  const all: string[] = []
  for (let index = 0; index + 1 < given.length; index += 2) {
    const headers = headersOf({ [String(given[index])]: given[index + 1] })
    if (typeof headers === 'string') return bad(headers)
    all.push(...headers)
  }
  return { is: 'reply', status, headers: all, body: bytes.subarray(headEnd) }
}

function objectOf(returned: Uint8Array): Record<string, unknown> | undefined {
  let start = 0
  while (start < returned.length && returned[start]! <= SPACE) start++
  if (returned[start] !== OPENING_BRACE) return undefined
  try {
    const buffer = Buffer.from(returned.buffer, returned.byteOffset, returned.byteLength)
    return JSON.parse(buffer.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Functions in the wild also say `'200'`. */
function statusOf(given: unknown): number | undefined {
  const status = typeof given === 'string' && /^\d{3}$/.test(given) ? Number(given) : given
  return typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 999
    ? status
    : undefined
}

const asciiValue = /^[\t\x20-\x7e]*$/
const forbiddenInValue = /[\0-\x08\x0a-\x1f\x7f]/

/** The headers, or what is wrong with them. */
function headersOf(given: unknown): string[] | string {
  const headers: string[] = []
  if (given === undefined || given === null) return headers
  if (typeof given !== 'object' || Array.isArray(given)) return 'headers is not an object'
  for (const name in given) {
    const values = (given as Record<string, unknown>)[name]
    if (values === null || values === undefined) continue
    if (!isFieldName(name)) return `'${name}' is not the name of a header`
    if (!isTaken(name)) continue
    for (const value of Array.isArray(values) ? values : [values]) {
      if (typeof value === 'object') return `the header '${name}' has a value that is not text`
      const text = String(value)
      if (asciiValue.test(text)) headers.push(name, text)
      else if (forbiddenInValue.test(text)) return `the header '${name}' has a control character in its value`
      // On the wire a header is bytes: UTF-8, of which Node writes one per character.
      else headers.push(name, Buffer.from(text, 'utf8').toString('latin1'))
    }
  }
  return headers
}

function bodyOf(given: unknown, isBase64Encoded: unknown): string | Uint8Array {
  if (given === undefined || given === null) return ''
  if (typeof given !== 'string') return JSON.stringify(given)
  return isBase64Encoded === true || isBase64Encoded === 'true' ? Buffer.from(given, 'base64') : given
}

const bad = (message: string): FunctionReply => ({
  is: 'bad',
  message: `the function's response is not valid: ${message}`,
})
