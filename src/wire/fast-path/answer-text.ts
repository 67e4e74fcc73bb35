/** An answer as it goes over the wire. */
import { STATUS_CODES } from 'node:http'

export interface FastAnswer {
  status: number
  /** Alternating names and values, one character for each byte; neither Connection nor how the body is framed. */
  headers: readonly string[]
  body: string | Uint8Array
}

/** Above this, joining head and body costs more than a second write. */
const joinedBytesMax = 16 * 1024

export const tooLongForOnePiece = ({ status, body }: FastAnswer): boolean =>
  body.length > joinedBytesMax && status !== 204 && status !== 304

/**
 * Head and body, or the head alone where both are too long for one piece; to be written as latin1. Throws for a header
 * that would be more than one, or none.
 */
export function answerText(
  answer: FastAnswer,
  { isLast, idleMs }: { isLast: boolean; idleMs: number },
): string {
  const { status, headers, body } = answer
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`
  let hasDate = false
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    const value = headers[index + 1]!
    if (!isName(name) || !fieldValue.test(value)) throw new Error(`the header ${name} cannot be sent`)
    if (name.length === 4 && name.toLowerCase() === 'date') hasDate = true
    text += `${name}: ${value}\r\n`
  }
  const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const bodyless = status === 204 || status === 304
  if (!bodyless) text += `Content-Length: ${bodyBytes}\r\n`
  if (!hasDate) text += `Date: ${httpDate()}\r\n`
  text += isLast
    ? 'Connection: close\r\n\r\n'
    : `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(idleMs / 1000)}\r\n\r\n`
  return bodyless || tooLongForOnePiece(answer) ? text : text + latin1Of(body, bodyBytes)
}

const tokenName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** Functions make up names of their own, in any number. */
const namesMax = 1024
const names = new Set<string>()

function isName(text: string): boolean {
  if (names.has(text)) return true
  const is = tokenName.test(text)
  if (is && names.size < namesMax) names.add(text)
  return is
}

/** As latin1, one character is one byte: head and body are then one string, and both byte for byte. */
function latin1Of(body: string | Uint8Array, bodyBytes: number): string {
  if (typeof body !== 'string')
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  return bodyBytes === body.length ? body : Buffer.from(body).toString('latin1')
}

let secondSeen = Number.NaN
let dateText = ''

/** Written once for all answers of a second. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1000)
  if (second !== secondSeen) {
    dateText = new Date(second * 1000).toUTCString()
    secondSeen = second
  }
  return dateText
}
