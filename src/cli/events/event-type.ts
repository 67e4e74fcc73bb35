/** What a trigger would hand to a function, as the command line makes it up. */

/** The parts of an event that whoever makes it up may choose, and what they are otherwise. */
export type Fields = Readonly<Record<string, FieldOfEvent>>

export interface FieldOfEvent {
  help: string
  standard: string
  /** Anything else is refused. */
  oneOf?: readonly string[]
  isNumber?: boolean
  /** An object or an array, as the standard value is one. */
  isJson?: boolean
}

/** Of the account and the moment. */
export interface EventSurroundings {
  accountId: string
  region: string
  nowMs: number
  /** Lower-case hexadecimal digits, never the same twice. */
  hex(digits: number): string
}

export interface EventType {
  /** Of the trigger: when it makes an event. */
  summary: string
  fields: Fields
  /** The event as text or bytes; anything else becomes JSON. `given` has every field. */
  make(given: Readonly<Record<string, string>>, around: EventSurroundings): unknown
}

/** Typed from its fields: `make` is given one text for each. */
export const eventType = <const F extends Fields>(type: {
  summary: string
  fields: F
  make(given: { readonly [Name in keyof F]: string }, around: EventSurroundings): unknown
}): EventType => type as unknown as EventType

export const uuid = ({ hex }: EventSurroundings): string =>
  `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`

export const isoMs = ({ nowMs }: EventSurroundings): string => new Date(nowMs).toISOString()

export const isoSeconds = ({ nowMs }: EventSurroundings): string =>
  `${new Date(nowMs).toISOString().slice(0, 19)}Z`
