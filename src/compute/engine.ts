/**
 * The engine: admission → a free slot of a warm instance, else a new one → the call → the outcome, as data.
 * It knows revisions, instances and time; it knows nothing of HTTP APIs, records or products.
 */
import { totalmem } from 'node:os'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type {
  EventInvocation,
  FunctionFailure,
  FunctionRevision,
  HttpInvocation,
  HttpOutcome,
  InvocationOutcome,
  InvocationReport,
  Invoker,
  Refusal,
  UpgradeInvocation,
  UpgradeOutcome,
} from '../ports/invocation.ts'
import type { EndedCall } from '../ports/observer.ts'
import { NoDiskRoom, type SandboxExit } from '../ports/sandbox.ts'
import { refuseInstance } from './admission.ts'
import { Deadlines } from './deadlines.ts'
import { type Cancelled, EventRun, hasTimedOut, type Timed, wasCancelled, wasStopped } from './event-run.ts'
import { crashed, outOfMemory, timedOut } from './failure-bodies.ts'
import type { HeldTime } from './held-instances.ts'
import { type Idleness, idleness } from './idleness.ts'
import {
  CallStopped,
  GaveUp,
  type HeldInstance,
  InstancePool,
  type Lease,
  type PooledInstance,
  Throttled,
  type WaitingCall,
} from './instance-pool.ts'
import { type StartSurroundings, startInstance, stopInstance } from './instance-start.ts'
import { InvocationLog } from './invocation-log.ts'
import { type Answer, type Credentials, type HookCall, StartFailure } from './live-instance.ts'
import type { LogSink } from './log-sink.ts'
import { billedMsOf, CallMeter, type MeteredCall } from './metering/call-meter.ts'
import type { Meter } from './metering/meter.ts'
import { NotStarted } from './not-started.ts'
import type { ProvisionedInstances } from './provisioner.ts'
import type { Use } from './scaling/capacity.ts'
import {
  addInstance,
  fullGrowth,
  type GrowthSettings,
  growthSettings,
  removeInstance,
} from './scaling/growth-limit.ts'
import { waitLimits } from './scaling/wait-limits.ts'

export interface EngineSettings {
  /** An instance without a call for this long is retired. */
  idleMs: number
  /** Nor is one kept for longer than this because of what was learnt. Default: it may be. */
  learntIdleMostMs?: number
  /** An idle instance is frozen after this long; 0: never. */
  freezeAfterMs: number
  instancesMax: number
  /** How fast the number of instances may grow. Default: the vendor's. */
  growth?: GrowthSettings
  /** All large events of calls that are under way or wait, together. */
  largeEventBytesMax?: number
}

export interface EngineNeeds extends StartSurroundings {
  clock: Clock
  log: Logger
  logSink: LogSink
  meter: Meter
  /** Share of the machine's processor time that nobody used, lately. */
  processorIdleShare(): number
  /** Temporary credentials of the function's role; `hops` functions led to the call that they are for. */
  credentialsFor(revision: FunctionRevision, hops?: number): Promise<Credentials | undefined>
  /** With it, how long instances idle is learnt from each function's calls, and one is started ahead of the next. */
  ahead?: {
    /** What the name and version of this revision stand for now. */
    revisionNow(revision: FunctionRevision): Promise<FunctionRevision | undefined>
    newRequestId(): string
  }
  /** The function's reserved concurrency, from memory. */
  instancesMaxOf(revision: FunctionRevision): number | undefined
  /** What all functions have reserved together. Default: nothing is set aside. */
  reservedOfAll?(): number
}

export interface Engine extends Invoker, ProvisionedInstances {
  /** Retires the instances of a function that was removed; with `versionId`, of a version that was. */
  retireFunction(functionArn: string, versionId?: string): void
  /** Ends all calls of a function that are under way, those that wait for an instance too; their outcome is `cancelled`. */
  stopCalls(functionArn: string): void
  /** Retires the instances of other states of the same version of the same function: this is the one that is called from now on. */
  retireOthers(revision: FunctionRevision): void
  /** A call comes soon: one instance is started, if the function has none and there is room, and if that is learnt at all. */
  startAhead(revision: FunctionRevision): Promise<void>
  instances(): InstanceView[]
  /** Keeps an instance awake and alive until it is released. Undefined when the function has none of that id that runs. */
  holdInstance(functionName: string, instanceId: string): Promise<HeldInstance | undefined>
  /** Code packages and layers of revisions that have instances, or calls that wait for one. */
  codeInUse(): ReadonlySet<string>
  /** What was learnt of idle times, for the next run of the platform; and what an earlier one has learnt. */
  learnt: Idleness['learnt']
  restore: Idleness['restore']
  close(): Promise<void>
}

export interface InstanceView {
  functionName: string
  functionArn: string
  versionId: string
  qualifier: string
  instanceId: string
  state: string
  createdMs: number
  served: number
}

type RunningCall = HookCall & MeteredCall

interface Conclusion {
  report: InvocationReport
  failure?: Omit<FunctionFailure, 'report'>
}

/** Larger events are not sent before an instance is free for them: they would be in the way of what it is asked next. */
const aheadBytesMax = 16 * 1024
/** How often a call that never reached its instance is tried on another one. */
const undeliveredRetriesMax = 3
/** Of an instance, when a caller has left it. */
const unreadBytesMax = 8 * 1024 * 1024
/** Events below this are small beside what else a call costs. */
const largeEventMinBytes = 256 * 1024
/** Reading the peak costs a system call or two: not for every one of many short invocations. */
const memoryReadEveryMs = 1000
const longInvocationMs = 20
/** On a machine that is overloaded every call is long. */
const longReadEveryMs = 200

export function engine(needs: EngineNeeds, settings: EngineSettings): Engine {
  const { clock, log } = needs
  const pools = new Map<string, InstancePool>()
  /** The newest pool by function and version: the one before it is superseded when another revision is called. */
  const newest = new Map<string, string>()
  const ofFunction = new Map<string, number>()
  const { largeEventBytesMax = Math.max(512 * 1_048_576, totalmem() / 8) } = settings
  const growthLimits = settings.growth ?? growthSettings
  let growth = fullGrowth(growthLimits, clock.monotonicMs())
  let ofAccount = 0
  let largeEventBytes = 0
  let sweeping = false
  let closed = false

  const idle = idleness({
    clock,
    fixedMs: settings.idleMs,
    mostMs: settings.learntIdleMostMs ?? Number.POSITIVE_INFINITY,
    learns: needs.ahead !== undefined,
    startAhead: (revision) =>
      void startAhead(revision).catch((error: unknown) =>
        log.warn({ err: error, functionName: revision.functionName }, 'no instance was started ahead'),
      ),
  })

  async function startAhead(revision: FunctionRevision): Promise<void> {
    const now = await needs.ahead?.revisionNow(revision)
    // A guess takes no room from calls.
    if (!now || closed || refuseInstance(useOf(now)) !== undefined) return
    const first = { requestId: needs.ahead!.newRequestId(), qualifier: now.versionId, signal: undefined }
    poolOf(now).startAhead(first)
  }

  function useOf(revision: FunctionRevision): Use {
    const unreserved = [...pools.values()].filter((pool) => needs.instancesMaxOf(pool.revision) === undefined)
    return {
      ofAccount,
      accountMax: settings.instancesMax,
      ofFunction: ofFunction.get(revision.functionArn) ?? 0,
      reserved: needs.instancesMaxOf(revision),
      ofUnreserved: unreserved.reduce((sum, { instances }) => sum + instances.size, 0),
      reservedOfAll: needs.reservedOfAll?.() ?? 0,
    }
  }

  const surroundings = {
    clock,
    waitLimits,
    calls: (change: 1 | -1, revision: FunctionRevision) =>
      change === 1 ? idle.called(revision) : idle.ended(revision),
    processorIdleShare: needs.processorIdleShare,
    start: (pooled: PooledInstance, first: WaitingCall, cancel: AbortSignal) =>
      startInstance(needs, pooled, first, cancel),
    stop: (pooled: PooledInstance, how: 'preStop' | 'kill') => stopInstance(needs, pooled, how),
    refuse(revision: FunctionRevision) {
      if (addInstance(growth, clock.monotonicMs(), growthLimits) === undefined)
        return `the number of instances of this account grows too fast (${growthLimits.burstMax} at once, then ${growthLimits.perMinute} a minute)`
      const asked = () => refuseInstance(useOf(revision))
      const refusal = asked()
      // What only idles makes room for what is called: first of the function itself (another version), then of any.
      const evicted =
        refusal !== undefined &&
        (evictLongestIdle(poolsOf(revision.functionArn)) ||
          (needs.instancesMaxOf(revision) === undefined && evictLongestIdle(pools.values())))
      return evicted ? asked() : refusal
    },
    makesRoom: ({ functionArn, key }: FunctionRevision) =>
      poolsOf(functionArn).some(({ revision, instances }) => revision.key !== key && instances.size > 0),
    counted(change: 1 | -1, revision: FunctionRevision) {
      ofAccount += change
      const grow = change === 1 ? addInstance : removeInstance
      // What was started ahead has not asked.
      growth = grow(growth, clock.monotonicMs(), growthLimits) ?? growth
      const left = (ofFunction.get(revision.functionArn) ?? 0) + change
      if (left === 0) ofFunction.delete(revision.functionArn)
      else ofFunction.set(revision.functionArn, left)
      if (change === 1) sweepLater()
    },
    held({ pooled: { revision, qualifier, instanceId }, ...time }: HeldTime<PooledInstance>) {
      const { memoryMb, cpu, diskMb } = revision
      needs.meter.held({ function: revision, qualifier, instanceId, memoryMb, cpu, diskMb, ...time })
    },
  }

  const poolsOf = (functionArn: string): InstancePool[] =>
    [...pools.values()].filter(({ revision }) => revision.functionArn === functionArn)

  function evictLongestIdle(among: Iterable<InstancePool>): boolean {
    let longest: { pool: InstancePool; sinceMs: number } | undefined
    for (const pool of among) {
      const sinceMs = pool.longestIdleSinceMs
      if (sinceMs !== undefined && (longest === undefined || sinceMs < longest.sinceMs))
        longest = { pool, sinceMs }
    }
    return longest?.pool.evictLongestIdle() ?? false
  }

  function poolOf(revision: FunctionRevision): InstancePool {
    const known = pools.get(revision.key)
    if (known && !known.isSuperseded) return known
    const pool = known ?? new InstancePool(revision, surroundings)
    pools.set(revision.key, pool)
    // A call that was resolved just before an update may bring the older revision back for a moment; the next call of the
    // newer one turns it around again.
    pool.revive()
    const name = `${revision.functionArn}:${revision.versionId}`
    const before = newest.get(name)
    if (before !== undefined && before !== revision.key) pools.get(before)?.supersede()
    newest.set(name, revision.key)
    return pool
  }

  function sweepLater(): void {
    if (sweeping || closed) return
    sweeping = true
    const everyMs = settings.freezeAfterMs > 0 ? Math.max(50, settings.freezeAfterMs / 2) : 1000
    clock.after(Math.min(everyMs, settings.idleMs), () => {
      sweeping = false
      for (const [key, pool] of pools) {
        const { newestMs, othersMs } = idle.limitsOf(pool.revision)
        pool.sweep({ ...settings, idleMs: othersMs, newestIdleMs: newestMs })
        if (!pool.isEmpty) continue
        pools.delete(key)
        const name = `${pool.revision.functionArn}:${pool.revision.versionId}`
        if (newest.get(name) === key) newest.delete(name)
      }
      if (pools.size > 0) sweepLater()
    })
  }

  const wallClock = () => clock.now()
  const deadlines = new Deadlines<Timed>(clock, (timed) => timed.settle(hasTimedOut))
  const callMeter = new CallMeter<PooledInstance>(
    needs,
    (pooled) => pools.get(pooled.revision.key)?.paysFor(pooled) ?? false,
  )

  const originOf = (lease: Lease, qualifier: string) => ({
    accountId: lease.pooled.revision.accountId,
    functionName: lease.pooled.revision.functionName,
    qualifier,
    instanceId: lease.pooled.instanceId,
  })

  /** A slot, at once where there is one, or why there is none. */
  function leaseFor(
    invocation: EventInvocation | HttpInvocation | UpgradeInvocation,
    mayGoAhead = false,
  ): Lease | Promise<Lease | FunctionFailure | Refusal> | Refusal {
    if (closed) return told(invocation, { outcome: 'platformError', message: 'the platform is stopping' })
    const { revision, requestId, qualifier, signal, trace } = invocation
    const slot = poolOf(revision).acquire({
      requestId,
      qualifier,
      signal,
      mayGoAhead,
      ...(trace && { trace }),
    })
    return slot instanceof Promise
      ? slot.catch((error) => told(invocation, noLease(error, invocation)))
      : slot
  }

  /** Of a call that no instance has worked on. */
  function told<Outcome extends FunctionFailure | Refusal>(
    { revision, requestId, qualifier, trace }: EventInvocation | HttpInvocation | UpgradeInvocation,
    outcome: Outcome,
  ): Outcome {
    needs.observer?.ended({
      revision,
      requestId,
      qualifier,
      outcome: outcome.outcome,
      ...('because' in outcome ? { because: outcome.because, instanceId: outcome.report.instanceId } : {}),
      coldStart: 'because' in outcome,
      ...(trace && { trace }),
    })
    return outcome
  }

  function noLease(
    error: unknown,
    invocation: EventInvocation | HttpInvocation | UpgradeInvocation,
  ): FunctionFailure | Refusal {
    const { requestId, revision, wantLogTail } = invocation
    if (error instanceof Throttled) return { outcome: 'throttled', message: error.message }
    if (error instanceof GaveUp) return { outcome: 'cancelled' }
    if (error instanceof CallStopped) return { outcome: 'cancelled', stopped: true }
    if (error instanceof NotStarted) return error.refusal
    if (error instanceof NoDiskRoom) return { outcome: 'throttled', message: error.message }
    if (error instanceof StartFailure) {
      callMeter.startFailed(invocation, error)
      return {
        outcome: 'initializationError',
        because: error.because,
        body: error.body,
        report: {
          instanceId: error.instanceId,
          durationMs: error.durationMs,
          billedMs: billedMsOf(error.durationMs),
          maxMemoryMb: 0,
          coldStart: true,
          ...(error.logTail && wantLogTail ? { logTail: error.logTail } : {}),
        },
      }
    }
    log.error(
      { err: error, requestId, functionName: revision.functionName },
      'an instance could not be started',
    )
    return { outcome: 'platformError', message: 'an instance could not be started' }
  }

  function callOf(
    lease: Lease,
    invocation: EventInvocation | HttpInvocation | UpgradeInvocation,
  ): RunningCall | Promise<RunningCall> {
    const { revision, requestId, qualifier, retryCount = 0, wantLogTail, trace } = invocation
    const invocationLog = new InvocationLog(originOf(lease, qualifier), {
      requestId,
      wantTail: wantLogTail,
      sink: needs.logSink,
      now: wallClock,
    })
    invocationLog.hold(`FC Invoke Start RequestId: ${requestId}`)
    const call = {
      requestId,
      qualifier,
      retryCount,
      credentials: undefined,
      log: invocationLog,
      metered: false,
      ...(trace && { trace }),
    }
    if (revision.role === undefined) return callMeter.begin(lease.pooled, call)
    return credentialsOf(lease, invocation.hops).then((credentials) =>
      callMeter.begin(lease.pooled, { ...call, credentials }),
    )
  }

  async function credentialsOf(lease: Lease, hops: number | undefined): Promise<Credentials | undefined> {
    try {
      return await needs.credentialsFor(lease.pooled.revision, hops)
    } catch (error) {
      lease.release(0)
      throw error
    }
  }

  /** The highest memory use so far; read anew when it matters. */
  function peakMemoryMb(pooled: PooledInstance, durationMs: number): number | Promise<number> {
    const nowMs = clock.monotonicMs()
    const sinceReadMs = nowMs - pooled.memoryReadMs
    const long = durationMs > longInvocationMs && sinceReadMs > longReadEveryMs
    if (!pooled.instance || !(long || sinceReadMs > memoryReadEveryMs)) return pooled.memoryPeakMb
    pooled.memoryReadMs = nowMs
    const read = pooled.instance.sandbox
      .usage()
      .then(({ memoryPeakBytes }) => {
        pooled.memoryPeakMb = Math.max(pooled.memoryPeakMb, memoryPeakBytes / 1_048_576)
      })
      // The instance died meanwhile: what was read before is the best there is.
      .catch(() => {})
      .then(() => pooled.memoryPeakMb)
    return pooled.memoryPeakMb === 0 || long ? read : pooled.memoryPeakMb
  }

  type Ended = Exclude<Answer, { is: 'returned' }> | { is: 'timedOut' } | Cancelled

  /** The answer, or why it is not waited for any longer. A defect of ours that ends the call must not keep its slot. */
  function withLimits<T>(
    lease: Lease,
    answer: Promise<T>,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<T | { is: 'timedOut' } | Cancelled> {
    const { pooled } = lease
    return new Promise((resolve, reject) => {
      const run = {
        settle(value: T | { is: 'timedOut' } | Cancelled) {
          end()
          resolve(value)
        },
        stop: () => run.settle(wasStopped),
      }
      const onAbort = () => run.settle(wasCancelled)
      const end = () => {
        deadlines.lift(run, timeoutMs)
        pooled.calls.delete(run)
        signal?.removeEventListener('abort', onAbort)
      }
      deadlines.set(run, timeoutMs)
      pooled.calls.add(run)
      if (pooled.isStopped) run.stop()
      else if (signal?.aborted) onAbort()
      else signal?.addEventListener('abort', onAbort)
      answer.then(run.settle, (error: unknown) => {
        end()
        lease.discard()
        reject(error)
      })
    })
  }

  /** Writes the last lines of the log and the figures. At once, unless something has to be read or waited for. */
  function conclude(
    lease: Lease,
    call: RunningCall,
    durationMs: number | undefined,
    ended: Ended,
  ): Conclusion | Promise<Conclusion> {
    if (ended.is === 'died') {
      return lease.instance.exited.then(async (exit) => {
        const peakMb = await peakMemoryMb(lease.pooled, durationMs ?? 0)
        return concluded(lease, call, durationMs, ended, peakMb, exit)
      })
    }
    const peakMb = peakMemoryMb(lease.pooled, durationMs ?? 0)
    return peakMb instanceof Promise
      ? peakMb.then((read) => concluded(lease, call, durationMs, ended, read, undefined))
      : concluded(lease, call, durationMs, ended, peakMb, undefined)
  }

  function concluded(
    lease: Lease,
    call: RunningCall,
    ranMs: number | undefined,
    ended: Ended,
    peakMb: number,
    exit: SandboxExit | undefined,
  ): Conclusion {
    const { pooled } = lease
    const durationMs = ranMs ?? 0
    const { revision } = pooled
    const maxMemoryMb = exit?.oomKilled ? Math.min(peakMb, revision.memoryMb) : peakMb
    const figures = { durationMs, maxMemoryMb }

    let failure: Omit<FunctionFailure, 'report'> | undefined
    let note = ''
    if (ended.is === 'error') {
      failure = {
        outcome: ended.kind === 'handled' ? 'handledError' : 'unhandledError',
        because: 'handler',
        body: ended.body,
      }
      note = `, Error: ${ended.kind === 'handled' ? 'Handled' : 'Unhandled'} function error`
    } else if (ended.is === 'timedOut') {
      failure = {
        outcome: 'unhandledError',
        because: 'timeout',
        body: timedOut({ timeoutMs: revision.timeoutMs, maxMemoryMb }),
      }
    } else if (ended.is === 'died') {
      failure = exit?.oomKilled
        ? {
            outcome: 'unhandledError',
            because: 'memory',
            body: outOfMemory({ memoryMb: revision.memoryMb, maxMemoryMb }),
          }
        : { outcome: 'unhandledError', because: 'crash', body: crashed(figures) }
    } else if (ended.is === 'cancelled') {
      const by = ended.stopped ? 'the platform: all invocations of the function were ended' : 'client'
      note = `, Error: Invocation canceled by ${by} (duration: ${Math.round(durationMs)}ms, maxMemoryUsage: ${maxMemoryMb.toFixed(2)}MB)`
    }
    if (failure && ended.is !== 'error') {
      note = ', Error: Unhandled function error'
      call.log.write(`${JSON.parse(Buffer.from(failure.body).toString()).errorMessage}\n`)
    }
    const chargedMs = ended.is === 'died' && !ended.delivered ? undefined : ranMs
    const billedMs = billedMsOf(chargedMs)
    const outcome = failure?.outcome ?? (ended.is === 'cancelled' ? 'cancelled' : 'succeeded')
    callMeter.end(pooled, call, chargedMs, outcome)
    call.log.write(
      `FC Invoke End RequestId: ${call.requestId}${note}\n\nDuration: ${durationMs.toFixed(2)} ms, Billed Duration: ${billedMs} ms, Memory Size: ${revision.memoryMb} MB, Max Memory Used: ${maxMemoryMb.toFixed(2)} MB\n`,
    )
    const seen: EndedCall = {
      revision,
      requestId: call.requestId,
      qualifier: call.qualifier,
      outcome,
      durationMs,
      instanceId: pooled.instanceId,
      coldStart: lease.coldStart,
    }
    if (failure) seen.because = failure.because
    if (call.trace) seen.trace = call.trace
    needs.observer?.ended(seen)
    const logTail = call.log.tail()
    const report: InvocationReport = {
      instanceId: pooled.instanceId,
      durationMs,
      billedMs,
      maxMemoryMb,
      coldStart: lease.coldStart,
      ...(logTail ? { logTail } : {}),
      ...(ended.is === 'cancelled' && ended.stopped ? { stopped: true } : {}),
    }
    return failure ? { report, failure } : { report }
  }

  /**
   * Ends the lease as the end of the call demands; `durationMs` is undefined for a call that had not begun. An instance whose only caller has left is dropped, as the vendor does:
   * it may still be working for that caller, and the next call must not find it so. One that serves several goes on,
   * unless it does not even read what it is sent: what callers that left had sent would pile up.
   */
  function endLease(lease: Lease, ended: Ended, durationMs: number | undefined): void {
    const gone = ended.is === 'timedOut' || ended.is === 'died' || (ended.is === 'error' && ended.fatal)
    const working =
      ended.is === 'cancelled' &&
      (ended.stopped ||
        (lease.pooled.revision.instanceConcurrency === 1 && durationMs !== undefined) ||
        (lease.instance.unreadBytes?.() ?? 0) > unreadBytesMax)
    if (gone || working) lease.discard()
    else lease.release((ended.is === 'result' ? ended.tookMs : undefined) ?? durationMs)
  }

  /** A large event is in memory until its call has ended, and any number of calls may wait for an instance. */
  async function invokeCounted(invocation: EventInvocation): Promise<InvocationOutcome> {
    const bytes = invocation.event.length
    if (largeEventBytes + bytes > largeEventBytesMax) {
      return told(invocation, {
        outcome: 'throttled',
        message: 'too many invocations with large events are under way',
      })
    }
    largeEventBytes += bytes
    try {
      return await invoke(invocation)
    } finally {
      largeEventBytes -= bytes
    }
  }

  async function invoke(invocation: EventInvocation): Promise<InvocationOutcome> {
    const { event } = invocation
    for (let attempt = 0; ; attempt++) {
      // Whoever has been behind a call that took long for a second time waits for an instance of its own.
      const slot = leaseFor(invocation, attempt <= 1 && event.length <= aheadBytesMax)
      const lease = slot instanceof Promise ? await slot : slot
      if ('outcome' in lease) return lease
      const made = callOf(lease, invocation)
      const call = made instanceof Promise ? await made : made
      const run = new EventRun(lease, { clock, deadlines })
      const ended = await run.send(call, invocation)
      if (ended.is === 'returned') {
        lease.release(undefined)
        if (attempt < undeliveredRetriesMax) continue
        return told(invocation, { outcome: 'platformError', message: 'no instance took the call' })
      }
      if (ended.is === 'died' && !ended.delivered && attempt < undeliveredRetriesMax) {
        lease.discard()
        continue
      }
      const { durationMs } = run
      // The slot first, the paperwork after: the next call need not wait for the log line of this one.
      endLease(lease, ended, durationMs)
      const conclusion = conclude(lease, call, durationMs, ended)
      const { report, failure } = conclusion instanceof Promise ? await conclusion : conclusion
      if (failure) return { ...failure, report }
      if (ended.is === 'result') return { outcome: 'succeeded', body: ended.body, report }
      return cancelled(report)
    }
  }

  const cancelled = (report: InvocationReport): InvocationOutcome & HttpOutcome => ({
    outcome: 'cancelled',
    ...(report.stopped ? { stopped: true } : {}),
    report,
  })

  return {
    invoke: (invocation) =>
      invocation.event.length < largeEventMinBytes ? invoke(invocation) : invokeCounted(invocation),

    async forward(invocation): Promise<HttpOutcome> {
      const { revision, signal, request, body, retryCount = 0 } = invocation
      for (let attempt = 0; ; attempt++) {
        const lease = await leaseFor(invocation)
        if ('outcome' in lease) return lease
        const call = await callOf(lease, invocation)
        const startedMs = clock.monotonicMs()
        const stop = new AbortController()
        const pending = lease.instance.forward!({ ...call, request, body, retryCount, signal: stop.signal })
        const ended = await withLimits(lease, pending, revision.timeoutMs, signal)
        if (ended.is === 'died' && !ended.delivered && attempt < undeliveredRetriesMax) {
          lease.discard()
          continue
        }
        if (ended.is !== 'response') {
          stop.abort()
          const durationMs = clock.monotonicMs() - startedMs
          endLease(lease, ended, durationMs)
          const { report, failure } = await conclude(lease, call, durationMs, ended)
          return failure ? { ...failure, report } : cancelled(report)
        }

        const responded = {
          outcome: 'responded',
          status: ended.status,
          statusMessage: ended.statusMessage,
          rawHeaders: ended.rawHeaders,
          body: ended.body,
          instanceId: lease.pooled.instanceId,
        } as const
        if (ended.body instanceof Uint8Array) {
          const whole = { is: 'result', body: ended.body } as const
          const durationMs = clock.monotonicMs() - startedMs
          callMeter.end(lease.pooled, call, durationMs, 'succeeded')
          endLease(lease, whole, durationMs)
          const finished = (lease.instance.outputSettled?.() ?? Promise.resolve()).then(
            async () => (await conclude(lease, call, durationMs, whole)).report,
          )
          return { ...responded, finished }
        }
        const streamed = ended.body
        const finished = Promise.withResolvers<InvocationReport>()
        let endedMs: number | undefined
        const concludeBody = async (
          how:
            | { is: 'result'; body: Uint8Array }
            | { is: 'timedOut' }
            | Cancelled
            | { is: 'died'; delivered: boolean },
        ) => {
          const durationMs = (endedMs ?? clock.monotonicMs()) - startedMs
          endLease(lease, how, durationMs)
          if (how.is === 'result') await lease.instance.outputSettled?.()
          finished.resolve((await conclude(lease, call, durationMs, how)).report)
        }
        const bodyEnded = new Promise<Answer>((resolve) => {
          streamed.once('end', () => {
            // Here and not later: the client has its answer when this event is over.
            endedMs = clock.monotonicMs()
            callMeter.end(lease.pooled, call, endedMs - startedMs, 'succeeded')
            resolve({ is: 'result', body: Buffer.alloc(0) })
          })
          const closed = () => {
            if (!streamed.readableEnded) resolve({ is: 'died', delivered: true })
          }
          if (streamed.closed) closed()
          else streamed.once('close', closed)
          streamed.on('error', () => {})
        })
        const leftMs = Math.max(0, revision.timeoutMs - (clock.monotonicMs() - startedMs))
        void withLimits(lease, bodyEnded, leftMs, signal).then(async (how) => {
          if (how.is === 'timedOut' || how.is === 'cancelled') {
            streamed.destroy()
            stop.abort()
            return concludeBody(how)
          }
          // A body that breaks off without the process being gone was closed by one of the two ends: nothing died.
          if (how.is === 'died') {
            await new Promise<void>((resolve) => clock.after(20, resolve))
            return concludeBody(lease.pooled.state.is === 'stopped' ? how : wasCancelled)
          }
          return concludeBody({ is: 'result', body: Buffer.alloc(0) })
        })
        return { ...responded, finished: finished.promise }
      }
    },

    async upgrade(invocation): Promise<UpgradeOutcome> {
      const { revision, signal, request, socket, head } = invocation
      const lease = await leaseFor(invocation)
      if ('outcome' in lease) return lease
      const call = await callOf(lease, invocation)
      const startedMs = clock.monotonicMs()
      const stop = new AbortController()
      const pending = lease.instance.upgrade!({ ...call, request, socket, head, signal: stop.signal })
      const ended = await withLimits(lease, pending, revision.timeoutMs, signal)
      stop.abort()
      const durationMs = clock.monotonicMs() - startedMs
      // A connection that outlives the timeout is closed; the instance has done nothing wrong.
      if (ended.is === 'timedOut' || (ended.is === 'cancelled' && !ended.stopped)) lease.release(durationMs)
      else endLease(lease, ended, durationMs)
      const { report, failure } = await conclude(lease, call, durationMs, ended)
      return failure && ended.is !== 'timedOut' ? { ...failure, report } : { outcome: 'ended', report }
    },

    keepReady(revision, count, { qualifier, requestId, awake }) {
      // Who is not kept any more is not brought back for that.
      const pool = count === 0 ? pools.get(revision.key) : closed ? undefined : poolOf(revision)
      pool?.keepReady(count, { requestId, qualifier, signal: undefined }, awake)
      if (pool) sweepLater()
    },

    readyOf: (revisionKey) => pools.get(revisionKey)?.ready ?? { ready: 0 },

    useOf: async (revisionKey) => pools.get(revisionKey)?.use(),

    learnt: idle.learnt,
    restore: idle.restore,

    startAhead,

    retireFunction(functionArn, versionId) {
      idle.forget(functionArn, versionId)
      for (const pool of poolsOf(functionArn))
        if (versionId === undefined || pool.revision.versionId === versionId) pool.supersede()
    },

    stopCalls(functionArn) {
      for (const pool of poolsOf(functionArn)) pool.stopCalls()
    },

    retireOthers({ functionArn, versionId, key }) {
      for (const pool of poolsOf(functionArn)) {
        // One that is debugged may run the new state before this is called.
        const stateKey = pool.revision.debug?.stateKey ?? pool.revision.key
        if (pool.revision.versionId === versionId && stateKey !== key) pool.supersede()
      }
    },

    instances: () =>
      [...pools.values()].flatMap(({ revision, instances }) =>
        [...instances].map((pooled) => ({
          functionName: revision.functionName,
          functionArn: revision.functionArn,
          versionId: revision.versionId,
          qualifier: pooled.qualifier,
          instanceId: pooled.instanceId,
          state: pooled.state.is,
          createdMs: pooled.createdMs,
          served: pooled.served,
        })),
      ),

    async holdInstance(functionName, instanceId) {
      for (const pool of pools.values()) {
        const held = pool.revision.functionName === functionName ? await pool.hold(instanceId) : undefined
        if (!held) continue
        sweepLater()
        return {
          ...held,
          release() {
            held.release()
            sweepLater()
          },
        }
      }
      return undefined
    },

    codeInUse: () =>
      new Set(
        [...pools.values()].flatMap(({ revision: { code, layers } }) =>
          [code, ...layers].map(({ blobId }) => blobId),
        ),
      ),

    async close() {
      closed = true
      deadlines.close()
      idle.close()
      await Promise.all([...pools.values()].map((pool) => pool.close()))
      pools.clear()
    },
  }
}
