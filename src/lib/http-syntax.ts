/** What HTTP/1.1 says of the lines of a head (RFC 9110, 9112), for those who read or write one themselves. */

/** Names of fields and methods. */
export const tokenName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** One character for each byte. */
export const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** Fields of a connection, not of what is sent by it, in lower case. */
export const hopByHopFields = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
] as const

/**
 * The fields of a head, names and values alternating, from the end of its first line to its own. Undefined for what is not
 * well formed, and for what only some allow: folded lines, bare line ends, blanks before a colon.
 */
export function readFields(text: string, firstLineEnd: number, headEnd: number): string[] | undefined {
  const fields: string[] = []
  for (let lineEnd = firstLineEnd; lineEnd < headEnd; ) {
    const at = lineEnd + 2
    lineEnd = text.indexOf('\r\n', at)
    const colon = text.indexOf(':', at)
    if (colon < 0 || colon > lineEnd) return undefined
    const name = text.slice(at, colon)
    const value = trimmed(text, colon + 1, lineEnd)
    if (!isFieldName(name) || !fieldValue.test(value)) return undefined
    fields.push(name, value)
  }
  return fields
}

/** Names repeat from head to head; what somebody makes up beyond these is looked at every time. */
const namesMax = 1024
const names = new Set<string>()

export function isFieldName(text: string): boolean {
  if (names.has(text)) return true
  const is = tokenName.test(text)
  if (is && names.size < namesMax) names.add(text)
  return is
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
