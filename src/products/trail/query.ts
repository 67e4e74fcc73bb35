/** The parameters of LookupEvents. */
import { invalidQuery } from './errors.ts'
import type { Cursor, Direction, Query } from './lookup.ts'
import type { TrailEvent } from './trail-event.ts'

type Parameters = ReadonlyMap<string, string>

const RESULTS = { max: 50, usual: 20 } as const
/** Without StartTime and EndTime: as many before now. */
const USUAL_SPAN_MS = 7 * 24 * 3600 * 1000
const CONDITIONS_MAX = 2

/** What can be looked for, exactly and with regard to case. */
const attributes: Readonly<Record<string, (event: TrailEvent) => string | undefined>> = {
  ServiceName: ({ serviceName }) => serviceName,
  EventName: ({ eventName }) => eventName,
  User: ({ userIdentity }) => userIdentity.userName,
  EventId: ({ eventId }) => eventId,
  ResourceType: ({ resourceType }) => resourceType,
  ResourceName: ({ resourceName }) => resourceName,
  EventRW: ({ eventRW }) => eventRW,
  EventAccessKeyId: ({ userIdentity }) => userIdentity.accessKeyId,
  SourceIpAddress: ({ sourceIpAddress }) => sourceIpAddress,
  EventType: ({ eventType }) => eventType,
  RoleName: ({ userIdentity: { type, userName } }) =>
    type === 'assumed-role' ? userName.split(':')[0] : undefined,
}

/** Throws `InvalidQueryParameter`. */
export function queryIn(parameters: Parameters, nowMs: number): Query {
  const start = timeIn(parameters, 'StartTime')
  const end = timeIn(parameters, 'EndTime')
  if ((start === undefined) !== (end === undefined))
    throw invalidQuery('StartTime and EndTime belong together')
  // A time is a second, and all of it is meant.
  const toMs = end === undefined ? nowMs : end + 999
  const fromMs = start ?? nowMs - USUAL_SPAN_MS
  if (fromMs > toMs) throw invalidQuery('StartTime is after EndTime')
  const direction = parameters.get('Direction') || 'BACKWARD'
  if (direction !== 'FORWARD' && direction !== 'BACKWARD') throw invalidQuery('Direction')
  const limit = Number(parameters.get('MaxResults') || RESULTS.usual)
  if (!Number.isInteger(limit) || limit < 0 || limit > RESULTS.max) throw invalidQuery('MaxResults')
  const token = parameters.get('NextToken')
  return {
    direction,
    fromMs,
    toMs,
    matches: conditionsIn(parameters),
    // None asked for is as many as usual: a page of none would never end.
    limit: limit || RESULTS.usual,
    cursor: token ? cursorIn(token, direction) : undefined,
  }
}

export const tokenOf = (cursor: Cursor, direction: Direction): string =>
  Buffer.from(JSON.stringify([direction, cursor.Write, cursor.Read])).toString('base64url')

function cursorIn(token: string, direction: Direction): Cursor {
  const isSequence = (value: unknown): value is number =>
    Number.isSafeInteger(value) && (value as number) >= 0
  try {
    const [from, write, read] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[]
    if (from === direction && isSequence(write) && isSequence(read)) return { Write: write, Read: read }
  } catch {
    // It is refused in the same words as any other token that is none.
  }
  throw invalidQuery('NextToken')
}

function conditionsIn(parameters: Parameters): Query['matches'] {
  const wanted = new Map<string, string>()
  for (const [name, key] of parameters) {
    const index = /^LookupAttribute\.(\d{1,3})\.Key$/.exec(name)?.[1]
    if (index === undefined) continue
    if (!Object.hasOwn(attributes, key)) throw invalidQuery(`LookupAttribute.${index}.Key`)
    const value = parameters.get(`LookupAttribute.${index}.Value`)
    if (value === undefined) throw invalidQuery(`LookupAttribute.${index}.Value`)
    // Of two with one key the later counts, as with the vendor.
    wanted.set(key, value)
  }
  if (wanted.size > CONDITIONS_MAX) throw invalidQuery(`more than ${CONDITIONS_MAX} of LookupAttribute`)
  return (event) => [...wanted].every(([key, value]) => attributes[key]!(event) === value)
}

function timeIn(parameters: Parameters, name: string): number | undefined {
  const text = parameters.get(name)
  if (!text) return undefined
  const timeMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(timeMs)) throw invalidQuery(name)
  return timeMs
}
