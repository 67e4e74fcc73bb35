/**
 * Reads the head of a plain HTTP/1.1 request, and of nothing else: whatever is unusual, ambiguous or wrong is `other`, and
 * Node's own parser has to say what it is. So this reader never has to be lenient, and never has to refuse.
 */

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
const tokenName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/
const length = /^(?:0|[1-9]\d{0,5})$/

/** They change how a connection or a body is read. */
const leftToOthers = new Set([
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
])

/** Names repeat from request to request; what a client makes up beyond these is looked at every time. */
const namesMax = 1024
const names = new Map<string, string | undefined>()

/** In lower case; undefined for one that is not read here. */
function nameOf(raw: string): string | undefined {
  if (names.has(raw)) return names.get(raw)
  const lower = raw.toLowerCase()
  const name = tokenName.test(raw) && !leftToOthers.has(lower) ? lower : undefined
  if (names.size < namesMax) names.set(raw, name)
  return name
}

/** `other`: also for a head of which the end has not come. */
export function parseHead(bytes: Buffer): ParsedHead | 'other' {
  const text = bytes.toString('latin1', 0, headBytesMax)
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return 'other'
  let lineEnd = text.indexOf('\r\n')
  const line = requestLine.exec(text.slice(0, lineEnd))
  if (!line) return 'other'

  const headers: Record<string, string | undefined> = Object.create(null)
  const rawHeaders: string[] = []
  while (lineEnd < end) {
    const at = lineEnd + 2
    lineEnd = text.indexOf('\r\n', at)
    const colon = text.indexOf(':', at)
    if (colon < 0 || colon > lineEnd) return 'other'
    const raw = text.slice(at, colon)
    const name = nameOf(raw)
    const value = trimmed(text, colon + 1, lineEnd)
    if (name === undefined || headers[name] !== undefined || !fieldValue.test(value)) return 'other'
    headers[name] = value
    rawHeaders.push(raw, value)
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

const SPACE = 0x20
const TAB = 0x09

function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isBlank = (code: number): boolean => code === SPACE || code === TAB
