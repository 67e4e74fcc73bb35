/**
 * Asynchronous invocations: durable before they are acknowledged, then called at least once, with retries.
 * A record per accepted event is the queue; it is removed when the invocation has succeeded or is given up.
 */
import type { Clock } from '../lib/clock.ts'
import type { IdSource } from '../lib/ids.ts'
import type { Logger } from '../lib/logger.ts'
import type { FunctionRevision, HttpRequestHead, InvocationOutcome, Invoker } from '../ports/invocation.ts'
import type { RecordStore, Write } from '../ports/records.ts'
import { forwardQueued } from './forward-queued.ts'

export interface AcceptedEvent {
  accountId: string
  functionName: string
  qualifier: string
  requestId: string
  /** With a `request`: its body. */
  event: Uint8Array
  /** Of an HTTP trigger, for a custom runtime: the function is given this instead of an event. */
  request?: HttpRequestHead
  /** The caller's own id: while one is in the queue, another with the same id is not taken in. */
  taskId?: string
}

export interface AsyncPolicy {
  retriesMax: number
  eventAgeMaxMs: number
  /** ARNs that the outcome is sent to. */
  onSuccess?: string
  onFailure?: string
}

export interface AsyncInvocations {
  /**
   * Durable when it resolves, together with what is written alongside: both or neither. Rejects with `TaskInFlight`,
   * `QueueFull`, or `VersionConflict` when an expectation alongside does not hold.
   */
  accept(event: AcceptedEvent, alongside?: readonly Write[]): Promise<void>
  /** Takes up what an earlier platform had accepted and not finished. */
  start(): Promise<void>
  depth(): number
  /** Begins nothing more; what is being called may finish for a moment. The rest is left to the next platform. */
  close(): Promise<void>
}

export class TaskInFlight extends Error {
  constructor(taskId: string) {
    super(`a task '${taskId}' of this function is not finished yet`)
    this.name = 'TaskInFlight'
  }
}

export class QueueFull extends Error {
  constructor() {
    super('too many asynchronous invocations are waiting')
    this.name = 'QueueFull'
  }
}

interface QueuedEvent {
  accountId: string
  functionName: string
  qualifier: string
  requestId: string
  eventBase64: string
  request?: HttpRequestHead
  taskId?: string
  acceptedMs: number
  /** Attempts that ended with a function error: these count against the retries. */
  failures: number
  /** Attempts that the platform itself could not make: throttled, no instance. */
  postponements: number
  notBeforeMs: number
  /** How many destinations led here, one from the other. */
  hops?: number
}

/** A chain of destinations that is this long is a circle: it ends here. */
const hopsMax = 16
/** What waits of one function, is being called, or waits for its next attempt. */
interface Lane {
  waiting: string[]
  inFlight: number
  delayed: number
}

const depthMax = 100_000
/** Of one function at once: a flood on one leaves room for the others. */
const inFlightMaxPerFunction = 32
const functionRetryDelayMs = { first: 1000, most: 60_000 }
const systemRetryDelayMs = { first: 500, most: 5 * 3_600_000 }
const scanBatch = 500
/** A function may run for a day; the platform does not wait for it before it stops. */
const closeMs = 2000

export function asyncInvocations({
  records,
  invoker,
  clock,
  ids,
  log,
  resolve,
  policyOf,
}: {
  records: RecordStore
  invoker: Invoker
  clock: Clock
  ids: IdSource
  log: Logger
  resolve(accountId: string, functionName: string, qualifier: string): Promise<FunctionRevision | undefined>
  policyOf(accountId: string, functionName: string, qualifier: string): Promise<AsyncPolicy>
}): AsyncInvocations {
  const keyOf = ({
    accountId,
    functionName,
    requestId,
  }: {
    accountId: string
    functionName: string
    requestId: string
  }) => `async/events/${accountId}/${functionName}/${requestId}`
  const taskKeyOf = ({
    accountId,
    functionName,
    taskId,
  }: {
    accountId: string
    functionName: string
    taskId?: string
  }) => `async/tasks/${accountId}/${functionName}/${taskId}`
  /** Keys that wait in memory or are being called, by function. The events themselves stay on disk until their turn. */
  const lanes = new Map<string, Lane>()
  const working = new Set<Promise<void>>()
  /** Keys of all lanes: an event that comes in while the earlier ones are read at the start is seen twice. */
  const queuedKeys = new Set<string>()
  let closed = false

  function enqueue(key: string, functionKey: string): void {
    if (queuedKeys.has(key)) return
    queuedKeys.add(key)
    const lane = lanes.get(functionKey) ?? { waiting: [], inFlight: 0, delayed: 0 }
    lanes.set(functionKey, lane)
    lane.waiting.push(key)
    pump(functionKey)
  }

  function pump(functionKey: string): void {
    const lane = lanes.get(functionKey)
    while (lane && !closed && lane.inFlight < inFlightMaxPerFunction && lane.waiting.length > 0) {
      const key = lane.waiting.shift()!
      lane.inFlight++
      const work = attempt(key)
        .then((delayMs) => {
          if (delayMs === undefined) queuedKeys.delete(key)
          else later(lane, key, functionKey, delayMs)
        })
        .catch((error: unknown) => {
          log.error(
            { err: error, key },
            'an asynchronous invocation could not be worked on and is tried again later',
          )
          later(lane, key, functionKey, systemRetryDelayMs.first * 8)
        })
        .finally(() => {
          lane.inFlight--
          working.delete(work)
          pump(functionKey)
          if (lane.inFlight + lane.delayed + lane.waiting.length === 0) lanes.delete(functionKey)
        })
      working.add(work)
    }
  }

  function later(lane: Lane, key: string, functionKey: string, delayMs: number): void {
    lane.delayed++
    clock.after(delayMs, () => {
      lane.delayed--
      lane.waiting.push(key)
      pump(functionKey)
    })
  }

  /** One attempt. Answers after how long to try again, or undefined when the event is done with. */
  async function attempt(key: string): Promise<number | undefined> {
    const stored = await records.get<QueuedEvent>(key)
    if (!stored) return undefined
    const queued = stored.value
    const { accountId, functionName, qualifier } = queued
    const waitMs = queued.notBeforeMs - clock.now()
    if (waitMs > 0) return waitMs
    const policy = await policyOf(accountId, functionName, qualifier)
    const ageMs = clock.now() - queued.acceptedMs
    const revision = await resolve(accountId, functionName, qualifier)
    if (!revision) return finish(key, queued, { because: 'the function is no longer there' })
    const failed = { policy, functionArn: arnOf(revision, qualifier) }
    if (ageMs > policy.eventAgeMaxMs) {
      return finish(key, queued, {
        ...failed,
        because: 'the event grew older than its maximum age',
        condition: 'EventAgeExceeded',
      })
    }
    // It was accepted for another state of the function than the one that is there now.
    if (queued.request && !revision.runtime.startsWith('custom')) {
      return finish(key, queued, {
        ...failed,
        because: 'an HTTP request waited for a custom runtime, and the function has another one by now',
        condition: errorTypes.unhandledError,
      })
    }
    const outcome = await call(revision, queued)
    // Whatever went wrong was the end of the platform: the next one calls it again, as if it had not been called.
    if (closed && outcome.outcome !== 'succeeded') return undefined
    switch (outcome.outcome) {
      case 'succeeded':
        return finish(key, queued, { ...failed, condition: '', payload: outcome.body })
      case 'throttled':
      case 'platformError':
      case 'cancelled': {
        const delayMs = backoff(systemRetryDelayMs, queued.postponements)
        return postpone(key, { ...queued, postponements: queued.postponements + 1 }, delayMs)
      }
      default: {
        const failures = queued.failures + 1
        if (failures > policy.retriesMax) {
          return finish(
            key,
            { ...queued, failures },
            {
              ...failed,
              because: `it failed ${failures} times`,
              condition: outcome.outcome === 'notStarted' ? outcome.code : errorTypes[outcome.outcome],
              payload: outcome.outcome === 'notStarted' ? Buffer.from(outcome.message) : outcome.body,
            },
          )
        }
        return postpone(key, { ...queued, failures }, backoff(functionRetryDelayMs, queued.failures))
      }
    }
  }

  function call(revision: FunctionRevision, queued: QueuedEvent): Promise<InvocationOutcome> {
    const { qualifier, requestId, request, failures: retryCount } = queued
    const event = Buffer.from(queued.eventBase64, 'base64')
    const invocation = { revision, qualifier, requestId, retryCount, wantLogTail: false }
    return request
      ? forwardQueued(invoker, { ...invocation, request, body: event })
      : invoker.invoke({ ...invocation, event })
  }

  async function postpone(key: string, queued: QueuedEvent, delayMs: number): Promise<number> {
    await records.commit([{ put: key, value: { ...queued, notBeforeMs: clock.now() + delayMs } }])
    return delayMs
  }

  /** Takes the event out of the queue, and with the same commit puts its outcome in for the destination. */
  async function finish(key: string, queued: QueuedEvent, end: End): Promise<undefined> {
    const { functionName, requestId } = queued
    if (end.because !== undefined) {
      log.warn({ functionName, requestId, because: end.because }, 'an asynchronous invocation was given up')
    }
    const next = destinationEvent(queued, end)
    await records.commit([
      { remove: key },
      ...(queued.taskId === undefined ? [] : [{ remove: taskKeyOf(queued) }]),
      ...(next ? [{ put: keyOf(next), value: next }] : []),
    ])
    if (next) enqueue(keyOf(next), `${next.accountId}/${next.functionName}`)
    return undefined
  }

  /** What the vendor sends to a destination (fc-events/async-destination.json); only functions can be one so far. */
  function destinationEvent(queued: QueuedEvent, end: End): QueuedEvent | undefined {
    const arn = end.because === undefined ? end.policy?.onSuccess : end.policy?.onFailure
    if (!arn) return undefined
    const hops = (queued.hops ?? 0) + 1
    const target = functionArn.exec(arn)
    if (!target || hops > hopsMax) {
      const { functionName, requestId } = queued
      log.error(
        { functionName, requestId, destination: arn, hops },
        'an outcome could not be sent to its destination',
      )
      return undefined
    }
    const failed = end.because !== undefined
    const payload = {
      timestamp: clock.now(),
      requestContext: {
        requestId: queued.requestId,
        functionArn: end.functionArn,
        condition: end.condition,
        approximateInvokeCount: queued.failures + (failed ? 0 : 1),
      },
      requestPayload: Buffer.from(queued.eventBase64, 'base64').toString('utf8'),
      responseContext: { statusCode: 200, functionError: failed ? end.condition : '' },
      responsePayload: Buffer.from(end.payload ?? []).toString('utf8'),
    }
    return {
      accountId: queued.accountId,
      functionName: target[1]!,
      qualifier: target[2] ?? 'LATEST',
      requestId: ids.requestId(clock.now()),
      eventBase64: Buffer.from(JSON.stringify(payload)).toString('base64'),
      acceptedMs: clock.now(),
      failures: 0,
      postponements: 0,
      notBeforeMs: 0,
      hops,
    }
  }

  return {
    async accept({ event, ...accepted }, alongside = []) {
      if (closed || queuedKeys.size >= depthMax) throw new QueueFull()
      const key = keyOf(accepted)
      const queued: QueuedEvent = {
        ...accepted,
        eventBase64: Buffer.from(event).toString('base64'),
        acceptedMs: clock.now(),
        failures: 0,
        postponements: 0,
        notBeforeMs: 0,
      }
      await records
        .commit([
          ...alongside,
          { put: key, value: queued, expect: 'absent' },
          ...(accepted.taskId === undefined
            ? []
            : [
                {
                  put: taskKeyOf(accepted),
                  value: { requestId: accepted.requestId },
                  expect: 'absent' as const,
                },
              ]),
        ])
        .catch((error: unknown) => {
          if (accepted.taskId !== undefined && (error as Error).name === 'VersionConflict')
            throw new TaskInFlight(accepted.taskId)
          throw error
        })
      enqueue(key, `${accepted.accountId}/${accepted.functionName}`)
    },

    async start() {
      const prefix = 'async/events/'
      for (let after: string | undefined; ; ) {
        const batch = await records.list<QueuedEvent>({
          prefix,
          limit: scanBatch,
          ...(after === undefined ? {} : { after }),
        })
        for (const { key, value } of batch) enqueue(key, `${value.accountId}/${value.functionName}`)
        if (batch.length < scanBatch) return
        after = batch.at(-1)!.key
      }
    },

    depth: () => queuedKeys.size,

    async close() {
      closed = true
      const patience = Promise.withResolvers<void>()
      const cancel = clock.after(closeMs, patience.resolve)
      await Promise.race([Promise.allSettled(working), patience.promise])
      cancel()
    },
  }
}

/** How the work on an event ended. */
interface End {
  /** Why it was given up; undefined after success. */
  because?: string
  /** The error type; empty after success. */
  condition?: string
  payload?: Uint8Array
  policy?: AsyncPolicy
  functionArn?: string
}

const errorTypes = {
  handledError: 'HandledInvocationError',
  unhandledError: 'UnhandledInvocationError',
  initializationError: 'InitializationError',
} as const

const functionArn = /^acs:fc:[^:]*:[^:]*:functions\/([^/]+)(?:\/([^/]+))?$/

/** As the API of the function writes it. */
const arnOf = (
  { functionArn: arn, service, region, accountId }: FunctionRevision,
  qualifier: string,
): string =>
  service === undefined
    ? arn
    : `acs:fc:${region}:${accountId}:services/${service.name}.${qualifier}/functions/${service.functionName}`

const backoff = ({ first, most }: { first: number; most: number }, attempts: number): number =>
  Math.min(first * 2 ** Math.min(attempts, 30), most)
