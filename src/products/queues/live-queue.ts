/**
 * A queue while it is in use. All that takes messages from its head goes through one line (`#serve`), so that no message is
 * given to two callers, and callers that come together share one commit. Everything else changes one entry whose version
 * it has seen. In memory are the queue's attributes, its counts and those who wait; messages never.
 */
import type { Clock } from '../../lib/clock.ts'
import { type RecordStore, type StoredRecord, VersionConflict, type Write } from '../../ports/records.ts'
import { ApiError } from '../../wire/api-error.ts'
import { messageNotExist, qpsLimitExceeded, queueNotExist, receiptHandleError } from './errors.ts'
import { activeKey, activePrefix, bodyKey, countKey, laterKey, laterPrefix } from './keys.ts'
import {
  type BodyRecord,
  type EntryRecord,
  type NewMessage,
  parseHandle,
  type ReceivedMessage,
  receiptHandle,
} from './message.ts'
import type { MessageCounts, QueueRecord } from './queue.ts'
import { type Caller, WaitingCallers } from './waiting-callers.ts'

/** Messages that one commit hands out. */
const SERVED_AT_ONCE_MAX = 256
/** Entries that one commit makes visible again. */
const PROMOTED_AT_ONCE_MAX = 256
/** Messages that one commit moves to another queue, each with its body. */
const BURIED_AT_ONCE_MAX = 32
/** After so many of those commits whoever waits is served first; the rest follows. */
const PROMOTIONS_MAX = 16
/** Callers that may be overtaken this often in changing one message. */
const OVERTAKEN_MAX = 20

/** Writes and what they do to the counts, ready to be committed together with others. */
export interface Change {
  writes: readonly Write[]
  /** Called when the commit failed. */
  undo(): void
  /** Called when it is durable. */
  done(): void
}

export interface LiveQueueOptions {
  records: RecordStore
  clock: Clock
  newMessageId(): string
  uuid(): string
  /** Does something with another queue. Throws QueueNotExist. */
  useOther<T>(name: string, act: (queue: LiveQueue) => Promise<T>): Promise<T>
  /** False: no more callers may wait anywhere. Answers what ends the waiting otherwise. */
  admitWaiting(): (() => void) | false
}

export interface SentMessage {
  messageId: string
  /** Of a message that is delayed: whoever sent it may take it back. */
  handle: string | undefined
}

export class LiveQueue {
  readonly #options: LiveQueueOptions
  #record: QueueRecord
  readonly #counts: MessageCounts
  /** No entry of `later` falls due before; Infinity: there are none. */
  #nextDueMs = 0
  readonly #callers: WaitingCallers
  #serving: Promise<void> | undefined
  #serveAgain = false
  #changing = 0
  #isRemoved = false

  static async load(record: QueueRecord, options: LiveQueueOptions): Promise<LiveQueue | undefined> {
    const counts = await options.records.get<MessageCounts>(countKey(record.queueId))
    return counts && new LiveQueue(record, counts.value, options)
  }

  private constructor(record: QueueRecord, counts: MessageCounts, options: LiveQueueOptions) {
    this.#record = record
    this.#counts = { ...counts }
    this.#options = options
    this.#callers = new WaitingCallers(options.clock, () => void this.#serve())
  }

  get record(): QueueRecord {
    return this.#record
  }

  /** Nobody waits and nothing is under way: it may be forgotten and loaded anew. */
  get isIdle(): boolean {
    return this.#callers.size === 0 && this.#serving === undefined && this.#changing === 0
  }

  /** What was just committed as its attributes. */
  changeRecord(record: QueueRecord): void {
    this.#record = record
  }

  /** It was deleted: who waits is told so. */
  remove(): void {
    this.#isRemoved = true
    this.#callers.failAll(queueNotExist())
  }

  async counts(): Promise<MessageCounts> {
    await this.#promoteDue()
    return { ...this.#counts }
  }

  async send(messages: readonly NewMessage[]): Promise<SentMessage[]> {
    const { sent, change } = this.insertion(messages)
    await this.commit([change])
    return sent
  }

  /** What has to be committed for these messages to be in the queue. */
  insertion(messages: readonly NewMessage[]): { sent: SentMessage[]; change: Change } {
    const { clock, newMessageId, uuid } = this.#options
    const { queueId } = this.#record
    const nowMs = clock.now()
    const writes: Write[] = []
    const sent: SentMessage[] = []
    let delayed = 0
    let dueMs = Number.POSITIVE_INFINITY
    for (const { body, priority, delayMs, userProperties, systemProperties } of messages) {
      const messageId = newMessageId()
      const value: EntryRecord = { messageId, priority, enqueuedMs: nowMs, dequeueCount: 0 }
      const kept: BodyRecord = {
        body,
        ...(userProperties.length > 0 && { userProperties }),
        ...(systemProperties.length > 0 && { systemProperties }),
      }
      writes.push({ put: bodyKey(queueId, messageId), value: kept })
      if (delayMs === 0) {
        writes.push({ put: activeKey(queueId, priority, messageId), value })
        sent.push({ messageId, handle: undefined })
      } else {
        const handle = receiptHandle(nowMs + delayMs, messageId, uuid)
        writes.push({ put: laterKey(queueId, handle), value })
        sent.push({ messageId, handle })
        dueMs = Math.min(dueMs, nowMs + delayMs)
        delayed++
      }
    }
    const change = this.#change(writes, { active: messages.length - delayed, delayed, dueMs })
    return { sent, change }
  }

  /**
   * At most `limit` messages, each invisible to others for the queue's visibility timeout. Without any, waits `waitMs` for
   * one; answers none then, or when `signal` is aborted.
   */
  receive({ limit, waitMs, signal }: { limit: number; waitMs: number; signal: AbortSignal }) {
    if (this.#isRemoved) return Promise.reject(queueNotExist())
    const { promise, resolve, reject } = Promise.withResolvers<ReceivedMessage[]>()
    const release = this.#options.admitWaiting()
    if (release === false) return Promise.reject(qpsLimitExceeded())
    this.#callers.add({ limit, resolve, reject, release }, waitMs, signal)
    void this.#serve()
    return promise
  }

  async peek(limit: number): Promise<ReceivedMessage[]> {
    await this.#promoteDue()
    const { records } = this.#options
    const found: ReceivedMessage[] = []
    let after: string | undefined
    for (;;) {
      const page = await records.list<EntryRecord>({
        prefix: activePrefix(this.#record.queueId),
        ...(after === undefined ? {} : { after }),
        limit,
      })
      for (const { value } of page) {
        if (this.#isExpired(value)) continue
        const body = await records.get<BodyRecord>(bodyKey(this.#record.queueId, value.messageId))
        // It was received and deleted since the list was read.
        if (body) found.push({ ...value, ...body.value, receipt: undefined })
        if (found.length === limit) return found
      }
      if (page.length < limit) return found
      after = page.at(-1)!.key
    }
  }

  /** Removes those messages whose handles hold; answers why each other was not. */
  async delete(handles: readonly string[]): Promise<Map<string, ApiError>> {
    return this.#overtaking(async () => {
      const refused = new Map<string, ApiError>()
      const writes: Write[] = []
      let inactive = 0
      let delayed = 0
      for (const handle of new Set(handles)) {
        const found = await this.#held(handle)
        if (found instanceof ApiError) {
          refused.set(handle, found)
          continue
        }
        writes.push(
          { remove: found.key, expect: found.version },
          { remove: bodyKey(this.#record.queueId, found.value.messageId) },
        )
        if (found.value.dequeueCount === 0) delayed--
        else inactive--
      }
      if (writes.length > 0) await this.commit([this.#change(writes, { inactive, delayed })])
      return refused
    })
  }

  /** Makes a message visible `timeoutMs` from now; the handle given is good no more. */
  async changeVisibility(
    handle: string,
    timeoutMs: number,
  ): Promise<{ handle: string; nextVisibleMs: number }> {
    return this.#overtaking(async () => {
      const found = await this.#held(handle)
      if (found instanceof ApiError) throw found
      // A message that is delayed was given to nobody yet, who could need longer for it.
      if (found.value.dequeueCount === 0) throw messageNotExist()
      const { clock, uuid } = this.#options
      const nextVisibleMs = clock.now() + timeoutMs
      const newHandle = receiptHandle(nextVisibleMs, found.value.messageId, uuid)
      await this.commit([
        this.#change(
          [
            { remove: found.key, expect: found.version },
            { put: laterKey(this.#record.queueId, newHandle), value: found.value },
          ],
          { dueMs: nextVisibleMs },
        ),
      ])
      return { handle: newHandle, nextVisibleMs }
    })
  }

  /** Removes messages that nobody receives and that are older than they are kept. */
  async removeExpired(): Promise<void> {
    await this.#promoteDue()
    for (let priority = 1; priority <= 16; priority++) {
      while (await this.#removeExpiredOf(priority)) {
        // The next page.
      }
    }
  }

  /** Commits what this and other queues change, all or nothing. */
  async commit(changes: readonly Change[], more: readonly Write[] = []): Promise<void> {
    this.#changing++
    try {
      await this.#options.records.commit([...changes.flatMap(({ writes }) => writes), ...more])
    } catch (error) {
      for (const change of changes) change.undo()
      if (error instanceof VersionConflict && error.key === countKey(this.#record.queueId)) {
        throw queueNotExist()
      }
      throw error
    } finally {
      this.#changing--
    }
    for (const change of changes) change.done()
  }

  #change(
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
      writes: [
        ...writes,
        { put: countKey(this.#record.queueId), value: { ...this.#counts }, expect: 'present' },
      ],
      undo: () => add(-1),
      done: () => {
        this.#nextDueMs = Math.min(this.#nextDueMs, dueMs)
        if (this.#callers.size === 0) return
        if (active > 0) void this.#serve()
        else this.#callers.wakeAt(this.#nextDueMs)
      },
    }
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
        while (this.#callers.size > 0 && (await this.#serveSome())) {
          // There may be more of both.
        }
      } catch (error) {
        this.#callers.failAll(error)
        return
      }
    } while (this.#serveAgain)
    this.#callers.dismissImpatient()
    this.#callers.wakeAt(this.#nextDueMs)
  }

  /** False: there is nothing to give. */
  async #serveSome(): Promise<boolean> {
    await this.#promoteDue()
    const { records, clock, uuid } = this.#options
    const { queueId, visibilityTimeout } = this.#record
    const wanted = Math.min(SERVED_AT_ONCE_MAX, this.#callers.wanted)
    const entries = await records.list<EntryRecord>({ prefix: activePrefix(queueId), limit: wanted })
    if (entries.length === 0) return false
    const stored = await Promise.all(
      entries.map(({ value }) => records.get<BodyRecord>(bodyKey(queueId, value.messageId))),
    )
    const nowMs = clock.now()
    const nextVisibleMs = nowMs + visibilityTimeout * 1000
    const writes: Write[] = []
    const whole: { entry: StoredRecord<EntryRecord>; body: BodyRecord }[] = []
    entries.forEach((entry, index) => {
      const body = stored[index]?.value
      if (body && !this.#isExpired(entry.value)) whole.push({ entry, body })
      else {
        // Its body may have gone with a queue that is being deleted; the commit tells.
        writes.push(
          { remove: entry.key, expect: entry.version },
          { remove: bodyKey(queueId, entry.value.messageId) },
        )
      }
    })
    const expired = entries.length - whole.length
    // Some of them may have gone away while the bodies were read.
    const callers = this.#callers.take(whole.length)
    const room = callers.reduce((sum, { limit }) => sum + limit, 0)
    const given = whole.slice(0, room).map(({ entry: { key, version, value }, body }): ReceivedMessage => {
      const handle = receiptHandle(nextVisibleMs, value.messageId, uuid)
      const taken: EntryRecord = {
        ...value,
        dequeueCount: value.dequeueCount + 1,
        firstDequeuedMs: value.firstDequeuedMs ?? nowMs,
      }
      writes.push({ remove: key, expect: version }, { put: laterKey(queueId, handle), value: taken })
      return { ...taken, ...body, receipt: { handle, nextVisibleMs } }
    })
    if (writes.length === 0) return true
    const change = this.#change(writes, {
      active: -expired - given.length,
      inactive: given.length,
      dueMs: given.length > 0 ? nextVisibleMs : Number.POSITIVE_INFINITY,
    })
    try {
      await this.commit([change])
    } catch (error) {
      for (const caller of callers) caller.reject(error)
      throw error
    }
    deal(given, callers)
    return true
  }

  /** Makes visible what is due: its delay or somebody's time for it is over. */
  async #promoteDue(): Promise<void> {
    const { records, clock } = this.#options
    const { queueId } = this.#record
    for (let round = 0; round < PROMOTIONS_MAX && this.#nextDueMs <= clock.now(); round++) {
      // Whatever is added from here on lowers it again.
      this.#nextDueMs = Number.POSITIVE_INFINITY
      const page = await records.list<EntryRecord>({
        prefix: laterPrefix(queueId),
        limit: PROMOTED_AT_ONCE_MAX,
      })
      const nowMs = clock.now()
      const isDue = ({ key }: { key: string }) => dueMsOf(key, queueId) <= nowMs
      const due = page.filter(isDue)
      const rest = page[due.length]
      const nextDueMs = rest ? dueMsOf(rest.key, queueId) : Number.POSITIVE_INFINITY
      this.#nextDueMs = Math.min(this.#nextDueMs, due.length === PROMOTED_AT_ONCE_MAX ? nowMs : nextDueMs)
      if (due.length === 0) return
      try {
        const left = await this.#bury(due)
        if (left.length > 0) await this.commit([this.#promotion(left)])
      } catch (error) {
        // Somebody deleted one at the last moment, or others promote them too: what is left is looked at again.
        this.#nextDueMs = Math.min(this.#nextDueMs, nowMs)
        if (!(error instanceof VersionConflict)) throw error
      }
    }
  }

  /** Moves what was received too often to the queue that is for it; answers what is to be promoted. */
  async #bury(due: readonly StoredRecord<EntryRecord>[]): Promise<readonly StoredRecord<EntryRecord>[]> {
    const { deadLetters, queueId } = this.#record
    if (!deadLetters) return due
    const isDead = ({ value }: StoredRecord<EntryRecord>): boolean =>
      value.dequeueCount >= deadLetters.maxReceiveCount && !this.#isExpired(value)
    const dead = due.filter(isDead)
    if (dead.length === 0) return due
    try {
      for (let at = 0; at < dead.length; at += BURIED_AT_ONCE_MAX) {
        const some = dead.slice(at, at + BURIED_AT_ONCE_MAX)
        await this.#options.useOther(deadLetters.queueName, async (other) => {
          const bodies = await Promise.all(
            some.map(({ value }) => this.#options.records.get<BodyRecord>(bodyKey(queueId, value.messageId))),
          )
          const messages = some.flatMap(({ value: { priority } }, index): NewMessage[] => {
            const stored = bodies[index]?.value
            return stored
              ? [{ userProperties: [], systemProperties: [], ...stored, priority, delayMs: 0 }]
              : []
          })
          const writes = some.flatMap(({ key, version, value }): Write[] => [
            { remove: key, expect: version },
            { remove: bodyKey(queueId, value.messageId) },
          ])
          await this.commit([
            this.#change(writes, { inactive: -some.length }),
            other.insertion(messages).change,
          ])
        })
      }
    } catch (error) {
      // Without that queue they stay where they are, and are tried again each time.
      if (error instanceof ApiError && error.code === 'QueueNotExist') return due
      throw error
    }
    return due.filter((record) => !isDead(record))
  }

  #promotion(due: readonly StoredRecord<EntryRecord>[]): Change {
    const { queueId } = this.#record
    const change = { active: 0, inactive: 0, delayed: 0 }
    const writes = due.flatMap(({ key, version, value }): Write[] => {
      change[value.dequeueCount === 0 ? 'delayed' : 'inactive']--
      const removal: Write = { remove: key, expect: version }
      if (this.#isExpired(value)) return [removal, { remove: bodyKey(queueId, value.messageId) }]
      change.active++
      return [removal, { put: activeKey(queueId, value.priority, value.messageId), value }]
    })
    return this.#change(writes, change)
  }

  async #removeExpiredOf(priority: number): Promise<boolean> {
    const { records } = this.#options
    const { queueId } = this.#record
    const page = await records.list<EntryRecord>({
      prefix: activeKey(queueId, priority, ''),
      limit: PROMOTED_AT_ONCE_MAX,
    })
    // They stand in the order in which they were sent.
    const expired = page.filter(({ value }) => this.#isExpired(value))
    if (expired.length === 0) return false
    const writes = expired.flatMap(({ key, version, value }): Write[] => [
      { remove: key, expect: version },
      { remove: bodyKey(queueId, value.messageId) },
    ])
    try {
      await this.commit([this.#change(writes, { active: -expired.length })])
    } catch (error) {
      // Somebody received at the same time, which removes what is expired too.
      if (!(error instanceof VersionConflict)) throw error
    }
    return true
  }

  /** The entry that a handle stands for, or why there is none. */
  async #held(handle: string): Promise<StoredRecord<EntryRecord> | ApiError> {
    const parsed = parseHandle(handle)
    if (!parsed) return receiptHandleError()
    if (parsed.nextVisibleMs <= this.#options.clock.now()) return messageNotExist()
    const found = await this.#options.records.get<EntryRecord>(laterKey(this.#record.queueId, handle))
    return found ?? messageNotExist()
  }

  async #overtaking<T>(attempt: () => Promise<T>): Promise<T> {
    for (let overtaken = 0; ; overtaken++) {
      try {
        return await attempt()
      } catch (error) {
        if (!(error instanceof VersionConflict) || overtaken >= OVERTAKEN_MAX) throw error
      }
    }
  }

  #isExpired({ enqueuedMs }: EntryRecord): boolean {
    return enqueuedMs + this.#record.messageRetentionPeriod * 1000 <= this.#options.clock.now()
  }
}

const dueMsOf = (key: string, queueId: string): number =>
  Number(key.slice(laterPrefix(queueId).length, laterPrefix(queueId).length + 15))

/** First come, first served, each at most what it asked for. */
function deal(messages: readonly ReceivedMessage[], callers: readonly Caller[]): void {
  let at = 0
  for (const caller of callers) {
    caller.resolve(messages.slice(at, at + caller.limit))
    at += caller.limit
  }
}
