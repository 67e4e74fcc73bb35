/**
 * Who is served next. Each function has a lane; lanes take turns, one item each, and a lane has a bound on what runs at
 * once. Items stay in the store until their turn: memory holds numbers, and the keys of a window, however long the queue is.
 */
import type { Cancel, Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { RecordStore } from '../../ports/records.ts'
import { parseQueueKey, queueRoots } from './queue-keys.ts'

/** How an attempt ended for the queue. `gone`: someone else took the item out. `left`: it stays for the next platform. */
export type Verdict =
  | { is: 'done' }
  | { is: 'gone' }
  | { is: 'left' }
  | { is: 'waits'; because: string; throttled: boolean }

export interface LaneFacts {
  waiting: number
  running: number
  /** Of `waiting`: those whose time has not come: that of their next attempt, or the end of their delay. */
  retrying: number
  /** Accepted at; of what runs, what is next, and the first hundred that wait for their next attempt. */
  oldestAcceptedMs: number | undefined
  /** Since when the longest attempt runs. */
  runningSinceMs: number | undefined
  lastFailure: string | undefined
}

export interface Lanes {
  /** All items, running ones too. */
  depth(): number
  depthOf(lane: string): number
  /** An item is about to be put into the store; to be said before a start that is under way can see it there. */
  announced(key: string): void
  /** An item was put into the store. */
  added(key: string): void
  /** An item that does not run was taken out of the store. */
  removed(key: string): void
  /** Aborts the attempt if this item is running. */
  abort(key: string): boolean
  nextOrder(): number
  /** Finds what is in the store, tells of each, and begins. */
  start(found?: (key: string) => void): Promise<void>
  /** Settles with the start: before, what is taken out of the store might not have been counted yet. */
  started: Promise<void>
  names(): string[]
  facts(lane: string): Promise<LaneFacts>
  close(): Promise<void>
}

interface Lane {
  prefix: string
  depth: number
  retrying: number
  running: Map<string, { sinceMs: number; abort: AbortController }>
  /** What is served next. */
  window: string[]
  /** Ready items up to here have been in a window. */
  cursor?: string
  /** The store may have something that is not in the window. */
  stale: boolean
  reading: boolean
  /** What falls due up to here was waited for, whatever the clock says. */
  waitedThroughMs: number
  cancelTimer?: Cancel
  /** Attempts at once, at the moment. */
  limit: number
  lastFailure?: string
}

/** Of one function at once. Halved when the function is throttled, and one more after each success. */
const runningMaxPerLane = 32
/** Of all. Past half of it a lane begins only if it has few running: what is left is for the functions that come late. */
const runningMax = 512
const fewRunning = 4
const windowSize = 64
const scanBatch = 500
/** After a failure of the store. */
export const storeRetryMs = 4000
/** A function may run for a day; the platform does not wait for it before it stops. */
const closeMs = 2000
const factsScan = 100

export function lanes({
  records,
  clock,
  now,
  log,
  attempt,
}: {
  records: RecordStore
  clock: Clock
  /** Steady time. */
  now(): number
  log: Logger
  /** One attempt at the item with this key. What it throws is a failure of the store: the attempt is made again. */
  attempt(key: string, signal: AbortSignal): Promise<Verdict>
}): Lanes {
  const byPrefix = new Map<string, Lane>()
  /** Lanes that can begin something, in the order of their turns. */
  const turns = new Set<Lane>()
  const working = new Set<Promise<void>>()
  const closing = Promise.withResolvers<void>()
  let depth = 0
  let running = 0
  let lastOrder = 0
  let closed = false
  const started = Promise.withResolvers<void>()
  /** Put in before the start has read the store: the start does not count them a second time. */
  let early: Set<string> | undefined = new Set()

  function laneAt(prefix: string): Lane {
    let lane = byPrefix.get(prefix)
    if (!lane) {
      lane = {
        prefix,
        depth: 0,
        retrying: 0,
        running: new Map(),
        window: [],
        stale: true,
        reading: false,
        waitedThroughMs: 0,
        limit: runningMaxPerLane,
      }
      byPrefix.set(prefix, lane)
    }
    return lane
  }

  function count(lane: Lane, key: string, by: 1 | -1): void {
    lane.depth += by
    depth += by
    if (parseQueueKey(key).waits) lane.retrying += by
  }

  function forgetIfEmpty(lane: Lane): void {
    if (lane.depth > 0 || lane.running.size > 0 || lane.reading) return
    lane.cancelTimer?.()
    turns.delete(lane)
    byPrefix.delete(lane.prefix)
  }

  const mayBegin = (lane: Lane): boolean =>
    lane.running.size < (running < runningMax / 2 ? lane.limit : Math.min(lane.limit, fewRunning))

  function wake(lane: Lane): void {
    if (closed || early || lane.running.size >= lane.limit) return
    if (lane.window.length > 0) {
      turns.add(lane)
      pump()
    } else if (lane.stale && !lane.reading) void refill(lane)
  }

  function pump(): void {
    const passed: Lane[] = []
    for (const lane of turns) {
      if (closed || running >= runningMax) break
      turns.delete(lane)
      if (!mayBegin(lane)) {
        // Its limit: the end of one of its own wakes it. Everybody's limit: it keeps its turn.
        if (lane.running.size < lane.limit) passed.push(lane)
        continue
      }
      const key = lane.window.shift()
      if (key !== undefined && !lane.running.has(key)) begin(lane, key)
      // Deleted and added again, it is the last in turn; the iteration comes back to it after the others.
      if (lane.window.length > 0) turns.add(lane)
      else if (lane.stale && !lane.reading) void refill(lane)
    }
    for (const lane of passed) turns.add(lane)
  }

  function begin(lane: Lane, key: string): void {
    const abort = new AbortController()
    lane.running.set(key, { sinceMs: now(), abort })
    running++
    const work = untilStored(lane, key, abort.signal)
      .then((verdict) => account(lane, key, verdict))
      .finally(() => {
        lane.running.delete(key)
        running--
        working.delete(work)
        forgetIfEmpty(lane)
        if (byPrefix.get(lane.prefix) === lane) wake(lane)
        pump()
      })
    working.add(work)
  }

  async function untilStored(lane: Lane, key: string, signal: AbortSignal): Promise<Verdict> {
    for (;;) {
      try {
        return await attempt(key, signal)
      } catch (error) {
        // The store closes under what could not finish in time.
        if (closed) return { is: 'left' }
        lane.lastFailure = error instanceof Error ? error.message : String(error)
        log.error({ err: error, key }, 'the store failed under an asynchronous invocation; it is tried again')
        if (!(await pause())) return { is: 'left' }
      }
    }
  }

  /** Answers false when the platform stops. */
  async function pause(): Promise<boolean> {
    const over = Promise.withResolvers<void>()
    const cancel = clock.after(storeRetryMs, over.resolve)
    await Promise.race([over.promise, closing.promise])
    cancel()
    return !closed
  }

  function account(lane: Lane, key: string, verdict: Verdict): void {
    switch (verdict.is) {
      case 'done':
        count(lane, key, -1)
        lane.limit = Math.min(lane.limit + 1, runningMaxPerLane)
        break
      case 'waits':
        if (!parseQueueKey(key).waits) lane.retrying++
        lane.stale = true
        lane.lastFailure = verdict.because
        if (verdict.throttled) lane.limit = Math.max(1, Math.floor(lane.limit / 2))
        break
      default:
    }
  }

  async function refill(lane: Lane): Promise<void> {
    lane.reading = true
    lane.stale = false
    try {
      lane.window = [...(await fallenDue(lane)), ...(await nextReady(lane))]
    } catch (error) {
      log.error({ err: error, lane: lane.prefix }, 'the asynchronous queue could not be read')
      setTimer(lane, storeRetryMs, () => {})
    } finally {
      lane.reading = false
    }
    forgetIfEmpty(lane)
    if (byPrefix.get(lane.prefix) === lane) wake(lane)
  }

  async function fallenDue(lane: Lane): Promise<string[]> {
    const limit = windowSize + lane.running.size
    const waiting = await records.list<{ delayMs?: number }>({ prefix: `${lane.prefix}w/`, limit })
    const due: string[] = []
    for (const { key, value } of waiting) {
      if (lane.running.has(key)) continue
      const { number: dueMs } = parseQueueKey(key)
      if (dueMs <= Math.max(now(), lane.waitedThroughMs)) due.push(key)
      else {
        // A clock that was put back before the start would have it wait longer than it was told to.
        setTimer(lane, Math.min(dueMs - now(), value.delayMs ?? Number.POSITIVE_INFINITY), () => {
          lane.waitedThroughMs = Math.max(lane.waitedThroughMs, dueMs)
        })
        return due
      }
    }
    if (waiting.length === limit) lane.stale = true
    return due
  }

  function setTimer(lane: Lane, delayMs: number, then: () => void): void {
    lane.cancelTimer?.()
    lane.cancelTimer = clock.after(delayMs, () => {
      then()
      lane.stale = true
      wake(lane)
    })
  }

  async function nextReady(lane: Lane): Promise<string[]> {
    const prefix = `${lane.prefix}r/`
    const after = lane.cursor === undefined ? {} : { after: lane.cursor }
    let found = await records.list({ prefix, limit: windowSize, ...after })
    if (found.length === windowSize) lane.stale = true
    else if (found.length === 0 && !lane.stale && lane.cursor !== undefined && readyBeside(lane) > 0) {
      // A store may show a later commit before an earlier one.
      found = await records.list({ prefix, limit: windowSize + lane.running.size })
    }
    lane.cursor = found.at(-1)?.key ?? lane.cursor
    return found.map(({ key }) => key).filter((key) => !lane.running.has(key))
  }

  /** Ready items that should be there beside those that run. */
  function readyBeside(lane: Lane): number {
    const runningReady = [...lane.running.keys()].filter((key) => !parseQueueKey(key).waits).length
    return lane.depth - lane.retrying - runningReady
  }

  return {
    depth: () => depth,
    depthOf: (prefix) => byPrefix.get(prefix)?.depth ?? 0,

    announced: (key) => void early?.add(key),

    added(key) {
      const lane = laneAt(parseQueueKey(key).lane)
      early?.add(key)
      count(lane, key, 1)
      lane.stale = true
      wake(lane)
    },

    removed(key) {
      const lane = laneAt(parseQueueKey(key).lane)
      count(lane, key, -1)
      forgetIfEmpty(lane)
    },

    abort(key) {
      const attemptNow = byPrefix.get(parseQueueKey(key).lane)?.running.get(key)
      attemptNow?.abort.abort()
      return attemptNow !== undefined
    },

    nextOrder() {
      lastOrder = Math.max(lastOrder + 1, now())
      return lastOrder
    },

    async start(found = () => {}) {
      for (const prefix of queueRoots) {
        for (let after: string | undefined; ; ) {
          const batch = await records.list({ prefix, limit: scanBatch, ...(after === undefined ? {} : { after }) }) // biome-ignore format: one line
          for (const { key } of batch) {
            found(key)
            if (early?.has(key)) continue
            const { lane, waits, number } = parseQueueKey(key)
            count(laneAt(lane), key, 1)
            if (!waits) lastOrder = Math.max(lastOrder, number)
          }
          if (batch.length < scanBatch) break
          after = batch.at(-1)!.key
        }
      }
      early = undefined
      started.resolve()
      for (const lane of [...byPrefix.values()]) wake(lane)
    },

    started: started.promise,
    names: () => [...byPrefix.keys()],

    async facts(prefix) {
      const lane = byPrefix.get(prefix)
      const heads = await Promise.all([
        records.list<{ acceptedMs: number }>({ prefix: `${prefix}r/`, limit: 1 }),
        records.list<{ acceptedMs: number }>({ prefix: `${prefix}w/`, limit: factsScan }),
      ])
      const accepted = heads.flat().map(({ value }) => value.acceptedMs)
      const since = [...(lane?.running.values() ?? [])].map(({ sinceMs }) => sinceMs)
      return {
        waiting: (lane?.depth ?? 0) - since.length,
        running: since.length,
        retrying: lane?.retrying ?? 0,
        oldestAcceptedMs: accepted.length === 0 ? undefined : Math.min(...accepted),
        runningSinceMs: since.length === 0 ? undefined : Math.min(...since),
        lastFailure: lane?.lastFailure,
      }
    },

    async close() {
      closed = true
      closing.resolve()
      for (const lane of byPrefix.values()) lane.cancelTimer?.()
      const patience = Promise.withResolvers<void>()
      const cancel = clock.after(closeMs, patience.resolve)
      await Promise.race([Promise.allSettled(working), patience.promise])
      cancel()
    },
  }
}
