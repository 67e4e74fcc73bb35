/** An answer as it goes over the wire. */
import { STATUS_CODES } from 'node:http'
import { Readable } from 'node:stream'
import { fieldValue, isFieldName } from '../../lib/http-syntax.ts'
import { joinedBytesMax, latin1Of } from '../bodies-out.ts'

export interface FastAnswer {
  status: number
  /** Default: the usual one. */
  statusMessage?: string
  /** Alternating names and values, one character for each byte; neither Connection nor how the body is framed. */
  headers: readonly string[]
  body: string | Uint8Array | Readable
  /** That a stream is framed by; undefined: by chunks. */
  length?: string | undefined
}

/** Whether the body has to be written behind the head. */
export const isApart = ({ status, body }: FastAnswer): boolean =>
  body instanceof Readable || (body.length > joinedBytesMax && !isBodyless(status))

export const isBodyless = (status: number): boolean => status === 204 || status === 304

/**
 * Head and body, or the head alone where the body is apart; to be written as latin1. Throws for a header
 * that would be more than one, or none.
 */
export function answerText(
  answer: FastAnswer,
  { isLast, idleMs }: { isLast: boolean; idleMs: number },
): string {
  const { status, statusMessage = '', headers, body, length } = answer
  if (!fieldValue.test(statusMessage)) throw new Error('a status message that cannot be sent')
  let text = `HTTP/1.1 ${status} ${statusMessage === '' ? (STATUS_CODES[status] ?? 'unknown') : statusMessage}\r\n`
  let hasDate = false
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    const value = headers[index + 1]!
    if (!isFieldName(name) || !fieldValue.test(value)) throw new Error(`the header ${name} cannot be sent`)
    if (name.length === 4 && name.toLowerCase() === 'date') hasDate = true
    text += `${name}: ${value}\r\n`
  }
  if (!isBodyless(status)) text += framing(body, length)
  if (!hasDate) text += `Date: ${httpDate()}\r\n`
  text += isLast
    ? 'Connection: close\r\n\r\n'
    : `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(idleMs / 1000)}\r\n\r\n`
  return body instanceof Readable || isBodyless(status) || isApart(answer) ? text : text + latin1Of(body)
}

function framing(body: FastAnswer['body'], length: string | undefined): string {
  if (!(body instanceof Readable)) return `Content-Length: ${bytesOf(body)}\r\n`
  return length === undefined ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${length}\r\n`
}

const bytesOf = (body: string | Uint8Array): number =>
  typeof body === 'string' ? Buffer.byteLength(body) : body.length

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
