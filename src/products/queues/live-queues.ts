/** Queues by name: those in use are kept in memory, each once, so that whoever sends wakes whoever waits. */
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import { type RecordStore, type StoredRecord, VersionConflict } from '../../ports/records.ts'
import { queueAlreadyExist, queueNotExist } from './errors.ts'
import { countKey, doomedKey, queueKey } from './keys.ts'
import { LiveQueue } from './live-queue.ts'
import { isName } from './names.ts'
import { overtaking } from './overtaking.ts'
import {
  changedPolicies,
  haveSameAttributes,
  type MessageCounts,
  type PolicyChange,
  type QueueAttributes,
  type QueueExtras,
  type QueueRecord,
  standardAttributes,
} from './queue.ts'
import type { LiveQueueOptions } from './queue-state.ts'

/** Queues in memory that nobody uses just now; one more and the least recently used is forgotten. */
const IDLE_MAX = 1000
/** Callers that wait for messages, of all queues. Each holds a connection. */
const WAITING_MAX = 4096

export interface LiveQueuesOptions {
  records: RecordStore
  clock: Clock
  ids: IdSource
  newMessageId(): string
  waitingMax?: number
}

interface Kept {
  queue: Promise<LiveQueue | undefined>
  uses: number
}

export class LiveQueues {
  readonly #records: RecordStore
  readonly #clock: Clock
  readonly #ids: IdSource
  readonly #liveOptions: LiveQueueOptions
  /** Least recently used first. */
  readonly #kept = new Map<string, Kept>()
  #waiting = 0

  constructor({ records, clock, ids, newMessageId, waitingMax = WAITING_MAX }: LiveQueuesOptions) {
    this.#records = records
    this.#clock = clock
    this.#ids = ids
    this.#liveOptions = {
      records,
      clock,
      newMessageId,
      uuid: ids.uuid,
      useOther: (name, act) => this.use(name, act),
      admitWaiting: () => {
        if (this.#waiting >= waitingMax) return false
        this.#waiting++
        return () => void this.#waiting--
      },
    }
  }

  /** Does something with a queue. Throws QueueNotExist. */
  async use<T>(name: string, act: (queue: LiveQueue) => Promise<T>): Promise<T> {
    const kept = this.#keep(name)
    kept.uses++
    try {
      const queue = await kept.queue
      if (queue) return await act(queue)
    } finally {
      kept.uses--
    }
    if (this.#kept.get(name) === kept) this.#kept.delete(name)
    throw queueNotExist()
  }

  /** False: there is one with just these attributes already. Throws QueueAlreadyExist where they differ. */
  async create(
    name: string,
    given: Partial<QueueAttributes> = {},
    extras: QueueExtras = {},
  ): Promise<boolean> {
    const nowSeconds = this.#nowSeconds()
    const record: QueueRecord = {
      queueId: this.#ids.uuid(),
      name,
      createdSeconds: nowSeconds,
      modifiedSeconds: nowSeconds,
      ...standardAttributes,
      ...given,
      ...extras,
    }
    const counts: MessageCounts = { active: 0, inactive: 0, delayed: 0 }
    return overtaking(async () => {
      const existing = await this.#find(name)
      if (existing && !haveSameAttributes(existing.value, record)) throw queueAlreadyExist()
      if (existing) return false
      await this.#records.commit([
        { put: queueKey(name), value: record, expect: 'absent' },
        { put: countKey(record.queueId), value: counts, expect: 'absent' },
      ])
      return true
    })
  }

  async setAttributes(
    name: string,
    given: Partial<QueueAttributes>,
    policies: PolicyChange = {},
  ): Promise<void> {
    await this.use(name, (queue) =>
      overtaking(async () => {
        const existing = await this.#find(name)
        if (!existing) throw queueNotExist()
        const record: QueueRecord = {
          ...changedPolicies(existing.value, policies),
          ...given,
          modifiedSeconds: this.#nowSeconds(),
        }
        await this.#records.commit([{ put: queueKey(name), value: record, expect: existing.version }])
        queue.changeRecord(record)
      }),
    )
  }

  /** Its messages are gone for everybody at once; what they took is given back in the background. */
  async delete(name: string): Promise<void> {
    await this.use(name, async (queue) => {
      const { queueId } = queue.record
      try {
        await this.#records.commit([
          { remove: queueKey(name) },
          { remove: countKey(queueId), expect: 'present' },
          { put: doomedKey(queueId), value: {} },
        ])
      } catch (error) {
        // Somebody else deleted it first.
        if (error instanceof VersionConflict) throw queueNotExist()
        throw error
      }
      // Whoever makes one of this name now has another.
      this.#kept.delete(name)
      queue.remove()
    })
  }

  #keep(name: string): Kept {
    const known = this.#kept.get(name)
    if (known) {
      this.#kept.delete(name)
      this.#kept.set(name, known)
      return known
    }
    const kept: Kept = { queue: this.#load(name), uses: 0 }
    this.#kept.set(name, kept)
    kept.queue.catch(() => {
      if (this.#kept.get(name) === kept) this.#kept.delete(name)
    })
    if (this.#kept.size > IDLE_MAX) void this.#forgetOne()
    return kept
  }

  async #forgetOne(): Promise<void> {
    for (const [name, kept] of this.#kept) {
      if (kept.uses > 0) continue
      const queue = await kept.queue.catch(() => undefined)
      if (this.#kept.get(name) !== kept || kept.uses > 0 || (queue && !queue.isIdle)) continue
      this.#kept.delete(name)
      return
    }
  }

  async #load(name: string): Promise<LiveQueue | undefined> {
    const found = await this.#find(name)
    return found && LiveQueue.load(found.value, this.#liveOptions)
  }

  async #find(name: string): Promise<StoredRecord<QueueRecord> | undefined> {
    return isName(name) ? this.#records.get<QueueRecord>(queueKey(name)) : undefined
  }

  #nowSeconds(): number {
    return Math.floor(this.#clock.now() / 1000)
  }
}
