/**
 * The ledger: what the journal has, moved to where it is kept. Sums by function and hour are records; every single entry
 * is in a stream, the oldest forgotten when that grows past its bound. A batch counts exactly once, whenever a crash comes:
 * the sums are committed together with the journal's position, and each entry of the stream says up to which position it goes.
 */
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw, type ZlibOptions } from 'node:zlib'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { type Journal, type JournalEntry, journalEntryBytesMax } from '../../ports/journal.ts'
import type { RecordStore, StoredRecord, Write } from '../../ports/records.ts'
import type { StreamStore } from '../../ports/streams.ts'
import { sharedRuns } from '../shared-runs.ts'
import { type Attempt, type BilledAttempts, noAttempts } from './billed-attempts.ts'
import { decodeLine, type HeldEntry, type InvocationEntry } from './entry.ts'
import { hourRange, lostKey, lostPrefix, positionKey, readHourKey, unsettledKey } from './hour-keys.ts'
import { sumsOf } from './sums.ts'
import { addUsage, type StoredUsage, storedUsage, type UsageByKind, usageFrom } from './usage.ts'

export interface Ledger {
  /** Something is in the journal. */
  noted(): void
  /** Moves what is in the journal by now. */
  settle(): Promise<void>
  /** What each function used in each hour that begins in this time, by hour, region and name. */
  usage(accountId: string, time: Time): AsyncIterable<FunctionHour>
  /** The entries that are kept of this time, in the order in which they were written. */
  entries(accountId: string, time: Time): AsyncIterable<InvocationEntry | HeldEntry>
  /** Invocations of this time that could not be recorded. */
  lost(time: Time): Promise<number>
  /** Forgets sums that are older than is kept. */
  sweep(): Promise<void>
  close(): Promise<void>
}

export interface Time {
  fromMs: number
  /** Exclusive. */
  toMs: number
}

export interface FunctionHour {
  hourMs: number
  region: string
  functionName: string
  usage: UsageByKind
}

/** Entries wait this long at most, while there are any. */
const settleAfterMs = 1000
const tryAgainMs = 5000
/** Few enough that calls do not wait long for them, many enough that they share what it costs to make them durable. */
const batchEntries = 2048
const pageRecords = 500
/** More than a year, so that a month can be compared with that of last year. */
const hoursKeptMs = 400 * 86_400_000
const entriesStream = 'metering/ledger'

export async function ledger({
  journal,
  records,
  streams,
  clock,
  log,
  entriesBytesMax,
  attempts = noAttempts(),
}: {
  journal: Journal
  records: RecordStore
  streams: StreamStore
  clock: Clock
  log: Logger
  /** Of the single entries; sums are kept for 400 days whatever their number. */
  entriesBytesMax: number
  /** Default: there is no queue. */
  attempts?: Pick<BilledAttempts, 'found' | 'unsettled' | 'isKnown'>
}): Promise<Ledger> {
  let position: StoredRecord<number> | undefined
  /** Up to where the stream has the journal. It is ahead of the sums after a crash between the two. */
  let streamedThrough = 0
  let known = false
  let cancelTimer: (() => void) | undefined
  let closed = false

  /** Reads anew how far we are: at the start, and whenever it is not sure what a failure has left. */
  async function find(): Promise<void> {
    position = await records.get<number>(positionKey)
    const last = (await streams.stat(entriesStream))?.last ?? 0
    const [entry] = last > 0 ? await streams.read(entriesStream, { from: last, limit: 1 }) : []
    streamedThrough = entry ? throughOf(entry.data) : 0
    known = true
  }

  await find()
  const seen = Math.max(position?.value ?? 0, streamedThrough)
  if (journal.end < seen) {
    log.error({ seen, end: journal.end }, 'the end of the journal is gone: its folder was removed or damaged')
    journal.skipTo(seen)
  }

  /** What an earlier platform may have charged without writing how it went: it was between then, or has come since. */
  let hasUnsettled = false
  async function findAttempts(): Promise<void> {
    const between = await records.get<Attempt[]>(unsettledKey)
    hasUnsettled = between !== undefined
    attempts.found(between?.value ?? [])
    for (let from = position?.value ?? 0; ; ) {
      const { entries, next } = await journal.read(from, { limit: batchEntries })
      if (entries.length === 0) return
      attempts.found(linesOf(joined(entries)).map(decodeLine).filter(({ is }) => is === 'invocation') as InvocationEntry[]) // biome-ignore format: one line
      from = next
    }
  }
  await findAttempts()

  /** With the position, so that what is not in the journal any more is here. */
  function unsettledWrites(): Write[] {
    const unsettled = attempts.unsettled()
    if (unsettled.length > 0) return [{ put: unsettledKey, value: unsettled }]
    return hasUnsettled ? [{ remove: unsettledKey }] : []
  }

  /** Moves one batch; answers whether there was any. */
  async function moveBatch(): Promise<boolean> {
    if (!known) await find()
    if (!attempts.isKnown) {
      later(settleAfterMs)
      return false
    }
    const from = position?.value ?? 0
    const { entries, next } = await journal.read(from, { limit: batchEntries })
    if (entries.length === 0) return false
    // First, so that no power failure takes back from the journal what the sums have.
    await journal.flush()
    known = false
    await keepEntries(entries, next)
    const sums = await sumsWith(linesOf(joined(entries)))
    const between = unsettledWrites()
    await records.commit([
      ...sums,
      ...between,
      { put: positionKey, value: next, expect: position?.version ?? 'absent' },
    ])
    hasUnsettled = between.some((write) => 'put' in write)
    position = await records.get<number>(positionKey)
    known = true
    await journal.trim(next)
    return true
  }

  async function keepEntries(entries: readonly JournalEntry[], through: number): Promise<void> {
    const fresh = entries.filter((entry) => entry.position >= streamedThrough)
    if (fresh.length === 0) return
    const last = await streams.append(entriesStream, [await packed(through, joined(fresh))])
    streamedThrough = through
    const info = await streams.stat(entriesStream)
    if (!info || info.sizeBytes <= entriesBytesMax) return
    // By quarters, so that it is seldom done. The newest stays: it says how far we are.
    const quarter = Math.ceil((info.last - info.first + 1) / 4)
    await streams.trim(entriesStream, Math.min(last, info.first + quarter))
  }

  /** The sums with these entries in them, as writes that apply only to the sums that were read. */
  async function sumsWith(lines: readonly string[]): Promise<Write[]> {
    const { hours, lost } = sumsOf(lines)
    const writes: Write[] = []
    for (const [key, added] of hours) {
      const before = await records.get<StoredUsage>(key)
      const sum = before ? usageFrom(before.value) : {}
      for (const [kind, usage] of Object.entries(added)) addUsage(sum, kind as keyof UsageByKind, usage)
      writes.push({ put: key, value: storedUsage(sum), expect: before?.version ?? 'absent' })
    }
    for (const [key, count] of lost) {
      const before = await records.get<number>(key)
      writes.push({ put: key, value: (before?.value ?? 0) + count, expect: before?.version ?? 'absent' })
    }
    return writes
  }

  async function moveAll(): Promise<void> {
    while (await moveBatch()) {}
  }

  const settle = sharedRuns(moveAll)

  function later(afterMs: number): void {
    cancelTimer ??= clock.after(afterMs, () => {
      cancelTimer = undefined
      settle().catch((error: unknown) => {
        log.error({ err: error }, 'the ledger cannot be brought up to date; it is tried again')
        if (!closed) later(tryAgainMs)
      })
    })
  }
  if (journal.end > (position?.value ?? 0)) later(settleAfterMs)

  return {
    noted: () => later(settleAfterMs),
    settle,

    async *usage(accountId, time) {
      const { prefix, after, end } = hourRange(accountId, time)
      for (let last = after; ; ) {
        const page = await records.list<StoredUsage>({ prefix, after: last, limit: pageRecords })
        for (const { key, value } of page) {
          if (key >= end) return
          yield { ...readHourKey(key), usage: usageFrom(value) }
        }
        if (page.length < pageRecords) return
        last = page.at(-1)!.key
      }
    },

    async *entries(accountId, { fromMs, toMs }) {
      for (let from = 1; ; ) {
        const batches = await streams.read(entriesStream, { from, limit: 16, bytesMax: 1024 * 1024 })
        for (const { data } of batches) {
          for (const line of linesOf(await unpacked(data))) {
            const entry = decodeLine(line)
            if (entry.is === 'lost' || entry.accountId !== accountId) continue
            if (entry.endedMs >= fromMs && entry.endedMs < toMs) yield entry
          }
        }
        const last = batches.at(-1)
        if (!last) return
        from = last.sequence + 1
      }
    },

    async lost({ fromMs, toMs }) {
      let sum = 0
      const found = await records.list<number>({ prefix: lostPrefix, after: lostKey(fromMs).slice(0, -1), limit: 1000 }) // biome-ignore format: one line
      for (const { key, value } of found) if (key < lostKey(toMs)) sum += value
      return sum
    },

    async sweep() {
      const oldest = clock.now() - hoursKeptMs
      for (const prefix of ['metering/hours/', lostPrefix]) {
        for (let after = prefix; ; ) {
          const page = await records.list({ prefix, after, limit: pageRecords })
          const old = page.filter(({ key }) => hourOf(key) < oldest)
          if (old.length > 0) await records.commit(old.map(({ key }) => ({ remove: key })))
          // Of one account the first that is not old is followed by none that is; there may be another account.
          if (page.length < pageRecords) break
          after = page.at(-1)!.key
        }
      }
    },

    async close() {
      closed = true
      cancelTimer?.()
      await settle()
    },
  }
}

const hourOf = (key: string): number =>
  Date.parse(
    `${key
      .split('/')
      .find((part) => /^\d{4}-\d\d-\d\dT\d\dZ$/.test(part))!
      .slice(0, -1)}:00:00Z`,
  )

/** Lines in one piece: one copy and one conversion for many. */
function joined(entries: readonly JournalEntry[]): Buffer {
  const bytes = Buffer.allocUnsafe(entries.reduce((sum, { data }) => sum + data.length + 1, 0))
  let at = 0
  for (const { data } of entries) {
    bytes.set(data, at)
    at += data.length
    bytes[at++] = newline
  }
  return bytes
}

const newline = 0x0a

const linesOf = (bytes: Uint8Array): string[] => Buffer.from(bytes).toString().trimEnd().split('\n')

/**
 * An entry of the stream: the journal's position behind it, a line end, the lines deflated. Lines are much alike: packed
 * they take a fifth, and writing that costs less than packing does.
 */
async function packed(through: number, lines: Buffer): Promise<Buffer> {
  return Buffer.concat([Buffer.from(`${through}\n`), await deflate(lines, { level: 1 })])
}

const throughOf = (data: Uint8Array): number =>
  Number(Buffer.from(data.subarray(0, data.indexOf(newline))).toString())

const unpacked = (data: Uint8Array): Promise<Buffer> =>
  inflate(data.subarray(data.indexOf(newline) + 1), { maxOutputLength: batchEntries * journalEntryBytesMax })

const deflate = promisify<Uint8Array, ZlibOptions, Buffer>(deflateRaw)
const inflate = promisify<Uint8Array, ZlibOptions, Buffer>(inflateRaw)
