/** Messages as records, their ids and receipt handles. */
import { md5Hex } from '../../lib/checksums.ts'
import { sortableMs } from './keys.ts'

/** A property that a sender gave a message; kept and handed to who receives it. */
export interface MessageProperty {
  name: string
  value: string
  type: string
}

export interface NewMessage {
  body: string
  priority: number
  delayMs: number
  /** Of a message that was in another queue before: how long it is kept counts from then. */
  enqueuedMs?: number
  userProperties: readonly MessageProperty[]
  systemProperties: readonly MessageProperty[]
}

/** What of a message never changes. */
export interface BodyRecord {
  body: string
  userProperties?: readonly MessageProperty[]
  systemProperties?: readonly MessageProperty[]
}

/** Where a message stands; the value of its one entry, active or later. */
export interface EntryRecord {
  messageId: string
  priority: number
  enqueuedMs: number
  /** How often it was received. 0 of a later entry: it is delayed. */
  dequeueCount: number
  firstDequeuedMs?: number
}

export interface ReceivedMessage extends EntryRecord, BodyRecord {
  /** Undefined of a message that was only peeked at. */
  receipt: { handle: string; nextVisibleMs: number } | undefined
}

export const PRIORITY = { min: 1, max: 16, unit: '' } as const
export const PRIORITY_STANDARD = 8
/** Messages of one request. */
export const BATCH_MAX = 16

/** As the vendor writes it: upper-case hex of the body's bytes. */
export const bodyMd5 = (body: string): string => md5Hex(body).toUpperCase()

/**
 * 32 upper-case hex digits: time, a number within it, and chance. The order of ids is the order of sending.
 */
export function messageIds(now: () => number, uuid: () => string): () => string {
  let lastMs = 0
  let count = 0
  return () => {
    const nowMs = now()
    // A clock that was set back does not put what is sent now before what was sent then.
    if (nowMs > lastMs) {
      lastMs = nowMs
      count = 0
    } else if (++count > 0xffff) {
      lastMs++
      count = 0
    }
    const chance = uuid().replaceAll('-', '').slice(0, 16)
    return `${lastMs.toString(16).padStart(12, '0')}${count.toString(16).padStart(4, '0')}${chance}`.toUpperCase()
  }
}

/** Good until the message is visible again, its visibility is changed or it is deleted. Only digits, letters and hyphens. */
export const receiptHandle = (nextVisibleMs: number, messageId: string, uuid: () => string): string =>
  `${sortableMs(nextVisibleMs)}-${messageId}-${uuid().slice(0, 8)}`

/** Undefined: no handle of ours looks like this. */
export function parseHandle(handle: string): { nextVisibleMs: number; messageId: string } | undefined {
  const match = /^(\d{15})-([0-9A-F]{32})-[0-9a-f]{8}$/.exec(handle)
  return match ? { nextVisibleMs: Number(match[1]), messageId: match[2]! } : undefined
}
