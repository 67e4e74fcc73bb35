/**
 * A queue while it is in use. All that takes messages from its head goes through one line (`#serve`), so that no message is
 * given to two callers, and callers that come together share one commit. Everything else changes one entry whose version
 * it has seen. In memory are the queue's attributes, its counts and those who wait; messages never.
 */
import type { Write } from '../../ports/records.ts'
import type { ApiError } from '../../wire/api-error.ts'
import { qpsLimitExceeded, queueNotExist, tooManyRequests } from './errors.ts'
import { removalOfActive, removeExpiredMessages } from './expiry.ts'
import { changeVisibility, deleteHeld } from './held-messages.ts'
import { type Insertion, insertionOf, type SentMessage } from './insertion.ts'
import { activePrefix, bodyKey, countKey, laterKey } from './keys.ts'
import {
  type BodyRecord,
  type EntryRecord,
  type NewMessage,
  type ReceivedMessage,
  receiptHandle,
} from './message.ts'
import { nextSecondMs, PerSecond } from './per-second.ts'
import { promoteDue } from './promotion.ts'
import type { MessageCounts, QueueRecord } from './queue.ts'
import { type Change, type LiveQueueOptions, QueueState } from './queue-state.ts'
import { type Caller, WaitingCallers } from './waiting-callers.ts'

/** Messages that one commit hands out. */
const SERVED_AT_ONCE_MAX = 256

export class LiveQueue {
  readonly #state: QueueState
  readonly #callers: WaitingCallers
  readonly #rate = new PerSecond()
  #line: Promise<void> = Promise.resolve()
  #serving: Promise<void> | undefined
  #serveAgain = false
  #isRemoved = false

  static async load(record: QueueRecord, options: LiveQueueOptions): Promise<LiveQueue | undefined> {
    const counts = await options.records.get<MessageCounts>(countKey(record.queueId))
    return counts && new LiveQueue(record, counts.value, options)
  }

  private constructor(record: QueueRecord, counts: MessageCounts, options: LiveQueueOptions) {
    this.#callers = new WaitingCallers(options.clock, () => void this.#serve())
    this.#state = new QueueState(record, counts, options, ({ isActive }) => {
      if (this.#callers.size === 0) return
      if (isActive) void this.#serve()
      else this.#callers.wakeAt(this.#state.nextDueMs)
    })
  }

  get record(): QueueRecord {
    return this.#state.record
  }

  /** Nobody waits and nothing is under way: it may be forgotten and loaded anew. */
  get isIdle(): boolean {
    return this.#callers.size === 0 && this.#serving === undefined && !this.#state.isCommitting
  }

  /** What was just committed as its attributes. */
  changeRecord(record: QueueRecord): void {
    this.#state.record = record
  }

  /** It was deleted: who waits is told so. */
  remove(): void {
    this.#isRemoved = true
    this.#callers.failAll(queueNotExist())
  }

  async counts(): Promise<MessageCounts> {
    await promoteDue(this.#state)
    return this.#state.counts
  }

  async send(messages: readonly NewMessage[]): Promise<SentMessage[]> {
    const { sent, change } = this.insertion(messages)
    await this.commit([change])
    return sent
  }

  /** What has to be committed for these messages to be in the queue. */
  insertion(messages: readonly NewMessage[]): Insertion {
    return insertionOf(this.#state, messages)
  }

  /**
   * At most `limit` messages, each invisible to others for the queue's visibility timeout. Without any, waits `waitMs` for
   * one; answers none then, or when `signal` is aborted. Throws TooManyRequests to whom does not wait for the next second.
   */
  receive({ limit, waitMs, signal }: { limit: number; waitMs: number; signal: AbortSignal }) {
    if (this.#isRemoved) return Promise.reject(queueNotExist())
    const { promise, resolve, reject } = Promise.withResolvers<ReceivedMessage[]>()
    const release = this.#state.options.admitWaiting()
    if (release === false) return Promise.reject(qpsLimitExceeded())
    this.#callers.add({ limit, resolve, reject, release }, waitMs, signal)
    void this.#serve()
    return promise
  }

  async peek(limit: number): Promise<ReceivedMessage[]> {
    await promoteDue(this.#state)
    const { records } = this.#state.options
    const found: ReceivedMessage[] = []
    let after: string | undefined
    for (;;) {
      const page = await records.list<EntryRecord>({
        prefix: activePrefix(this.#state.record.queueId),
        ...(after === undefined ? {} : { after }),
        limit,
      })
      for (const { value } of page) {
        if (this.#state.isExpired(value)) continue
        const body = await records.get<BodyRecord>(bodyKey(this.#state.record.queueId, value.messageId))
        // It was received and deleted since the list was read.
        if (body) found.push({ ...value, ...body.value, receipt: undefined })
        if (found.length === limit) return found
      }
      if (page.length < limit) return found
      after = page.at(-1)!.key
    }
  }

  /** Removes those messages whose handles hold; answers why each other was not. */
  delete(handles: readonly string[]): Promise<Map<string, ApiError>> {
    return deleteHeld(this.#state, handles)
  }

  /** Makes a message visible `timeoutMs` from now; the handle given is good no more. */
  changeVisibility(handle: string, timeoutMs: number): Promise<{ handle: string; nextVisibleMs: number }> {
    return changeVisibility(this.#state, handle, timeoutMs)
  }

  removeExpired(): Promise<void> {
    return removeExpiredMessages(this.#state, (act) => this.#exclusively(act))
  }

  /** Commits what this and other queues change, all or nothing. */
  commit(changes: readonly Change[], more: readonly Write[] = []): Promise<void> {
    return this.#state.commit(changes, more)
  }

  /** Gives messages to those who are waiting, in the order in which they came. */
  #serve(): Promise<void> {
    if (this.#serving) {
      this.#serveAgain = true
      return this.#serving
    }
    this.#serving = this.#serveAll().finally(() => {
      this.#serving = undefined
      if (this.#serveAgain && this.#callers.size > 0) void this.#serve()
    })
    return this.#serving
  }

  async #serveAll(): Promise<void> {
    do {
      this.#serveAgain = false
      // Those who come in this turn of the event loop are served together.
      await Promise.resolve()
      try {
        while (this.#callers.size > 0 && (await this.#exclusively(() => this.#serveSome()))) {
          // There may be more of both.
        }
      } catch (error) {
        this.#callers.failAll(error)
        return
      }
    } while (this.#serveAgain)
    const nowMs = this.#state.options.clock.now()
    const isLimited = this.#roomAt(nowMs) === 0
    this.#callers.dismissImpatient(isLimited ? tooManyRequests() : undefined)
    this.#callers.wakeAt(
      Math.min(this.#state.nextDueMs, isLimited ? nextSecondMs(nowMs) : Number.POSITIVE_INFINITY),
    )
  }

  /** Messages that may be received in this second; Infinity: any number. */
  #roomAt(nowMs: number): number {
    return this.#rate.room(this.#state.record.receivesPerSecondMax, nowMs)
  }

  /** What takes entries from the active ones goes one after the other, so that none meets a conflict. */
  #exclusively<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#line.then(act)
    this.#line = result.then(
      () => {},
      () => {},
    )
    return result
  }

  /** False: there is nothing to give. */
  async #serveSome(): Promise<boolean> {
    await promoteDue(this.#state)
    const { records, clock, uuid } = this.#state.options
    const { queueId, visibilityTimeout } = this.#state.record
    const wanted = Math.min(SERVED_AT_ONCE_MAX, this.#callers.wanted, this.#roomAt(clock.now()))
    if (wanted === 0) return false
    const entries = await records.list<EntryRecord>({ prefix: activePrefix(queueId), limit: wanted })
    if (entries.length === 0) return false
    const stored = await Promise.all(
      entries.map(({ value }) => records.get<BodyRecord>(bodyKey(queueId, value.messageId))),
    )
    // Its body may have gone with a queue that is being deleted; the commit tells.
    const spent = entries.filter(({ value }, index) => !stored[index] || this.#state.isExpired(value))
    if (spent.length > 0) {
      await this.#state.commit([removalOfActive(this.#state, spent)])
      return true
    }
    const nowMs = clock.now()
    const nextVisibleMs = nowMs + visibilityTimeout * 1000
    // Some of them may have gone away while the bodies were read.
    const callers = this.#callers.take(entries.length)
    const room = callers.reduce((sum, { limit }) => sum + limit, 0)
    const writes: Write[] = []
    const given = entries.slice(0, room).map(({ key, version, value }, index): ReceivedMessage => {
      const handle = receiptHandle(nextVisibleMs, value.messageId, uuid)
      const taken: EntryRecord = {
        ...value,
        dequeueCount: value.dequeueCount + 1,
        firstDequeuedMs: value.firstDequeuedMs ?? nowMs,
      }
      writes.push({ remove: key, expect: version }, { put: laterKey(queueId, handle), value: taken })
      return { ...taken, ...stored[index]!.value, receipt: { handle, nextVisibleMs } }
    })
    if (given.length === 0) return true
    const change = this.#state.change(writes, {
      active: -given.length,
      inactive: given.length,
      dueMs: nextVisibleMs,
    })
    try {
      await this.#state.commit([change])
    } catch (error) {
      for (const caller of callers) caller.reject(error)
      throw error
    }
    this.#rate.take(given.length, nowMs)
    deal(given, callers)
    return true
  }
}

/** First come, first served, each at most what it asked for. */
function deal(messages: readonly ReceivedMessage[], callers: readonly Caller[]): void {
  let at = 0
  for (const caller of callers) {
    caller.resolve(messages.slice(at, at + caller.limit))
    at += caller.limit
  }
}
