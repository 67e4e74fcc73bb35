import { createHash } from 'node:crypto'
import { UsageError } from '../errors.ts'
import { didYouMean } from '../suggest.ts'
import type { Terminal } from '../terminal.ts'
import { cloudEvents } from './cloud-events.ts'
import type { EventType } from './event-type.ts'
import { httpEvents } from './http-events.ts'
import { productEvents } from './product-events.ts'

/** Every type of event that can be made up, by the name of its trigger. */
export const eventTypes: Readonly<Record<string, EventType>> = {
  ...httpEvents,
  ...productEvents,
  ...cloudEvents,
}

export interface EventWish {
  type: string
  /** What was chosen, by field. */
  given: Readonly<Record<string, string>>
  accountId?: string | undefined
  region?: string | undefined
}

/** The bytes that a trigger of this type would hand to a function. Throws `UsageError`. */
export function makeEvent(
  { type, given, accountId = '1234567890123456', region = 'cn-hangzhou' }: EventWish,
  { clock, newNonce }: Pick<Terminal, 'clock' | 'newNonce'>,
): Buffer {
  const known = eventTypes[type]
  if (!known) {
    const names = Object.keys(eventTypes)
    throw new UsageError(
      `There is no type of event ${type}.${didYouMean(type, names)} The types are: ${names.join(', ')}.`,
    )
  }
  const values = valuesOf(type, known, given)
  const hex = (digits: number): string =>
    createHash('sha256').update(newNonce()).digest('hex').slice(0, digits)
  const event = known.make(values, { accountId, region, nowMs: clock.now(), hex })
  if (event instanceof Uint8Array) return Buffer.from(event)
  return Buffer.from(typeof event === 'string' ? event : JSON.stringify(event, null, 2))
}

function valuesOf(
  type: string,
  { fields }: EventType,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  for (const [name, value] of Object.entries(given)) {
    const field = fields[name]
    if (!field) {
      const names = Object.keys(fields)
      throw new UsageError(
        `An event of type ${type} has no ${name}.${didYouMean(name, names)} It has: ${names.join(', ')}.`,
      )
    }
    const refuse = (what: string) =>
      new UsageError(`${name} of an event of type ${type} is ${what}, not ${value}.`)
    if (field.oneOf && !field.oneOf.includes(value)) throw refuse(`one of ${field.oneOf.join(', ')}`)
    if (field.isNumber && !/^\d{1,15}$/.test(value)) throw refuse('a number')
    if (field.isJson && !isJson(value, field.standard)) throw refuse(`JSON such as ${field.standard}`)
  }
  return {
    ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.standard])),
    ...given,
  }
}

/** Of the kind that the standard value is: an object or an array. */
function isJson(text: string, like: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' && Array.isArray(value) === like.startsWith('[')
  } catch {
    return false
  }
}
