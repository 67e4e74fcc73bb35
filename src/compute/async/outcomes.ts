import type { InvocationOutcome } from '../../ports/invocation.ts'
import type { Payload, QueuedEvent } from './queued.ts'
import type { TaskStatus } from './tasks.ts'

/** How the work on an event ended. */
export interface End {
  status: Extract<TaskStatus, 'Succeeded' | 'Failed' | 'Stopped' | 'Expired' | 'Invalid'>
  /** Why it was given up, in words; empty after success. */
  because: string
  /** The vendor's name of the error; empty after success. */
  condition: string
  response?: Uint8Array
}

const errorTypes = {
  handledError: 'HandledInvocationError',
  unhandledError: 'UnhandledInvocationError',
  initializationError: 'InitializationError',
} as const

export const ends = {
  functionGone: (): End => ({
    status: 'Invalid',
    because: 'the function is no longer there',
    condition: 'FunctionNotFound',
  }),
  tooOld: (): End => ({
    status: 'Expired',
    because: 'the event grew older than its maximum age',
    condition: 'EventAgeExceeded',
  }),
  /** The data folder was damaged or changed by hand. */
  payloadLost: (): End => ({
    status: 'Invalid',
    because: 'what it carried is not in the store',
    condition: 'InternalServerError',
  }),
  stopped: (): End => ({ status: 'Stopped', because: 'the task was stopped', condition: '' }),
  /** An HTTP request was accepted for a custom runtime, and the function has another one by now. */
  runtimeChanged: (): End => ({
    status: 'Invalid',
    because: 'an HTTP request waited for a custom runtime, and the function has another one by now',
    condition: errorTypes.unhandledError,
  }),
}

type Failed = Exclude<
  InvocationOutcome,
  { outcome: 'succeeded' | 'throttled' | 'platformError' | 'cancelled' }
>

export const conditionOf = (outcome: Failed): string =>
  outcome.outcome === 'notStarted' ? outcome.code : errorTypes[outcome.outcome]

export const responseOf = (outcome: Failed): Uint8Array =>
  outcome.outcome === 'notStarted' ? Buffer.from(outcome.message) : outcome.body

/** Of a response, what goes to a destination: as much as an event may have. */
const responseBytesMax = 128 * 1024

/** What the vendor sends to a destination (fc-events/async-destination.json). */
export function destinationDocument(
  event: QueuedEvent,
  payload: Payload,
  { end, functionArn, nowMs }: { end: End; functionArn: string | undefined; nowMs: number },
): object {
  const failed = end.status !== 'Succeeded'
  return {
    timestamp: nowMs,
    requestContext: {
      requestId: event.requestId,
      functionArn,
      condition: end.condition,
      approximateInvokeCount: event.failures + (failed ? 0 : 1),
    },
    requestPayload: Buffer.from(payload.bodyBase64, 'base64').toString('utf8'),
    responseContext: { statusCode: 200, functionError: end.condition },
    responsePayload: Buffer.from(end.response ?? [])
      .subarray(0, responseBytesMax)
      .toString('utf8'),
  }
}
