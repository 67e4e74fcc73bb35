/** Takes events into the queue: durable when it answers. */
import type { Clock } from '../../lib/clock.ts'
import type { TraceContext } from '../../lib/trace-context.ts'
import type { HttpRequestHead } from '../../ports/invocation.ts'
import { type RecordStore, VersionConflict, type Write, writtenKey } from '../../ports/records.ts'
import type { Lanes } from './lanes.ts'
import type { AsyncLimits } from './limits.ts'
import { laneOf, readyKey, takenIdKey, taskKey, waitingKey } from './queue-keys.ts'
import { carriedKey, type Payload, type QueuedEvent } from './queued.ts'
import { stepTask, type Tasks } from './tasks.ts'

export interface AcceptedEvent {
  accountId: string
  functionName: string
  qualifier: string
  requestId: string
  /** With a `request`: its body. */
  event: Uint8Array
  /** Of an HTTP trigger, for a custom runtime: the function is given this instead of an event. */
  request?: HttpRequestHead
  /**
   * The caller's own id. No other event of this id is taken in while this one is in the queue, or, where the function keeps
   * tasks, while its task is kept.
   */
  taskId?: string
  /** A task is kept of it, whatever the policy of the function says. */
  stateful?: true
  /** It is not called before this time is over. */
  delayMs?: number
  trace?: TraceContext
  /** Functions that led to it, one triggered by the other. Default: none. */
  hops?: number
  /** Of what triggered it. */
  triggerName?: string
}

export class TaskInFlight extends Error {
  constructor(taskId: string) {
    super(`a task '${taskId}' of this function is there already`)
    this.name = 'TaskInFlight'
  }
}

export class QueueFull extends Error {
  constructor() {
    super('too many asynchronous invocations are waiting')
    this.name = 'QueueFull'
  }
}

/** The function, or what the qualifier names, was removed after it had been looked up. */
export class TargetGone extends Error {
  constructor() {
    super('the function or the qualifier is no longer there')
    this.name = 'TargetGone'
  }
}

/** This request was accepted before. */
export class AcceptedBefore extends Error {}

export interface AcceptanceNeeds {
  records: RecordStore
  clock: Clock
  /** Steady time. */
  now(): number
  lanes: Lanes
  tasks: Tasks
  limits: AsyncLimits
  keepsTasks(event: AcceptedEvent): Promise<boolean>
  /** Checks that fail the commit when the function or what the qualifier names is not there. */
  presenceOf(event: AcceptedEvent): Write[]
}

export async function acceptEvent(
  { records, clock, now, lanes, tasks, limits, keepsTasks, presenceOf }: AcceptanceNeeds,
  accepted: AcceptedEvent,
  alongside: readonly Write[] = [],
): Promise<void> {
  const {
    accountId,
    functionName,
    qualifier,
    requestId,
    request,
    trace,
    delayMs = 0,
    hops = 0,
    triggerName,
  } = accepted
  const lane = laneOf('async/queue/', accepted)
  const stateful = accepted.stateful ?? (await keepsTasks(accepted))
  if (lanes.depth() >= limits.depthMax || lanes.depthOf(lane) >= limits.depthMaxPerFunction)
    throw new QueueFull()
  const taskId = accepted.taskId ?? (stateful ? requestId : undefined)
  const dueMs = now() + delayMs
  const event: QueuedEvent = {
    accountId,
    functionName,
    qualifier,
    requestId,
    acceptedMs: dueMs,
    failures: 0,
    postponements: 0,
    hops,
    ...(taskId === undefined ? {} : { taskId }),
    ...(stateful ? { stateful } : {}),
    ...(delayMs > 0 ? { delayMs } : {}),
    ...(trace && { trace }),
    ...(triggerName === undefined ? {} : { triggerName }),
  }
  const payload: Payload = {
    bodyBase64: Buffer.from(accepted.event).toString('base64'),
    ...(request ? { request } : {}),
  }
  const order = lanes.nextOrder()
  const key = delayMs > 0 ? waitingKey(lane, dueMs, requestId) : readyKey(lane, order, requestId)
  const ownPayload = carriedKey(event)
  const presence = presenceOf(accepted)
  const idWrites: Write[] = []
  if (taskId !== undefined && !stateful)
    idWrites.push({ put: takenIdKey(accepted, taskId), value: { requestId }, expect: 'absent' })
  if (taskId !== undefined && stateful) {
    const startedMs = clock.now()
    const task = { accountId, functionName, qualifier, taskId, requestId, order, queueKey: key, startedMs, retries: 0, events: [] } // biome-ignore format: one line
    idWrites.push(...tasks.creation(stepTask({ ...task, status: 'Enqueued' }, 'Enqueued', startedMs)))
  }
  lanes.announced(key)
  try {
    await records.commit([
      ...alongside,
      ...presence,
      { put: ownPayload, value: payload, expect: 'absent' },
      ...idWrites,
      { put: key, value: event },
    ])
  } catch (error) {
    throw worded(error)
  }
  lanes.added(key)
  if (stateful) await tasks.created(accepted)

  function worded(error: unknown): unknown {
    if (!(error instanceof VersionConflict)) return error
    if (alongside.some((write) => writtenKey(write) === error.key)) return error
    if (error.key === ownPayload) return new AcceptedBefore()
    const ids = taskId === undefined ? [] : [takenIdKey(accepted, taskId), taskKey(accepted, taskId)]
    return ids.includes(error.key) ? new TaskInFlight(taskId!) : new TargetGone()
  }
}
