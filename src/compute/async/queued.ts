import type { TraceContext } from '../../lib/trace-context.ts'
import type { HttpRequestHead } from '../../ports/invocation.ts'
import { outcomeKey, payloadKey } from './queue-keys.ts'

/** What an item of the queue knows of itself; what it carries is a `Payload`. Times are steady times. */
interface QueuedItem {
  accountId: string
  /** Whose event it is; of a delivery: whose outcome. */
  functionName: string
  requestId: string
  /** Of an event that was to be delayed: when its delay ends. Its age counts from here. */
  acceptedMs: number
  /** Attempts that the platform itself could not make. */
  postponements: number
  /** How long the wait is that it is in. */
  delayMs?: number
  /** How many destinations led here, one from the other. */
  hops: number
  /** The id of its task: the caller's, or of a stateful task without one the request id. */
  taskId?: string
  /** There is a task record with this `taskId`. */
  stateful?: true
}

export interface QueuedEvent extends QueuedItem {
  qualifier: string
  /** Attempts that ended with a function error: these count against the retries. */
  failures: number
  /** Of what triggered it. */
  triggerName?: string
  trace?: TraceContext
}

/** An outcome on its way to a destination. */
export interface QueuedDelivery extends QueuedItem {
  /** The ARN. */
  destination: string
  /** Of the event whose outcome it is; `requestId` is its own. */
  eventRequestId: string
}

export interface Payload {
  bodyBase64: string
  /** Of an HTTP trigger, for a custom runtime: the function is given this instead of an event. */
  request?: HttpRequestHead
}

/** Where its `Payload` is. */
export const carriedKey = (item: QueuedEvent | QueuedDelivery): string =>
  isDelivery(item) ? outcomeKey(item, item.requestId) : payloadKey(item, item.requestId)

export const isDelivery = (item: QueuedEvent | QueuedDelivery): item is QueuedDelivery =>
  'destination' in item
