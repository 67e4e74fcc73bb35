/**
 * Reads AMap's answers, whose types differ between its generations: numbers are strings in v3 and v5 and numbers in v4; what is
 * missing is absent, empty, null or an empty list. What was wanted and cannot be read is an error.
 */
import type { Position } from '../../model/order.ts'

export type Answer = Readonly<Record<string, unknown>>

export class MapAnswerError extends Error {}

export function record(value: unknown, what: string): Answer {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MapAnswerError(`the answer has no ${what}`)
  return value as Answer
}

export function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new MapAnswerError(`the answer has no ${what}`)
  return value
}

/** Empty for everything that is not a text. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '')

export function number(value: unknown, what: string): number {
  const read = typeof value === 'number' ? value : text(value).trim() === '' ? Number.NaN : Number(value)
  if (!Number.isFinite(read) || read < 0)
    throw new MapAnswerError(`${what} is not a number: ${JSON.stringify(value)}`)
  return read
}

/** As `lng,lat;lng,lat`, in the coordinates it came in. */
export function points(value: unknown): Position[] {
  return text(value)
    .split(';')
    .filter((point) => point !== '')
    .map((point) => {
      const [lng, lat] = point.split(',').map(Number)
      if (lng === undefined || lat === undefined || !Number.isFinite(lng) || !Number.isFinite(lat))
        throw new MapAnswerError(`${point} is not a coordinate`)
      return { lng, lat }
    })
}

/** @throws MapAnswerError where the answer refuses, in v3's, v4's or v5's way */
export function accepted(value: unknown): Answer {
  const answer = record(value, 'envelope')
  if (answer['errcode'] !== undefined) {
    if (Number(answer['errcode']) === 0) return answer
    throw new MapAnswerError(`${text(answer['errmsg'])} (${String(answer['errcode'])})`)
  }
  if (text(answer['status']) === '1' || answer['status'] === 1) return answer
  throw new MapAnswerError(`${text(answer['info'])} (${text(answer['infocode'])})`)
}
