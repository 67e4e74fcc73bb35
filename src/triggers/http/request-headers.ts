/** What becomes of a request's headers, from `rawHeaders`: names and values, alternating. */
import type { IncomingMessage } from 'node:http'
import { hopByHopFields, isFieldName } from '../../lib/http-syntax.ts'

/** Headers of the connection, not of the request; those of `x-fc-*` are the platform's own (README.md). */
const notForwarded: ReadonlySet<string> = new Set([
  ...hopByHopFields,
  // The edge has answered it by the time the body is forwarded.
  'expect',
])

interface HeaderName {
  lower: string
  /** `User-Agent`, as the vendor's gateway spells all names. */
  canonical: string
  forwarded: boolean
}

/** Names repeat from request to request; what a client makes up beyond these is worked out every time. */
const knownNamesMax = 1024
const knownNames = new Map<string, HeaderName>()

function nameOf(raw: string): HeaderName {
  const known = knownNames.get(raw)
  if (known) return known
  const lower = raw.toLowerCase()
  const name = {
    lower,
    canonical: lower.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()),
    forwarded: !notForwarded.has(lower) && !lower.startsWith('x-fc-'),
  }
  if (knownNames.size < knownNamesMax) knownNames.set(raw, name)
  return name
}

/** What a strict parser refuses and a lenient one lets pass: two framings of one body, and bytes that no header has. */
export const isAmbiguous = ({ headers, rawHeaders }: IncomingMessage): boolean =>
  (headers['content-length'] !== undefined && headers['transfer-encoding'] !== undefined) ||
  rawHeaders.some((text, index) => (index % 2 === 0 ? !isFieldName(text) : forbiddenInValue.test(text)))

const forbiddenInValue = /[\0-\x08\x0a-\x1f\x7f]/

/** Of all names and values; Node hands them over with one character per byte. */
export function headerBytes(rawHeaders: readonly string[]): number {
  let bytes = 0
  for (let index = 0; index < rawHeaders.length; index++) bytes += rawHeaders[index]!.length
  return bytes
}

/** `Connection` may name further headers that are only for the next hop. */
function namedByConnection(connection: string | undefined): readonly string[] {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return []
  return connection.split(',').map((token) => token.trim().toLowerCase())
}

/** For the event of a built-in runtime: repeated headers joined by a comma, values as text. */
export function eventHeaders(
  rawHeaders: readonly string[],
  connection: string | undefined,
): Record<string, string> {
  const hopByHop = namedByConnection(connection)
  // Without a prototype, `__proto__` is a name like any other.
  const headers: Record<string, string> = Object.create(null)
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const { lower, canonical, forwarded } = nameOf(rawHeaders[index]!)
    if (!forwarded || (hopByHop.length > 0 && hopByHop.includes(lower))) continue
    const value = asText(rawHeaders[index + 1]!)
    const before = headers[canonical]
    headers[canonical] = before === undefined ? value : `${before},${value}`
  }
  return headers
}

/** For an HTTP handler: as for a custom runtime, with values as text. */
export const handlerHeaders = (rawHeaders: readonly string[], connection: string | undefined): string[] =>
  forwardedHeaders(rawHeaders, connection, false).map(asText)

/** For a custom runtime: names and values as they came. How the body is framed stays, as the body does. */
export function forwardedHeaders(
  rawHeaders: readonly string[],
  connection: string | undefined,
  bodyIsChunked: boolean,
): string[] {
  const hopByHop = namedByConnection(connection)
  const headers: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const { lower, forwarded } = nameOf(rawHeaders[index]!)
    if (!forwarded || (hopByHop.length > 0 && hopByHop.includes(lower))) continue
    if (bodyIsChunked && lower === 'content-length') continue
    headers.push(rawHeaders[index]!, rawHeaders[index + 1]!)
  }
  if (bodyIsChunked) headers.push('Transfer-Encoding', 'chunked')
  return headers
}

const beyondAscii = /[\x80-\xff]/

/** Clients send UTF-8 in header values; Node reads every byte as a character. */
const asText = (value: string): string =>
  beyondAscii.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value
