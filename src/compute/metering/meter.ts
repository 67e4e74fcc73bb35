/** Writes down what is to be charged, at the moment it is known: what was answered is in the ledger, whatever comes. */
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { FunctionRevision } from '../../ports/invocation.ts'
import { type Journal, journalEntryBytesMax } from '../../ports/journal.ts'
import { type BilledAttempts, noAttempts } from './billed-attempts.ts'
import {
  chargedText,
  type HeldEntry,
  heldLine,
  type InvocationEntry,
  invocationLine,
  lostLine,
} from './entry.ts'
import { heldPieces } from './held-time.ts'

export interface Meter {
  /**
   * Once for every invocation of which the function's code saw something, before its caller is answered. An attempt of the
   * queue that a crash has repeated counts once. Never throws.
   */
  invoked(invocation: MeteredInvocation): void
  /** A time for which an instance was held ready, in one state. Never throws, unless the times are no times. */
  held(holding: Holding): void
}

export interface MeteredInvocation {
  revision: FunctionRevision
  qualifier: string
  instanceId: string
  requestId: string
  retryCount: number
  kind: InvocationEntry['kind']
  outcome: string
  billedMs: number
  activeMs: number
}

export interface Holding {
  function: Pick<FunctionRevision, 'accountId' | 'region' | 'functionName' | 'versionId'>
  qualifier: string
  instanceId: string
  memoryMb: number
  /** vCPUs. */
  cpu: number
  diskMb: number
  fromMs: number
  toMs: number
  /** When this state began, if it was reported in part before: processor time is rounded up over all of it. */
  sinceMs?: number
  /** `lightSleep`: charged for memory and disk only. */
  kind: HeldEntry['kind']
}

export interface MeterState {
  /** Entries that wait in memory until the disk takes them. */
  waiting: number
  /** Invocations of which only the number is known. */
  lost: number
}

export interface JournalMeter extends Meter {
  state(): MeterState
  /** Writes what waits, or says what is lost. */
  close(): void
}

/** About 20 MB. Beyond it invocations go on, and only their number is kept. */
const waitingMax = 100_000
const tryAgainMs = 1000

/**
 * A meter that writes to a journal. When that takes nothing (a full disk), **invocations go on**: those who call a function
 * are not made to pay for our bookkeeping. Entries then wait in memory, and are lost with the process; past a bound only
 * their number is kept. Both are said, as errors, and the number lost is itself an entry of the ledger and stands on the bill.
 */
export function journalMeter({
  journal,
  clock,
  log,
  noted,
  attempts = noAttempts(),
}: {
  journal: Journal
  clock: Clock
  log: Logger
  /** Default: there is no queue. */
  attempts?: Pick<BilledAttempts, 'charges'>
  /** Something was written. */
  noted(): void
}): JournalMeter {
  const texts = { onDemand: new WeakMap<object, string>(), provisioned: new WeakMap<object, string>() }
  /** The journal keeps a copy. */
  const scratch = Buffer.allocUnsafe(journalEntryBytesMax)
  let waiting: Uint8Array[] = []
  let lost = 0
  let cancelRetry: (() => void) | undefined

  /** What a revision is charged by does not change. */
  function chargedOn(revision: FunctionRevision, kind: InvocationEntry['kind']): string {
    const known = texts[kind].get(revision)
    if (known !== undefined) return known
    const { accountId, region, functionName, versionId, memoryMb, cpu, diskMb } = revision
    const resources = { memoryMb, cpuHundredths: Math.round(cpu * 100), diskMb, kind }
    const made = chargedText({ accountId, region, functionName, versionId, ...resources })
    texts[kind].set(revision, made)
    return made
  }

  function write(line: string, invocations: 0 | 1): void {
    if (waiting.length === 0 && lost === 0) {
      try {
        journal.append(scratch.subarray(0, scratch.write(line)))
        noted()
        return
      } catch (error) {
        log.error({ err: error }, 'the ledger cannot be written: entries are kept in memory, calls go on')
      }
    }
    if (waiting.length < waitingMax) waiting.push(Buffer.from(line))
    else lost += invocations
    cancelRetry ??= clock.after(tryAgainMs, retry)
  }

  function retry(): void {
    cancelRetry = undefined
    if (drain()) log.info({}, 'the ledger is written again, with all that waited')
    else {
      log.error({ waiting: waiting.length, lost }, 'the ledger still cannot be written')
      cancelRetry = clock.after(tryAgainMs, retry)
    }
  }

  /** Whether nothing waits any more. */
  function drain(): boolean {
    let written = 0
    try {
      for (const entry of waiting) {
        journal.append(entry)
        written++
      }
      if (lost > 0) {
        journal.append(Buffer.from(lostLine({ endedMs: clock.now(), invocations: lost })))
        lost = 0
      }
    } catch (error) {
      log.debug({ err: error }, 'the journal takes no entry')
    }
    waiting = waiting.slice(written)
    if (written > 0) noted()
    return waiting.length === 0 && lost === 0
  }

  return {
    invoked({ revision, kind, ...invocation }) {
      if (!attempts.charges(invocation)) return
      write(invocationLine({ endedMs: clock.now(), ...invocation }, chargedOn(revision, kind)), 1)
    },

    held({ function: ofFunction, cpu, fromMs, toMs, sinceMs = fromMs, ...holding }) {
      const whole = { sinceMs: Math.floor(sinceMs), fromMs: Math.floor(fromMs), toMs: Math.floor(toMs) }
      const { accountId, region, functionName, versionId } = ofFunction
      const { qualifier, instanceId, memoryMb, diskMb, kind } = holding
      const cpuHundredths = Math.round(cpu * 100)
      const resources = { memoryMb, cpuHundredths, diskMb, kind }
      const charged = chargedText({ accountId, region, functionName, versionId, ...resources })
      for (const { endedMs, heldMs, cpuMs } of heldPieces(whole)) {
        const charge = { endedMs, heldMs, cpuMs: kind === 'lightSleep' ? 0 : cpuMs }
        write(heldLine({ ...charge, instanceId, qualifier }, charged), 0)
      }
    },

    state: () => ({ waiting: waiting.length, lost }),

    close() {
      cancelRetry?.()
      if (!drain()) log.error({ waiting: waiting.length, lost }, 'entries of the ledger are lost')
    },
  }
}

/** For tests of what is not metered, and where nobody wants a bill. */
export const noMeter: Meter = { invoked: () => {}, held: () => {} }
