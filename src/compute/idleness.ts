/**
 * What every function that was called lately does between its calls: learns how long it idles, says how long its instances
 * may, and starts one ahead of the next call where that was learnt (scaling/keep-alive.ts).
 */
import type { Cancel, Clock } from '../lib/clock.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import { emptyHistogram, type IdleHistogram, observeIdle } from './scaling/idle-histogram.ts'
import { keepAliveSettings, keepAliveWindows } from './scaling/keep-alive.ts'
import type { Quiet } from './scaling/presence.ts'
import { type IdleLimits, idleLimits } from './scaling/retirement.ts'

export interface IdlenessNeeds {
  clock: Clock
  /** How long an instance may idle of which nothing was learnt. */
  fixedMs: number
  /** What was learnt holds only where it keeps instances for no longer than this; else the fixed time. */
  mostMs: number
  /** False: the fixed time holds for all. */
  learns: boolean
  /** An instance of this function is wanted before it is called; it may have another revision by now. */
  startAhead(revision: FunctionRevision): void
}

export interface Idleness {
  called(revision: FunctionRevision): void
  ended(revision: FunctionRevision): void
  limitsOf(revision: FunctionRevision): IdleLimits
  /** What was learnt, by function and version: plain values. */
  learnt(): Iterable<[key: string, histogram: IdleHistogram]>
  /** Of an earlier run. What has been learnt since is not overwritten. */
  restore(learnt: Iterable<[key: string, histogram: IdleHistogram]>): void
  /** With `versionId`: only of this version. */
  forget(functionArn: string, versionId?: string): void
  /** Starts nothing any more; what was learnt is still told. */
  close(): void
}

interface Entry {
  revision: FunctionRevision | undefined
  histogram: IdleHistogram
  running: number
  quiet: Quiet | undefined
  ahead: Cancel | undefined
}

/** Beyond it the function that was called the longest ago is forgotten: it has to be learnt again. */
const functionsMax = 10_000

export function idleness({ clock, fixedMs, mostMs, learns, startAhead }: IdlenessNeeds): Idleness {
  /** The one that was called last is the last. */
  const entries = new Map<string, Entry>()
  const settings = { ...keepAliveSettings, fixedMs }
  const keyOf = ({ functionArn, versionId }: FunctionRevision): string => `${functionArn}:${versionId}`

  function add(key: string, entry: Entry): Entry {
    if (entries.size >= functionsMax) {
      const [oldest, { ahead }] = entries.entries().next().value!
      ahead?.()
      entries.delete(oldest)
    }
    entries.set(key, entry)
    return entry
  }

  const fresh = (histogram: IdleHistogram): Entry => ({
    revision: undefined,
    histogram,
    running: 0,
    quiet: undefined,
    ahead: undefined,
  })

  function drop(key: string, { ahead }: Entry): void {
    ahead?.()
    entries.delete(key)
  }

  return {
    called(revision) {
      const key = keyOf(revision)
      const entry = entries.get(key) ?? add(key, fresh(emptyHistogram))
      entry.revision = revision
      entry.running++
      if (!entry.quiet) return
      entry.ahead?.()
      if (learns) entry.histogram = observeIdle(entry.histogram, clock.monotonicMs() - entry.quiet.sinceMs)
      entry.quiet = undefined
      entries.delete(key)
      entries.set(key, entry)
    },

    ended(revision) {
      const entry = entries.get(keyOf(revision))
      // It was forgotten while it ran.
      if (!entry || entry.running === 0) return
      entry.running--
      if (entry.running > 0 || !learns) return
      const learnt = keepAliveWindows(entry.histogram, settings)
      const windows = learnt.keepAliveMs <= mostMs ? learnt : keepAliveWindows(emptyHistogram, settings)
      entry.quiet = { sinceMs: clock.monotonicMs(), windows }
      if (windows.preWarmMs > 0) entry.ahead = clock.after(windows.preWarmMs, () => startAhead(revision))
    },

    limitsOf(revision) {
      const quiet = entries.get(keyOf(revision))?.quiet
      return idleLimits(clock.monotonicMs(), { quiet, fixedMs, leadMs: 0 })
    },

    *learnt() {
      for (const [key, { histogram }] of entries) yield [key, histogram]
    },

    restore(learnt) {
      for (const [key, histogram] of learnt) if (!entries.has(key)) add(key, fresh(histogram))
    },

    forget(functionArn, versionId) {
      const isMeant = (key: string) =>
        versionId === undefined ? key.startsWith(`${functionArn}:`) : key === `${functionArn}:${versionId}`
      for (const [key, entry] of entries) if (isMeant(key)) drop(key, entry)
    },

    close() {
      for (const { ahead } of entries.values()) ahead?.()
    },
  }
}
