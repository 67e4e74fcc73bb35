/**
 * What could not be delivered: events that were given up and have no destination for failures, and outcomes that no
 * destination took. Kept per function, for two weeks and up to a bound; can be read, put back into the queue, and removed.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { type RecordStore, type StoredRecord, VersionConflict, type Write } from '../../ports/records.ts'
import type { Lanes } from './lanes.ts'
import type { AsyncLimits } from './limits.ts'
import {
  deadLetterKey,
  deadLettersPrefix,
  deadLettersRoot,
  type FunctionName,
  laneOf,
  readyKey,
  taskKey,
} from './queue-keys.ts'
import { carriedKey, isDelivery, type Payload, type QueuedDelivery, type QueuedEvent } from './queued.ts'
import { stepTask, type TaskRecord } from './tasks.ts'

export interface DeadLetter {
  item: QueuedEvent | QueuedDelivery
  /** In words. */
  because: string
  /** The vendor's name of the error. */
  condition: string
  /** Wall clock, ms. */
  diedMs: number
  attempts: number
}

export interface ReadDeadLetter extends DeadLetter {
  payload?: Uint8Array
}

export interface DeadLetterQuery extends FunctionName {
  limit: number
  /** `next` of the page before. */
  after?: string
  includePayload: boolean
}

export interface DeadLetters {
  /** What is written when an item dies; and then `died` is to be called. */
  burial(letter: DeadLetter): { key: string; writes: Write[] }
  died(name: FunctionName): Promise<void>
  list(query: DeadLetterQuery): Promise<{ letters: ReadDeadLetter[]; next?: string }>
  /** Puts back into the queue, as if just accepted, with the same request id. Without `requestIds`: all. Answers how many. */
  redrive(name: FunctionName, requestIds?: ReadonlySet<string>): Promise<number>
  /** Removes for good. Answers how many. */
  purge(name: FunctionName, requestIds?: ReadonlySet<string>): Promise<number>
  sweep(): Promise<void>
}

const keptMs = 14 * 86_400_000
const batchSize = 100

export function deadLetters({
  records,
  clock,
  now,
  log,
  lanes,
  limits: { deadLettersMaxPerFunction: deadLettersMax },
}: {
  records: RecordStore
  clock: Clock
  /** Steady time. */
  now(): number
  log: Logger
  lanes: Lanes
  limits: AsyncLimits
}): DeadLetters {
  /** By the prefix of the function; counted again after letters were taken out. */
  const counts = new Map<string, number>()

  /** The payload stays while a task record shows it. */
  async function removal({ key, value: { item } }: StoredRecord<DeadLetter>): Promise<Write[]> {
    const { taskId, requestId } = item
    const task =
      !isDelivery(item) && item.stateful && taskId !== undefined
        ? await records.get<TaskRecord>(taskKey(item, taskId))
        : undefined
    const shown = task?.value.requestId === requestId
    return [{ remove: key, expect: 'present' }, ...(shown ? [] : [{ remove: carriedKey(item) }])]
  }

  /** A letter that someone else took out meanwhile is no failure. */
  async function take(letter: StoredRecord<DeadLetter>, writes: Write[]): Promise<boolean> {
    try {
      await records.commit(writes)
    } catch (error) {
      if (error instanceof VersionConflict && error.key === letter.key) return false
      throw error
    }
    counts.delete(deadLettersPrefix(letter.value.item))
    return true
  }

  const remove = async (letter: StoredRecord<DeadLetter>): Promise<boolean> =>
    take(letter, await removal(letter))

  async function backIntoQueue(letter: StoredRecord<DeadLetter>): Promise<boolean> {
    const { item } = letter.value
    const { delayMs: _, taskId, stateful, ...kept } = item
    const fresh = { ...kept, acceptedMs: now(), postponements: 0, hops: 0 }
    const lane = laneOf(isDelivery(item) ? 'async/deliveries/' : 'async/queue/', item)
    const key = readyKey(lane, lanes.nextOrder(), item.requestId)
    const task =
      stateful && taskId !== undefined ? await records.get<TaskRecord>(taskKey(item, taskId)) : undefined
    const known = task?.value.requestId === item.requestId ? task : undefined
    const marks = known && { taskId, stateful }
    const taken = await take(letter, [
      { remove: letter.key, expect: 'present' },
      { put: key, value: isDelivery(item) ? { ...fresh, ...marks } : { ...fresh, failures: 0, ...marks } },
      ...(known && !isDelivery(item) ? [{ put: known.key, value: enqueuedAgain(known.value, key) }] : []),
    ])
    if (taken) lanes.added(key)
    return taken
  }

  function enqueuedAgain(task: TaskRecord, queueKey: string): TaskRecord {
    const { endedMs: _e, errorType: _t, deadLetterKey: _d, ...kept } = task
    return stepTask({ ...kept, queueKey }, 'Enqueued', clock.now(), 'redriven')
  }

  async function forEach(
    name: FunctionName,
    requestIds: ReadonlySet<string> | undefined,
    act: (letter: StoredRecord<DeadLetter>) => Promise<boolean>,
  ): Promise<number> {
    const prefix = deadLettersPrefix(name)
    // What dies again while this goes on is not met again: the list is read up to here.
    const end = deadLetterKey(name, lanes.nextOrder(), '')
    let acted = 0
    for (let after: string | undefined; ; ) {
      const batch = await records.list<DeadLetter>({ prefix, limit: batchSize, ...(after === undefined ? {} : { after }) }) // biome-ignore format: one line
      for (const letter of batch) {
        if (letter.key > end) return acted
        const wanted = requestIds?.has(letter.value.item.requestId) ?? true
        if (wanted && (await act(letter))) acted++
      }
      if (batch.length < batchSize) return acted
      after = batch.at(-1)!.key
    }
  }

  return {
    burial(letter) {
      const key = deadLetterKey(letter.item, lanes.nextOrder(), letter.item.requestId)
      return { key, writes: [{ put: key, value: letter }] }
    },

    async died(name) {
      const prefix = deadLettersPrefix(name)
      const known = counts.get(prefix)
      if (known !== undefined && known < deadLettersMax) {
        counts.set(prefix, known + 1)
        return
      }
      const found = await records.list<DeadLetter>({ prefix, limit: deadLettersMax + batchSize })
      const surplus = found.slice(0, Math.max(0, found.length - deadLettersMax))
      for (const letter of surplus) {
        const { requestId } = letter.value.item
        if (await remove(letter))
          log.warn({ ...name, requestId, deadLettersMax }, 'the oldest dead letter of a function was dropped')
      }
      counts.set(prefix, found.length - surplus.length)
    },

    async list({ limit, after, includePayload, ...name }) {
      const prefix = deadLettersPrefix(name)
      const found = await records.list<DeadLetter>({
        prefix,
        limit: limit + 1,
        ...(after === undefined ? {} : { after: prefix + after }),
      })
      const page = found.slice(0, limit)
      const letters = []
      for (const { value } of page) {
        const payload = includePayload ? await records.get<Payload>(carriedKey(value.item)) : undefined
        letters.push(payload ? { ...value, payload: Buffer.from(payload.value.bodyBase64, 'base64') } : value)
      }
      return found.length > limit ? { letters, next: page.at(-1)!.key.slice(prefix.length) } : { letters }
    },

    async redrive(name, requestIds) {
      await lanes.started
      return forEach(name, requestIds, backIntoQueue)
    },

    purge: (name, requestIds) => forEach(name, requestIds, remove),

    async sweep() {
      const before = clock.now() - keptMs
      for (let after: string | undefined; ; ) {
        const batch = await records.list<DeadLetter>({ prefix: deadLettersRoot, limit: batchSize, ...(after === undefined ? {} : { after }) }) // biome-ignore format: one line
        for (const letter of batch) if (letter.value.diedMs < before) await remove(letter)
        if (batch.length < batchSize) return
        after = batch.at(-1)!.key
      }
    },
  }
}
