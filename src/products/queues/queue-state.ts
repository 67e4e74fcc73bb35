/** What is in memory of a queue in use: its attributes, its counts, and when its next message falls due. */
import type { Clock } from '../../lib/clock.ts'
import { type RecordStore, VersionConflict, type Write } from '../../ports/records.ts'
import { queueNotExist } from './errors.ts'
import { countKey } from './keys.ts'
import type { EntryRecord, NewMessage } from './message.ts'
import type { MessageCounts, QueueRecord } from './queue.ts'

/** Writes and what they do to the counts, ready to be committed together with others. */
export interface Change {
  writes: readonly Write[]
  /** Called when the commit failed. */
  undo(): void
  /** Called when it is durable. */
  done(): void
}

/** What a queue needs of one that takes its dead letters. */
export interface OtherQueue {
  insertion(messages: readonly NewMessage[]): { change: Change }
}

export interface LiveQueueOptions {
  records: RecordStore
  clock: Clock
  newMessageId(): string
  uuid(): string
  /** Does something with another queue. Throws QueueNotExist. */
  useOther(name: string, act: (queue: OtherQueue) => Promise<void>): Promise<void>
  /** False: no more callers may wait anywhere. Answers what ends the waiting otherwise. */
  admitWaiting(): (() => void) | false
}

export class QueueState {
  readonly options: LiveQueueOptions
  record: QueueRecord
  /** No entry of `later` falls due before; Infinity: there are none. */
  nextDueMs = 0
  /** Under way: making visible what is due. */
  promoting: Promise<void> | undefined
  readonly #counts: MessageCounts
  readonly #changed: (what: { isActive: boolean }) => void
  #committing = 0

  /** `changed` is called when a change is durable; `isActive`: there is something to receive now. */
  constructor(
    record: QueueRecord,
    counts: MessageCounts,
    options: LiveQueueOptions,
    changed: (what: { isActive: boolean }) => void,
  ) {
    this.record = record
    this.#counts = { ...counts }
    this.options = options
    this.#changed = changed
  }

  get counts(): MessageCounts {
    return { ...this.#counts }
  }

  get isCommitting(): boolean {
    return this.#committing > 0
  }

  isExpired({ enqueuedMs }: EntryRecord): boolean {
    return enqueuedMs + this.record.messageRetentionPeriod * 1000 <= this.options.clock.now()
  }

  /** `dueMs`: when the first falls due of the entries that are put among the later ones. */
  change(
    writes: readonly Write[],
    { active = 0, inactive = 0, delayed = 0, dueMs = Number.POSITIVE_INFINITY },
  ): Change {
    const add = (sign: 1 | -1): void => {
      this.#counts.active += sign * active
      this.#counts.inactive += sign * inactive
      this.#counts.delayed += sign * delayed
    }
    add(1)
    return {
      // Commits are written in the order in which they are made, so the last count of a key is the newest. It is there as
      // long as the queue is: nothing is put into a queue that was deleted meanwhile.
      writes: [...writes, { put: countKey(this.record.queueId), value: this.counts, expect: 'present' }],
      undo: () => add(-1),
      done: () => {
        this.nextDueMs = Math.min(this.nextDueMs, dueMs)
        this.#changed({ isActive: active > 0 })
      },
    }
  }

  /** Commits what this and other queues change, all or nothing. */
  async commit(changes: readonly Change[], more: readonly Write[] = []): Promise<void> {
    this.#committing++
    try {
      await this.options.records.commit([...changes.flatMap(({ writes }) => writes), ...more])
    } catch (error) {
      for (const change of changes) change.undo()
      if (error instanceof VersionConflict && error.key === countKey(this.record.queueId)) {
        throw queueNotExist()
      }
      throw error
    } finally {
      this.#committing--
    }
    for (const change of changes) change.done()
  }
}
