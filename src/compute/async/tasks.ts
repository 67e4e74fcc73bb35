/**
 * Stateful tasks: what became of asynchronous invocations of functions whose config has `asyncTask`. A record per task, and
 * two more that put it in order of time, kept for a week after it has ended and bounded per function.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { RecordStore, StoredRecord, Write } from '../../ports/records.ts'
import type { AsyncLimits } from './limits.ts'
import {
  type FunctionName,
  newestFirstPrefix,
  oldestFirstPrefix,
  oldestFirstRoot,
  padded,
  payloadKey,
  taskKey,
} from './queue-keys.ts'
import type { Payload } from './queued.ts'

/** The vendor's words. The last five are final. */
export type TaskStatus =
  | 'Enqueued'
  | 'Dequeued'
  | 'Running'
  | 'Retrying'
  | 'Stopping'
  | 'Succeeded'
  | 'Failed'
  | 'Stopped'
  | 'Expired'
  | 'Invalid'

const finalStatuses: ReadonlySet<TaskStatus> = new Set([
  'Succeeded',
  'Failed',
  'Stopped',
  'Expired',
  'Invalid',
])
export const hasEnded = ({ status }: { status: TaskStatus }): boolean => finalStatuses.has(status)

export interface TaskEvent {
  eventId: number
  /** Wall clock, ms. */
  timestamp: number
  status: TaskStatus
  detail: string
}

export interface TaskRecord extends FunctionName {
  qualifier: string
  taskId: string
  requestId: string
  status: TaskStatus
  /** Its place in the order of acceptance. */
  order: number
  /** Where its event is in the queue; stays when it has ended. */
  queueKey: string
  /** Its event, when it was given up into the dead-letter list. */
  deadLetterKey?: string
  /** Wall clock, ms: when it was accepted, and when it ended. */
  startedMs: number
  endedMs?: number
  /** Of the last attempt. */
  durationMs?: number
  instanceId?: string
  retries: number
  errorType?: string
  destinationStatus?: 'Succeeded' | 'Failed'
  events: TaskEvent[]
}

export interface AsyncTask extends TaskRecord {
  /** Only where it was asked for. */
  payload?: Uint8Array
}

export interface TaskQuery extends FunctionName {
  qualifier?: string
  idPrefix?: string
  status?: string
  /** Accepted from (inclusive) to (inclusive), wall clock. */
  startedFromMs?: number
  startedToMs?: number
  oldestFirst: boolean
  limit: number
  /** `next` of the page before. */
  after?: string
  includePayload: boolean
}

/** Kept of one task: past it the oldest are forgotten. An event that is postponed for days has some fifty attempts. */
const eventsMax = 60
const trimBatch = 100
/** "7 days" of the vendor's console. */
const keptMs = 7 * 86_400_000
/** A filter that matches next to nothing gives up here and hands out a token. */
const examinedMax = 2000
const newestOrder = Number.MAX_SAFE_INTEGER

const oldestKey = (task: TaskRecord): string =>
  `${oldestFirstPrefix(task)}${padded(task.order)}-${task.taskId}`
const newestKey = (task: TaskRecord): string =>
  `${newestFirstPrefix(task)}${padded(newestOrder - task.order)}-${task.taskId}`

/** The record with one more event. */
export function stepTask(task: TaskRecord, status: TaskStatus, timestamp: number, detail = ''): TaskRecord {
  const eventId = (task.events.at(-1)?.eventId ?? 0) + 1
  const events = [...task.events, { eventId, timestamp, status, detail }].slice(-eventsMax)
  return { ...task, status, events, ...(hasEnded({ status }) ? { endedMs: timestamp } : {}) }
}

export interface Tasks {
  /** What is written with a new task; the first write expects that there is none of this id. */
  creation(task: TaskRecord): Write[]
  read(name: FunctionName, taskId: string): Promise<StoredRecord<TaskRecord> | undefined>
  /** Keeps the bound of a function; to be called after a task was created. */
  created(name: FunctionName): Promise<void>
  list(query: TaskQuery): Promise<{ tasks: AsyncTask[]; next?: string }>
  /** Forgets what ended more than a week ago. */
  sweep(): Promise<void>
}

export function tasks({
  records,
  clock,
  log,
  limits: { tasksMaxPerFunction: tasksMax },
}: {
  records: RecordStore
  clock: Clock
  log: Logger
  limits: AsyncLimits
}): Tasks {
  /** By the prefix of the function; counted when first needed. */
  const counts = new Map<string, number>()

  const read = (name: FunctionName, taskId: string) => records.get<TaskRecord>(taskKey(name, taskId))

  async function countOf(prefix: string): Promise<number> {
    const known = counts.get(prefix)
    if (known !== undefined) return known
    const found = await records.list({ prefix, limit: tasksMax + trimBatch })
    const counted = counts.get(prefix) ?? found.length
    counts.set(prefix, counted)
    return counted
  }

  async function remove(task: TaskRecord): Promise<void> {
    const isLetter = task.deadLetterKey !== undefined && (await records.get(task.deadLetterKey)) !== undefined
    await records.commit([
      { remove: taskKey(task, task.taskId) },
      { remove: oldestKey(task) },
      { remove: newestKey(task) },
      ...(isLetter ? [] : [{ remove: payloadKey(task, task.requestId) }]),
    ])
    const prefix = oldestFirstPrefix(task)
    const count = counts.get(prefix)
    if (count !== undefined) counts.set(prefix, count - 1)
  }

  /** Of the oldest, those that have ended and of which `mayGo` holds. Answers how many it forgot. */
  async function forget(prefix: string, mayGo: (task: TaskRecord) => boolean): Promise<number> {
    let forgotten = 0
    for (const { value: taskId } of await records.list<string>({ prefix, limit: trimBatch })) {
      const task = (await read(nameOf(prefix), taskId))?.value
      if (!task || !hasEnded(task) || !mayGo(task)) continue
      await remove(task)
      forgotten++
    }
    return forgotten
  }

  return {
    creation: (task) => [
      { put: taskKey(task, task.taskId), value: task, expect: 'absent' },
      { put: oldestKey(task), value: task.taskId },
      { put: newestKey(task), value: task.taskId },
    ],

    read,

    async created(name) {
      const prefix = oldestFirstPrefix(name)
      const before = counts.get(prefix)
      const count = before === undefined ? await countOf(prefix) : before + 1
      counts.set(prefix, count)
      // What has not ended is bounded by the queue and is never forgotten.
      if (count > tasksMax && (await forget(prefix, () => true)) > 0)
        log.warn({ functionName: name.functionName, tasksMax }, 'the oldest tasks were forgotten')
    },

    async list(query) {
      const prefix = query.oldestFirst ? oldestFirstPrefix(query) : newestFirstPrefix(query)
      const found: AsyncTask[] = []
      let last = query.after === undefined ? undefined : prefix + query.after
      for (let examined = 0; ; ) {
        const limit = Math.min(trimBatch, query.limit + 1)
        const batch = await records.list<string>({ prefix, limit, ...(last === undefined ? {} : { after: last }) }) // biome-ignore format: one line
        for (const { key, value: taskId } of batch) {
          if (found.length === query.limit || examined === examinedMax)
            return { tasks: found, next: last!.slice(prefix.length) }
          last = key
          examined++
          const task = (await read(query, taskId))?.value
          if (task && matches(query, task)) found.push(query.includePayload ? await withPayload(task) : task)
        }
        if (batch.length < limit) return { tasks: found }
      }
    },

    async sweep() {
      const before = clock.now() - keptMs
      for (let after: string | undefined; ; ) {
        const [oldest] = await records.list({ prefix: oldestFirstRoot, limit: 1, ...(after === undefined ? {} : { after }) }) // biome-ignore format: one line
        if (!oldest) return
        const prefix = /^(?:[^/]+\/){4}/.exec(oldest.key)![0]
        while ((await forget(prefix, ({ endedMs = before }) => endedMs < before)) === trimBatch);
        // Past every key of this function: they go on with a digit.
        after = `${prefix}~`
      }
    },
  }

  async function withPayload(task: TaskRecord): Promise<AsyncTask> {
    const payload = await records.get<Payload>(payloadKey(task, task.requestId))
    return { ...task, payload: Buffer.from(payload?.value.bodyBase64 ?? '', 'base64') }
  }
}

const matches = (query: TaskQuery, task: TaskRecord): boolean =>
  (query.qualifier === undefined || query.qualifier === task.qualifier) &&
  (query.status === undefined || query.status === task.status) &&
  (query.idPrefix === undefined || task.taskId.startsWith(query.idPrefix)) &&
  (query.startedFromMs === undefined || task.startedMs >= query.startedFromMs) &&
  (query.startedToMs === undefined || task.startedMs <= query.startedToMs)

/** Back from a prefix to the function. */
function nameOf(prefix: string): FunctionName {
  const [, , accountId = '', functionName = ''] = prefix.split('/')
  return { accountId, functionName }
}
