/**
 * Reads the head of a plain HTTP/1.1 request, and of nothing else: whatever is unusual, ambiguous or wrong is `other`, and
 * Node's own parser has to say what it is. So this reader never has to be lenient, and never has to refuse.
 */

import { hopByHopFields, readFields } from '../../lib/http-syntax.ts'

export interface RequestHead {
  method: string
  httpVersion: '1.1'
  /** Path and query, as received. */
  url: string
  /** Names in lower case. No name is there twice. */
  headers: Readonly<Record<string, string | undefined>>
  /** Names and values, alternating, as received. */
  rawHeaders: string[]
  /** Of the body. */
  contentLength: number
  /** The client wants the connection to end with the answer. */
  closes: boolean
}

export interface ParsedHead {
  head: RequestHead
  /** Where the body begins. */
  end: number
}

/** A body up to here is waited for; a larger one streams, which is not for here. */
export const bodyBytesMax = 64 * 1024
export const headBytesMax = 16 * 1024

/** Methods whose answers have bodies. */
const requestLine = /^(GET|POST|PUT|DELETE|PATCH) (\/[!-~]*) HTTP\/1\.1$/
const length = /^(?:0|[1-9]\d{0,5})$/

/** They change how a connection or a body is read. `connection` itself is looked at. */
const leftToOthers: ReadonlySet<string> = new Set([
  ...hopByHopFields.filter((name) => name !== 'connection'),
  'expect',
])

/** Names repeat from request to request; what a client makes up beyond these is looked at every time. */
const namesMax = 1024
const names = new Map<string, string | undefined>()

/** In lower case; undefined for one that is not read here. */
function nameOf(raw: string): string | undefined {
  if (names.has(raw)) return names.get(raw)
  const lower = raw.toLowerCase()
  const name = leftToOthers.has(lower) ? undefined : lower
  if (names.size < namesMax) names.set(raw, name)
  return name
}

/** `other`: also for a head of which the end has not come. */
export function parseHead(bytes: Buffer): ParsedHead | 'other' {
  const text = bytes.toString('latin1', 0, headBytesMax)
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return 'other'
  const lineEnd = text.indexOf('\r\n')
  const line = requestLine.exec(text.slice(0, lineEnd))
  const rawHeaders = line && readFields(text, lineEnd, end)
  if (!rawHeaders) return 'other'

  const headers: Record<string, string | undefined> = Object.create(null)
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = nameOf(rawHeaders[index]!)
    if (name === undefined || headers[name] !== undefined) return 'other'
    headers[name] = rawHeaders[index + 1]!
  }
  const { host, connection, 'content-length': announced } = headers
  if (!host) return 'other'
  if (announced !== undefined && !length.test(announced)) return 'other'
  const contentLength = announced === undefined ? 0 : Number(announced)
  if (contentLength > bodyBytesMax) return 'other'
  const closes = connection === 'close'
  if (!closes && connection !== undefined && connection.toLowerCase() !== 'keep-alive') return 'other'
  const [, method, url] = line
  return {
    head: { method: method!, httpVersion: '1.1', url: url!, headers, rawHeaders, contentLength, closes },
    end: end + 4,
  }
}
