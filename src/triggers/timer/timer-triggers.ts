/**
 * Fires timer triggers. A tick is taken by one commit: the trigger's record, at the version that was read, gets `doneMs`,
 * and the event is in the queue. So it is fired once, whoever is killed when, and not after the trigger was changed.
 */
import type { Cancel, Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { nextTick, parseTimerSchedule, type TimerSchedule } from '../../lib/timer-schedule.ts'
import { type StoredRecord, VersionConflict, type Write } from '../../ports/records.ts'
import { dueTick } from './due-tick.ts'
import { timerEvent } from './event.ts'
import type { TimerTrigger, TimerTriggerNeeds } from './needs.ts'

export interface TimerTriggers {
  /** Reads all triggers, and makes up for what was missed (due-tick.ts). */
  start(): Promise<void>
  /** A trigger of the function may have been created, changed or deleted. */
  changed(functionName: string): void
  /** When triggers will call a function next, soonest first; known without waiting. */
  nextTicks(functionName: string): readonly { qualifier: string; tickMs: number }[]
  /** Fires no more; what is being taken is finished. */
  close(): Promise<void>
}

/** What is kept in memory of a trigger; its payload stays in the record. */
interface Entry {
  key: string
  functionName: string
  qualifier: string
  schedule: TimerSchedule
  sinceMs: number
  doneMs: number | undefined
  /** Undefined: never. It is past where a tick is due. */
  nextMs: number | undefined
  /** The tick that was told to be soon. */
  soonMs?: number
  firing: boolean
}

/** However far the next tick is, the wall clock is looked at this often: it may have been put forward or back. */
const lookMsMax = 30_000
/** Ticks that are taken at once; the others that are due wait for these. */
const firingMax = 32
/** After a failure of the records or a full queue. */
const retryMs = 1000
/** So long before a tick it is told to be soon: a start takes less. */
const soonMs = 1000
/** Records that are read at once; their payloads are large at the most. */
const pageMax = 50

export function timerTriggers({
  records,
  list,
  mayInvoke,
  soon,
  accept,
  clock,
  log,
}: TimerTriggerNeeds & { clock: Clock; log: Logger }): TimerTriggers {
  /** By function, by key. There are as many as timer triggers, 50 of a function at most. */
  const entries = new Map<string, Map<string, Entry>>()
  const working = new Set<Promise<void>>()
  /** Those that are due and wait for others to be taken. */
  let waiting: Entry[] = []
  /** Functions to read again. */
  const stale = new Set<string>()
  let reading = false
  let lastLookMs = Number.NEGATIVE_INFINITY
  let cancel: Cancel = () => {}
  let cancelReading: Cancel = () => {}
  let started = false
  let closed = false

  const all = (): Entry[] => [...entries.values()].flatMap((ofFunction) => [...ofFunction.values()])

  const planned = ({ schedule, sinceMs, doneMs }: Omit<Entry, 'nextMs'>, afterMs = doneMs ?? sinceMs) =>
    nextTick(schedule, { sinceMs, afterMs })

  /** Keeps what a record says; a trigger that is disabled is forgotten. */
  function remember({ key, value }: StoredRecord<TimerTrigger>): Entry | undefined {
    const { functionName, qualifier, sinceMs, doneMs } = value
    const ofFunction = entries.get(functionName) ?? new Map<string, Entry>()
    const known = ofFunction.get(key)
    const schedule = value.enable ? parseTimerSchedule(value.cronExpression) : undefined
    if (!schedule) {
      if (value.enable) log.error({ functionName, key }, 'the expression of a timer trigger cannot be read')
      forget(functionName, key)
      return undefined
    }
    const now = { key, functionName, qualifier, schedule, sinceMs, doneMs, firing: known?.firing ?? false }
    const entry = Object.assign(known ?? {}, { ...now, nextMs: planned(now) })
    entries.set(functionName, ofFunction.set(key, entry))
    return entry
  }

  function forget(functionName: string, key: string): void {
    const ofFunction = entries.get(functionName)
    if (ofFunction?.delete(key) && ofFunction.size === 0) entries.delete(functionName)
  }

  /** Sets the one timer for what comes next. */
  function arm(): void {
    cancel()
    if (closed || !started) return
    let delayMs = lookMsMax
    const nowMs = clock.now()
    for (const { nextMs, soonMs: told, firing } of all()) {
      if (nextMs !== undefined && !firing)
        delayMs = Math.min(delayMs, nextMs - nowMs - (told === nextMs ? 0 : soonMs))
    }
    cancel = clock.after(Math.max(0, delayMs), look)
  }

  function look(): void {
    const nowMs = clock.now()
    // The clock was put back: a tick that was too late to be fired may yet come.
    if (nowMs < lastLookMs) for (const entry of all()) entry.nextMs = planned(entry)
    lastLookMs = nowMs
    for (const entry of all()) {
      const { functionName, qualifier, nextMs } = entry
      if (nextMs === undefined || entry.soonMs === nextMs || nextMs - soonMs > nowMs) continue
      entry.soonMs = nextMs
      if (nextMs > nowMs) soon(functionName, qualifier)
    }
    waiting = all().filter(({ firing, nextMs }) => !firing && nextMs !== undefined && nextMs <= nowMs)
    beginWaiting()
  }

  function beginWaiting(): void {
    while (!closed && working.size < firingMax && waiting.length > 0) begin(waiting.pop()!)
    // While some wait, the end of one that is being taken comes first.
    if (waiting.length === 0) arm()
  }

  function begin(entry: Entry): void {
    entry.firing = true
    const work = fire(entry)
      .catch((error: unknown) => {
        // Somebody changed the trigger just now: it is read again at once.
        const changed = error instanceof VersionConflict
        const { functionName, key } = entry
        if (!changed) {
          log.error({ err: error, functionName, key }, 'a timer trigger could not fire and is tried again')
        }
        entry.nextMs = clock.now() + (changed ? 0 : retryMs)
      })
      .finally(() => {
        entry.firing = false
        working.delete(work)
        beginWaiting()
      })
    working.add(work)
  }

  async function fire({ key, functionName }: Entry): Promise<void> {
    const stored = await records.get<TimerTrigger>(key)
    if (!stored) return forget(functionName, key)
    const entry = remember(stored)
    if (!entry) return
    const nowMs = clock.now()
    const due = dueTick(entry, nowMs)
    if (!due) return
    const { tickMs, fires, missedFromMs } = due
    const { triggerName, qualifier, payload } = stored.value
    if (missedFromMs !== undefined) {
      log.warn(
        { functionName, triggerName, missedFrom: missedFromMs, newest: tickMs, newestFires: fires },
        'ticks of a timer trigger were missed',
      )
    }
    if (!fires) {
      entry.nextMs = planned(entry, nowMs)
      return
    }
    const done: Write = { put: key, value: { ...stored.value, doneMs: tickMs }, expect: stored.version }
    if (await mayInvoke(functionName, qualifier)) {
      await accept({ functionName, qualifier, event: timerEvent({ tickMs, triggerName, payload }) }, done)
    } else {
      await records.commit([done])
      log.warn(
        { functionName, triggerName, tickMs },
        'a tick was passed over: the function cannot be invoked',
      )
    }
    entry.doneMs = tickMs
    entry.nextMs = planned(entry)
  }

  async function readAll(functionName?: string): Promise<void> {
    const range = { limit: pageMax, ...(functionName === undefined ? {} : { functionName }) }
    const seen = new Set<string>()
    for (let after: string | undefined; ; ) {
      const page = await list({ ...range, ...(after === undefined ? {} : { after }) })
      for (const stored of page) {
        seen.add(stored.key)
        remember(stored)
      }
      if (page.length < pageMax) break
      after = page.at(-1)!.key
    }
    if (functionName === undefined) return
    for (const key of entries.get(functionName)?.keys() ?? []) if (!seen.has(key)) forget(functionName, key)
  }

  /** One function after the other, so that what is read later is newer. */
  async function readStale(): Promise<void> {
    if (reading || closed || !started) return
    cancelReading()
    reading = true
    try {
      for (const functionName of stale) {
        // A change that comes while it is read adds it again.
        stale.delete(functionName)
        await readAll(functionName).catch((error: unknown) => {
          stale.add(functionName)
          throw error
        })
      }
    } catch (error) {
      log.error({ err: error }, 'timer triggers could not be read and are tried again')
      if (!closed) cancelReading = clock.after(retryMs, () => void readStale())
    } finally {
      reading = false
      arm()
    }
  }

  return {
    async start() {
      await readAll()
      started = true
      arm()
      void readStale()
    },

    changed(functionName) {
      stale.add(functionName)
      void readStale()
    },

    nextTicks: (functionName) =>
      [...(entries.get(functionName)?.values() ?? [])]
        .flatMap(({ qualifier, nextMs }) => (nextMs === undefined ? [] : [{ qualifier, tickMs: nextMs }]))
        .sort((a, b) => a.tickMs - b.tickMs),

    async close() {
      closed = true
      cancel()
      cancelReading()
      await Promise.allSettled(working)
    },
  }
}
