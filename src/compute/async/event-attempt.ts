/** One attempt at an event: from its record to the outcome, and what is written of it. */
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import type { Logger } from '../../lib/logger.ts'
import type { FunctionRevision, InvocationOutcome, Invoker } from '../../ports/invocation.ts'
import { type RecordStore, VersionConflict, type Write } from '../../ports/records.ts'
import { forwardQueued } from '../forward-queued.ts'
import type { BilledAttempts } from '../metering/billed-attempts.ts'
import { backoff, failureDelays, systemDelays } from './backoff.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Lanes, Verdict } from './lanes.ts'
import { conditionOf, destinationDocument, type End, ends, responseOf } from './outcomes.ts'
import { laneOf, readyKey, takenIdKey, waitingKey } from './queue-keys.ts'
import { carriedKey, type Payload, type QueuedDelivery, type QueuedEvent } from './queued.ts'
import type { Settle } from './settle.ts'
import { stepTask, type TaskRecord, type Tasks } from './tasks.ts'

export interface AsyncPolicy {
  retriesMax: number
  eventAgeMaxMs: number
  /** Tasks are kept of this function. */
  asyncTask: boolean
  /** ARNs that the outcome is sent to. */
  onSuccess?: string
  onFailure?: string
}

export interface EventAttemptNeeds {
  records: RecordStore
  invoker: Invoker
  clock: Clock
  /** Steady time. */
  now(): number
  ids: IdSource
  log: Logger
  lanes: Lanes
  tasks: Tasks
  deadLetters: DeadLetters
  settle: Settle
  /** What is charged of an attempt is charged once, though a crash repeats it. */
  billed: Pick<BilledAttempts, 'begins' | 'settled'>
  /** `disabled`: it may not be invoked at the moment. */
  resolve(
    accountId: string,
    functionName: string,
    qualifier: string,
  ): Promise<FunctionRevision | 'disabled' | undefined>
  policyOf(accountId: string, functionName: string, qualifier: string): Promise<AsyncPolicy>
  isClosed(): boolean
}

/** A chain of destinations that is this long is a circle: it ends here. */
const hopsMax = 16

/** As the API of the function writes it. */
const arnOf = (
  { functionArn: arn, service, region, accountId }: FunctionRevision,
  qualifier: string,
): string =>
  service === undefined
    ? arn
    : `acs:fc:${region}:${accountId}:services/${service.name}.${qualifier}/functions/${service.functionName}`

export function eventAttempt(needs: EventAttemptNeeds) {
  const { records, invoker, clock, now, ids, log, lanes, tasks, deadLetters, settle, billed } = needs

  return async function attempt(key: string, signal: AbortSignal): Promise<Verdict> {
    const stored = await records.get<QueuedEvent>(key)
    if (!stored) return { is: 'gone' }
    const event = stored.value
    const { accountId, functionName, qualifier } = event
    const policy = await needs.policyOf(accountId, functionName, qualifier)
    const revision = await needs.resolve(accountId, functionName, qualifier)
    const carried = await records.get<Payload>(carriedKey(event))
    const payload = carried?.value ?? { bodyBase64: '' }
    const task = await taskOf(event)
    const work: Work = { key, event, payload, policy, task, functionArn: undefined }
    if (!carried) return finish(work, ends.payloadLost())
    if (task?.status === 'Stopping') return finish(work, ends.stopped())
    if (!revision) return finish(work, ends.functionGone())
    if (ageOf(event) > policy.eventAgeMaxMs) return finish(work, ends.tooOld())
    if (revision === 'disabled') {
      const because = 'the function is disabled'
      return postpone(work, { because, countsFor: 'platform', throttled: false })
    }
    work.functionArn = arnOf(revision, event.qualifier)
    if (payload.request && !revision.runtime.startsWith('custom')) return finish(work, ends.runtimeChanged())
    if (task) {
      const began = await begin(work)
      if (began === 'gone') return { is: 'gone' }
      if (began === 'stopping') return finish(work, ends.stopped())
    }

    billed.begins(event.requestId)
    const outcome = await call(revision, work, signal)
    // Whatever went wrong was the end of the platform: the next one calls it again, as if it had not been called.
    if (needs.isClosed() && outcome.outcome !== 'succeeded') return { is: 'left' }
    return judge(work, outcome, signal)
  }

  interface Work {
    key: string
    event: QueuedEvent
    payload: Payload
    policy: AsyncPolicy
    /** As it was written last. */
    task: TaskRecord | undefined
    functionArn: string | undefined
  }

  function ageOf({ acceptedMs }: QueuedEvent): number {
    return now() - acceptedMs
  }

  async function taskOf(event: QueuedEvent): Promise<TaskRecord | undefined> {
    if (!event.stateful || event.taskId === undefined) return undefined
    const task = (await tasks.read(event, event.taskId))?.value
    return task?.requestId === event.requestId ? task : undefined
  }

  /** Writes into the task that an attempt begins. It may be stopped in this instant: then it says so, or is out of the queue. */
  async function begin(work: Work): Promise<'begun' | 'stopping' | 'gone'> {
    const { key, event } = work
    for (;;) {
      const stored = await tasks.read(event, event.taskId!)
      if (!stored) return 'gone'
      if (stored.value.status === 'Stopping') return 'stopping'
      const atMs = clock.now()
      const task = stepTask(stepTask(stored.value, 'Dequeued', atMs), 'Running', atMs)
      try {
        await records.commit([
          { check: key, expect: 'present' },
          { put: stored.key, value: task, expect: stored.version },
        ])
        work.task = task
        return 'begun'
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error
        if (error.key === key) return 'gone'
      }
    }
  }

  function call(
    revision: FunctionRevision,
    { event: { qualifier, requestId, failures: retryCount, trace, hops }, payload }: Work,
    signal: AbortSignal,
  ): Promise<InvocationOutcome> {
    const body = Buffer.from(payload.bodyBase64, 'base64')
    const invocation = {
      revision,
      qualifier,
      requestId,
      retryCount,
      ...(hops > 0 ? { hops } : {}),
      wantLogTail: false,
      signal,
      ...(trace && { trace }),
    }
    return payload.request
      ? forwardQueued(invoker, { ...invocation, request: payload.request, body })
      : invoker.invoke({ ...invocation, event: body })
  }

  function judge(work: Work, outcome: InvocationOutcome, signal: AbortSignal): Promise<Verdict> {
    const { event, policy } = work
    if ('report' in outcome && outcome.report && work.task) {
      const { instanceId, durationMs } = outcome.report
      work.task = { ...work.task, instanceId, durationMs: Math.round(durationMs) }
    }
    switch (outcome.outcome) {
      case 'succeeded':
        return finish(work, { status: 'Succeeded', because: '', condition: '', response: outcome.body })
      case 'throttled':
      case 'platformError':
        return postpone(work, {
          because: outcome.message,
          countsFor: 'platform',
          throttled: outcome.outcome === 'throttled',
        })
      case 'cancelled':
        return signal.aborted
          ? finish(work, ends.stopped())
          : postpone(work, {
              because: outcome.stopped ? 'all calls of the function were ended' : 'the call was cancelled',
              countsFor: 'platform',
              throttled: false,
            })
      default: {
        if (signal.aborted) return finish(work, ends.stopped())
        const failures = event.failures + 1
        const condition = conditionOf(outcome)
        if (failures <= policy.retriesMax)
          return postpone(work, { because: condition, countsFor: 'function', throttled: false })
        work.event = { ...event, failures }
        const because = `it failed ${failures} ${failures === 1 ? 'time' : 'times'}`
        return finish(work, { status: 'Failed', because, condition, response: responseOf(outcome) })
      }
    }
  }

  async function postpone(
    work: Work,
    reason: { because: string; countsFor: 'function' | 'platform'; throttled: boolean },
  ): Promise<Verdict> {
    const { key, event, policy, task } = work
    const { because, throttled } = reason
    const ofFunction = reason.countsFor === 'function'
    const wantedMs = ofFunction
      ? backoff(failureDelays, event.failures)
      : backoff(systemDelays, event.postponements)
    // It is given up when it is too old, not at the attempt after.
    const delayMs = Math.max(0, Math.min(wantedMs, policy.eventAgeMaxMs - ageOf(event) + 1))
    const next = {
      ...event,
      failures: event.failures + (ofFunction ? 1 : 0),
      postponements: event.postponements + (ofFunction ? 0 : 1),
      delayMs,
    }
    const nextKey = waitingKey(laneOf('async/queue/', event), now() + delayMs, event.requestId)
    const change = { ...reported(task), queueKey: nextKey, retries: next.failures }
    const written = await settle(
      task && { event, steps: [{ status: 'Retrying', detail: because }], change },
      [{ remove: key }, { put: nextKey, value: next }],
    )
    if (written === 'stopping') return finish(work, ends.stopped())
    billed.settled(event.requestId)
    return { is: 'waits', because, throttled }
  }

  /** Takes the event out of the queue, and with the same commit puts its outcome where it is to go. */
  async function finish(work: Work, end: End): Promise<Verdict> {
    const { key, event, policy, task } = work
    const { functionName, requestId } = event
    if (end.because !== '') log.warn({ functionName, requestId, because: end.because }, 'an asynchronous invocation was given up') // biome-ignore format: one line
    const writes: Write[] = [{ remove: key }]
    if (event.taskId !== undefined && !event.stateful)
      writes.push({ remove: takenIdKey(event, event.taskId) })

    const arn = end.status === 'Succeeded' ? policy.onSuccess : policy.onFailure
    const isCircle = event.hops >= hopsMax
    const delivery =
      arn !== undefined && end.status !== 'Stopped' && !isCircle ? deliveryOf(work, end, arn) : undefined
    if (delivery) writes.push(...delivery.writes)
    const dies = end.status !== 'Succeeded' && end.status !== 'Stopped' && !delivery
    const attempts = event.failures + event.postponements
    const because = isCircle ? `${end.because}, and ${hopsMax} destinations led here` : end.because
    const { condition } = end
    const burial = dies
      ? deadLetters.burial({ item: event, because, condition, diedMs: clock.now(), attempts })
      : undefined
    if (burial) writes.push(...burial.writes)
    else if (!task) writes.push({ remove: carriedKey(event) })

    await settle(
      task && {
        event,
        steps: [{ status: end.status, detail: end.because }],
        change: {
          ...reported(task),
          retries: Math.max(0, event.failures - (end.status === 'Failed' ? 1 : 0)),
          ...(end.condition === '' ? {} : { errorType: end.condition }),
          ...(burial ? { deadLetterKey: burial.key } : {}),
        },
      },
      writes,
    )
    billed.settled(requestId)
    if (delivery) lanes.added(delivery.key)
    if (burial) await deadLetters.died(event)
    return { is: 'done' }
  }

  function deliveryOf(
    { event, payload, functionArn }: Work,
    end: End,
    destination: string,
  ): { key: string; writes: Write[] } {
    const { accountId, functionName, taskId, stateful } = event
    const document = destinationDocument(event, payload, { end, functionArn, nowMs: clock.now() })
    const delivery: QueuedDelivery = {
      accountId,
      functionName,
      requestId: ids.requestId(clock.now()),
      acceptedMs: now(),
      postponements: 0,
      hops: event.hops + 1,
      destination,
      eventRequestId: event.requestId,
      ...(stateful && taskId !== undefined ? { taskId, stateful } : {}),
    }
    const body: Payload = { bodyBase64: Buffer.from(JSON.stringify(document)).toString('base64') }
    const key = readyKey(laneOf('async/deliveries/', event), lanes.nextOrder(), delivery.requestId)
    return {
      key,
      writes: [
        { put: carriedKey(delivery), value: body },
        { put: key, value: delivery },
      ],
    }
  }
}

const reported = (task: TaskRecord | undefined): Partial<TaskRecord> => ({
  ...(task?.instanceId === undefined ? {} : { instanceId: task.instanceId }),
  ...(task?.durationMs === undefined ? {} : { durationMs: task.durationMs }),
})
