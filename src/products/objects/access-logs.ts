/**
 * Access logs on their way into buckets. Lines are in memory for up to a minute, then in records, and once an hour an
 * object; the commit that makes it the object also removes the records, so a line is in one log, once. The vendor
 * promises no more than its best for them: a platform that is killed loses the lines of the last minute.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Write } from '../../ports/records.ts'
import type { ApiError } from '../../wire/api-error.ts'
import { logNameTime } from './access-log-line.ts'
import { announcing } from './announcing.ts'
import { type LoggingSetting, requireBucket } from './bucket.ts'
import { type ContentStore, discardContent, pagesOf } from './content.ts'
import { addVersion, type HistoryStore } from './history.ts'
import type { ObjectListeners } from './needs.ts'
import { naming, traitsOf } from './writing.ts'

export type AccessLogStore = ContentStore &
  HistoryStore & { clock: Clock; ids: { uuid(): string }; listeners: ObjectListeners }

/** A piece of a log that is not an object yet. */
interface Piece {
  bucket: string
  to: LoggingSetting
  /** Lines, each with its end. */
  text: string
}

const PIECES = 'objects/access-log/'
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** A piece is a record. */
const PIECE_LENGTH_MAX = 256 * 1024
/** All lines in memory. When that many wait, because records cannot be written, newer ones are dropped, and counted. */
const WAITING_LENGTH_MAX = 16 * 1024 * 1024
/** A log is written ahead of its hour when it has grown so long; where that fails until it is twice as long, lines are dropped. */
const LOG_LENGTH_MAX = 64 * 1024 * 1024

export class AccessLogs {
  readonly #store: AccessLogStore
  readonly #waiting = new Map<string, Piece>()
  #waitingLength = 0
  #dropped = 0
  #sequence = 0
  /** Characters in records, by log; what an earlier platform left is not counted. */
  readonly #kept = new Map<string, number>()
  #hour: number
  #cancel = (): void => {}
  #isClosed = false
  #isKeptSoon = false
  /** One thing at a time. */
  #work: Promise<void> = Promise.resolve()

  constructor(store: AccessLogStore) {
    this.#store = store
    this.#hour = hourOf(store.clock.now())
  }

  /** Lines that were given up. */
  get dropped(): number {
    return this.#dropped
  }

  note(bucket: string, to: LoggingSetting, line: string): void {
    const text = `${line}\n`
    const key = keyOf({ bucket, to })
    const isKeptTooLong = (this.#kept.get(key) ?? 0) > 2 * LOG_LENGTH_MAX
    if (isKeptTooLong || this.#waitingLength + text.length > WAITING_LENGTH_MAX) {
      this.#dropped++
      if (this.#dropped % 10_000 === 1)
        this.#store.log.warn({ bucket, dropped: this.#dropped }, 'lines of access logs are dropped')
      return
    }
    this.#waitingLength += text.length
    const piece = this.#waiting.get(key) ?? { bucket, to, text: '' }
    piece.text += text
    this.#waiting.set(key, piece)
    if (piece.text.length <= PIECE_LENGTH_MAX || this.#isKeptSoon) return
    // When that fails, the next attempt is the minute's: not one for each line.
    this.#isKeptSoon = true
    void this.keep()
  }

  start(): void {
    if (this.#isClosed) return
    const nowMs = this.#store.clock.now()
    this.#cancel = this.#store.clock.after(MINUTE_MS - (nowMs % MINUTE_MS), () => {
      void this.#tick().finally(() => this.start())
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancel()
    await this.keep()
  }

  async #tick(): Promise<void> {
    await this.keep()
    this.#isKeptSoon = false
    const hour = hourOf(this.#store.clock.now())
    if (hour === this.#hour) return
    if (await this.deliver()) this.#hour = hour
  }

  /** What is in memory is in records then, or, when that fails, still in memory. */
  keep(): Promise<void> {
    return this.#inTurn('lines of access logs could not be kept; it is tried again', async () => {
      const pieces = [...this.#waiting.values()]
      if (pieces.length === 0) return
      this.#waiting.clear()
      const keptMs = this.#store.clock.now()
      try {
        await this.#store.records.commit(
          pieces.map((piece) => ({ put: this.#newKey(piece.bucket, keptMs), value: piece })),
        )
      } catch (error) {
        for (const piece of pieces) this.#putBack(piece)
        throw error
      }
      this.#isKeptSoon = false
      let isLong = false
      for (const piece of pieces) {
        this.#waitingLength -= piece.text.length
        const key = keyOf(piece)
        const length = (this.#kept.get(key) ?? 0) + piece.text.length
        this.#kept.set(key, length)
        isLong ||= length > LOG_LENGTH_MAX
      }
      if (isLong) await this.#deliverAll()
    })
  }

  /** What is in records becomes objects. False: not all of it could. */
  async deliver(): Promise<boolean> {
    let isDone = false
    await this.#inTurn('access logs could not be looked at; it is tried again', async () => {
      isDone = await this.#deliverAll()
    })
    return isDone
  }

  async #deliverAll(): Promise<boolean> {
    /** One log for each bucket and target. */
    const logs = new Map<string, { of: Omit<Piece, 'text'>; keys: string[] }>()
    for await (const page of pagesOf<Piece>(this.#store.records, PIECES)) {
      for (const { key, value } of page) {
        const { text: _, ...of } = value
        const log = logs.get(keyOf(of)) ?? { of, keys: [] }
        log.keys.push(key)
        logs.set(keyOf(of), log)
      }
    }
    let isDone = true
    for (const { of, keys } of logs.values()) {
      try {
        await this.#write(of, keys)
        this.#kept.delete(keyOf(of))
      } catch (error) {
        isDone = false
        const { bucket } = of
        this.#store.log.warn({ err: error, bucket }, 'an access log could not be written; it is tried again')
      }
    }
    return isDone
  }

  async #write({ bucket, to }: Omit<Piece, 'text'>, keys: readonly string[]): Promise<void> {
    const { clock, ids, log, blobs, records, listeners } = this.#store
    const removals: Write[] = keys.map((key) => ({ remove: key, expect: 'present' }))
    const object = `${to.targetPrefix}${bucket}${logNameTime(clock.now())}-${ids.uuid()}`
    const place = { bucket: to.targetBucket, object }
    try {
      const target = await requireBucket(records, to.targetBucket)
      const traits = await traitsOf({}, { records, bucket: target })
      const { blobId, sizeBytes, md5, crc64 } = await blobs.write(this.#textOf(keys))
      const requestId = ids.uuid().replaceAll('-', '').slice(0, 24).toUpperCase()
      const teller = { listeners, requestId, clientIp: '', caller: { is: 'anyone' } as const }
      const store = announcing({ ...this.#store, ...teller }, 'ObjectCreated:PutObject')
      const { removed } = await naming(blobs, blobId, () =>
        addVersion(
          store,
          place,
          () => ({
            blobId,
            sizeBytes,
            md5,
            crc64,
            lastModifiedMs: clock.now(),
            headers: { 'content-type': 'text/plain' },
            ...traits,
          }),
          removals,
        ),
      )
      await discardContent(this.#store, removed)
    } catch (error) {
      if ((error as Partial<ApiError>).code !== 'NoSuchBucket') throw error
      // They would be kept for ever.
      log.warn({ bucket, targetBucket: to.targetBucket }, 'access logs are dropped: their bucket is gone')
      await records.commit(removals)
    }
  }

  async *#textOf(keys: readonly string[]): AsyncGenerator<Uint8Array> {
    for (const key of keys) {
      const piece = await this.#store.records.get<Piece>(key)
      if (piece) yield Buffer.from(piece.value.text)
    }
  }

  #putBack(piece: Piece): void {
    const newer = this.#waiting.get(keyOf(piece))
    this.#waiting.set(keyOf(piece), { ...piece, text: piece.text + (newer?.text ?? '') })
  }

  /** In the order of time, and of coming; the end tells apart what two platforms kept in one millisecond. */
  #newKey(bucket: string, nowMs: number): string {
    this.#sequence++
    const order = `${String(nowMs).padStart(15, '0')}-${String(this.#sequence).padStart(10, '0')}`
    return `${PIECES}${bucket}/${order}-${this.#store.ids.uuid()}`
  }

  #inTurn(failure: string, task: () => Promise<void>): Promise<void> {
    this.#work = this.#work
      .then(task)
      .catch((error: unknown) => this.#store.log.warn({ err: error }, failure))
    return this.#work
  }
}

const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS)
const keyOf = ({ bucket, to }: Omit<Piece, 'text'>): string =>
  `${bucket}\0${to.targetBucket}\0${to.targetPrefix}`
