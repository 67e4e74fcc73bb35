/**
 * What an event function returned → an answer. The vendor's own samples write the status as text and the body as an object
 * (`fc-java-libs`, the sample for Node.js): both are read.
 */
import { tokenName } from '../../../../lib/http-syntax.ts'
import { type Answer, headerIn, takenHeaders } from '../answer.ts'
import { functionResponseInvalid } from '../refusals.ts'

/** Throws `ApiError`. */
export function replyOf(returned: Uint8Array): Answer {
  let document: unknown
  try {
    document = JSON.parse(Buffer.from(returned).toString('utf8'))
  } catch {
    throw functionResponseInvalid('it is no JSON')
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw functionResponseInvalid('it is no object')
  const { statusCode, headers, body, isBase64Encoded } = document as Record<string, unknown>
  const all = takenHeaders(headersOf(headers))
  const text =
    body === undefined || body === null ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  if (headerIn(all, 'content-type') === undefined) all.push('Content-Type', 'application/json; charset=utf-8')
  return {
    status: statusOf(statusCode),
    headers: all,
    body: Buffer.from(text, String(isBase64Encoded).toLowerCase() === 'true' ? 'base64' : 'utf8'),
  }
}

function statusOf(given: unknown): number {
  const status = typeof given === 'string' && /^\d{3}$/.test(given) ? Number(given) : given
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599) return status
  throw functionResponseInvalid(`the statusCode ${JSON.stringify(given)?.slice(0, 100)} is not valid`)
}

const NAME_LENGTH_MAX = 256
const HEADERS_BYTES_MAX = 32 * 1024

function headersOf(given: unknown): string[] {
  if (given === undefined || given === null) return []
  if (typeof given !== 'object' || Array.isArray(given)) throw functionResponseInvalid('headers is no object')
  const all: string[] = []
  let bytes = 0
  for (const [name, value] of Object.entries(given)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each === null || typeof each === 'object')
        throw functionResponseInvalid(`the header '${name}' is no text`)
      const text = Buffer.from(String(each)).toString('latin1')
      if (name.length > NAME_LENGTH_MAX || !tokenName.test(name) || /[\0-\x08\x0a-\x1f\x7f]/.test(text))
        throw functionResponseInvalid(`the header '${name.slice(0, 100)}' is not valid`)
      bytes += name.length + text.length
      all.push(name, text)
    }
  }
  if (bytes > HEADERS_BYTES_MAX)
    throw functionResponseInvalid(`its headers exceed ${HEADERS_BYTES_MAX} bytes`)
  return all
}
