import type { Clock } from '../lib/clock.ts'
import type { TraceContext } from '../lib/trace-context.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import { busyShare, callsWorthAStart, instancesToStart, patienceMs } from './admission.ts'
import { HeldInstances, type HeldTime } from './held-instances.ts'
import { type InstanceEvent, type InstanceState, next } from './instance-lifecycle.ts'
import { type LiveInstance, StartCancelled } from './live-instance.ts'
import { Provisioned } from './provisioned.ts'
import { RunAhead } from './run-ahead.ts'
import type { UseOfInstances } from './scaling/use-over-time.ts'
import { type WaitLimits, waitedTooLong } from './scaling/wait-limits.ts'

/** Nothing may be added and nothing is free. */
export class Throttled extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Throttled'
  }
}

/** Two looks at a queue that moves. */
const lookAgainMs = 4
/** Two looks at whether there is room by now, which cost more. */
const lookForRoomMs = 20
/** How long a call waits for instances of other revisions of its function to make room, before it is refused. */
const roomMostMs = 5000
/** A call that runs for longer than this gives those behind it to other instances; on a busy machine every call is slow. */
const stallMs = 5
const stallBusyMs = 40
/** Of busy instances, looked at for one that may be sent a call ahead. */
const candidatesMax = 8

/** The caller went away while it waited. */
export class GaveUp extends Error {
  constructor() {
    super('the caller went away')
    this.name = 'GaveUp'
  }
}

/** All calls of the function were ended while it waited. */
export class CallStopped extends Error {
  constructor() {
    super('all calls of the function were ended')
    this.name = 'CallStopped'
  }
}

/** A call on an instance, for whoever ends all of them. */
export interface RunningCall {
  stop(): void
}

/** One slot of one instance, for one call. Exactly one of `release` and `discard` ends it. */
export interface Lease {
  readonly pooled: PooledInstance
  readonly instance: LiveInstance
  /** The call waited for the instance to start. */
  readonly coldStart: boolean
  /** `serviceMs`: how long the instance was at work; undefined for a call that did not run. */
  release(serviceMs: number | undefined): void
  /** The instance is of no further use: kill it. */
  discard(): void
}

/** An instance that is kept awake for somebody other than a call. Exactly one `release` ends it. */
export interface HeldInstance {
  readonly instance: LiveInstance
  readonly revision: FunctionRevision
  readonly qualifier: string
  /** How many hold it, this one included. */
  readonly holders: number
  release(): void
}

/** An instance as its pool keeps it. */
export interface PooledInstance {
  state: InstanceState
  /** Empty until a sandbox is taken for it. */
  instanceId: string
  readonly qualifier: string
  readonly createdMs: number
  readonly revision: FunctionRevision
  instance: LiveInstance | undefined
  /** Thaws in progress: whoever acquires meanwhile waits for the same one. */
  thawing: Promise<void> | undefined
  memoryPeakMb: number
  memoryReadMs: number
  served: number
  /** Calls that had been sent ahead were taken back, since the one that runs has taken longer than this. */
  stalledMs: number | undefined
  /** Those that run there now. */
  readonly calls: Set<RunningCall>
  /** All its calls were ended: one that is about to begin must not. */
  isStopped: boolean
  /** Who keeps it awake beside its calls. */
  holders: number
}

export interface WaitingCall {
  requestId: string
  qualifier: string
  signal: AbortSignal | undefined
  trace?: TraceContext
  /** It may be sent to a busy instance, behind the call that runs there. */
  mayGoAhead?: boolean
}

interface Waiter extends WaitingCall {
  sinceMs: number
  resolve(lease: Lease): void
  reject(error: Error): void
  onAbort(): void
}

/** What a pool needs of the engine around it. */
export interface PoolSurroundings {
  clock: Clock
  /** Share of the machine's processor time that nobody used, lately. */
  processorIdleShare(): number
  /** Binds, starts and initializes; rejects with `StartFailure`, or with `StartCancelled` if it was called off in time. */
  start(pooled: PooledInstance, first: WaitingCall, cancel: AbortSignal): Promise<LiveInstance>
  /** Ends an instance that never became or no longer is of use. With `preStop` its hook runs first. Never rejects. */
  stop(pooled: PooledInstance, how: 'preStop' | 'kill'): Promise<void>
  /** How many may wait, and for how long. Default: all, for ever. */
  waitLimits?: WaitLimits
  /** Why no instance may be added now. */
  refuse(revision: FunctionRevision): string | undefined
  /** What refuses it passes: instances of other revisions of the function have the room, and will make it. */
  makesRoom?(revision: FunctionRevision): boolean
  /** A call of this revision has got its slot (1), or is done with it (-1). */
  calls?(change: 1 | -1, revision: FunctionRevision): void
  /** Called at every change of the number of instances. */
  counted(change: 1 | -1, revision: FunctionRevision): void
  /** A kept instance was held ready for a time. */
  held?(time: HeldTime<PooledInstance>): void
}

/** The instances of one revision: hands out slots, starts instances when there are none free, retires those that idle. */
export class InstancePool {
  readonly revision: FunctionRevision
  readonly #around: PoolSurroundings
  readonly #instances = new Set<PooledInstance>()
  readonly #waiters: Waiter[] = []
  readonly #cancels = new Map<PooledInstance, AbortController>()
  /** Free slots, the most recently used last: load settles on few instances and the others can retire. */
  readonly #free: PooledInstance[] = []
  /** Busy with one call at least, and able to take more ahead; the most recently used last. */
  readonly #ahead: PooledInstance[] = []
  readonly #runAhead = new RunAhead()
  #stallWatch: (() => void) | undefined
  #starting = 0
  #meanServiceMs: number | undefined
  #meanReleaseIntervalMs: number | undefined
  #meanStartMs: number | undefined
  /** When a slot last came free while calls were waiting. */
  #releasedMs: number | undefined
  #patience: (() => void) | undefined
  #provisioned = new Provisioned()
  readonly #held: HeldInstances<PooledInstance>
  #deadline: (() => void) | undefined
  #superseded = false
  #closed = false

  constructor(revision: FunctionRevision, around: PoolSurroundings) {
    this.revision = revision
    this.#around = around
    this.#held = new HeldInstances((time) => around.held?.(time))
  }

  get instances(): ReadonlySet<PooledInstance> {
    return this.#instances
  }

  get isEmpty(): boolean {
    return this.#instances.size === 0 && this.#waiters.length === 0 && this.#provisioned.count === 0
  }

  get waiting(): number {
    return this.#waiters.length
  }

  /** A slot at once, or when there is one. Rejects with `Throttled`, `GaveUp` or `StartFailure`. */
  acquire(call: WaitingCall): Lease | Promise<Lease> {
    if (this.#waiters.length === 0) {
      const pooled = this.#takeAhead(call) ?? this.#takeFree()
      if (pooled) return this.#leaseOf(pooled, call, false)
    }
    return this.#wait(call)
  }

  /**
   * Idle instances past their time are retired, those past the freeze time frozen. The one that was used last may have a
   * time of its own. Answers how many are still idle and awake.
   */
  sweep({
    idleMs,
    newestIdleMs = idleMs,
    freezeAfterMs,
  }: {
    idleMs: number
    newestIdleMs?: number
    freezeAfterMs: number
  }): number {
    const nowMs = this.#around.clock.monotonicMs()
    this.#held.tellNow(this.#around.clock.now())
    let awake = 0
    let spare = this.#spare
    const newest = this.#free.at(-1)
    for (const pooled of [...this.#free]) {
      const { state } = pooled
      const limitMs = pooled === newest ? newestIdleMs : idleMs
      if (state.is !== 'idle' && state.is !== 'frozen') continue
      if (pooled.holders > 0) {
        awake++
        continue
      }
      const idleForMs = nowMs - state.sinceMs
      if (this.#superseded || (idleForMs >= limitMs && spare > 0)) {
        spare--
        this.#retire(pooled)
      } else if (
        state.is === 'idle' &&
        freezeAfterMs > 0 &&
        idleForMs >= freezeAfterMs &&
        !this.#provisioned.awake
      )
        this.#freeze(pooled)
      else if (state.is === 'idle') awake++
    }
    return awake
  }

  /** A newer revision has taken the name: idle instances go now, busy ones when they are done. */
  supersede(): void {
    this.#superseded = true
    for (const pooled of [...this.#free]) this.#retireIfIdle(pooled)
  }

  /** Ends all calls, those that wait too, and kills the instances that are at work for them. */
  stopCalls(): void {
    for (const waiter of this.#waiters.splice(0)) this.#settle(waiter).reject(new CallStopped())
    this.#callOffStarts()
    for (const pooled of [...this.#instances]) {
      if (pooled.state.is !== 'busy') continue
      pooled.isStopped = true
      // Each is told before its instance dies under it: it would take that for a crash, or be tried again elsewhere.
      for (const call of [...pooled.calls]) call.stop()
      void this.#end(pooled, 'kill')
    }
  }

  /**
   * Keeps an instance from being frozen, retired or evicted, also when its revision is superseded, without taking a slot
   * of it. Undefined when there is none of that id that runs.
   */
  async hold(instanceId: string): Promise<HeldInstance | undefined> {
    const pooled = [...this.#instances].find((one) => one.instanceId === instanceId)
    const { is } = pooled?.state ?? { is: 'stopped' }
    if (!pooled?.instance || !(is === 'idle' || is === 'frozen' || is === 'busy')) return undefined
    const { instance, revision, qualifier } = pooled
    const holders = ++pooled.holders
    let open = true
    const release = (): void => {
      if (!open) return
      open = false
      pooled.holders--
      if (pooled.state.is === 'idle') pooled.state = { is: 'idle', sinceMs: this.#around.clock.monotonicMs() }
      if (this.#superseded) this.#retireIfIdle(pooled)
    }
    try {
      if (is === 'frozen') {
        this.#advance(pooled, { type: 'thawed', atMs: this.#around.clock.monotonicMs() })
        pooled.thawing = instance.sandbox.thaw().finally(() => {
          pooled.thawing = undefined
        })
      }
      await pooled.thawing
    } catch (error) {
      release()
      throw error
    }
    return { instance, revision, qualifier, holders, release }
  }

  /** Since when the instance that idles the longest does. */
  get longestIdleSinceMs(): number | undefined {
    return this.#longestIdle()?.state.sinceMs
  }

  /** Ends the instance that idles the longest, to make room for others: it no longer counts from now on. */
  evictLongestIdle(): boolean {
    const pooled = this.#longestIdle()
    if (!pooled) return false
    this.#dropFree(pooled)
    this.#advance(pooled, { type: 'retired' })
    this.#forget(pooled)
    void this.#around.stop(pooled, 'kill')
    return true
  }

  /** From now on this many are kept, idle or not, and started when they are missing; 0: none is kept. */
  keepReady(count: number, first: WaitingCall, awake: boolean): void {
    this.#provisioned.ask(count, awake)
    this.#lookAtHeld()
    if (this.#closed || this.#superseded) return
    if (!this.#provisioned.mayStart(this.#around.clock.monotonicMs())) return
    for (let missing = -this.#spare; missing > 0; missing--) {
      const refusal = this.#around.refuse(this.revision)
      if (refusal !== undefined) {
        this.#provisioned.error = refusal
        return
      }
      this.#start(first)
    }
  }

  /** Its calls are charged as requests only. */
  paysFor(pooled: PooledInstance): boolean {
    return this.#held.paysFor(pooled)
  }

  /** Starts one for a call that is to come, where there is none. */
  startAhead(first: WaitingCall): void {
    if (!this.#closed && !this.#superseded && this.#live === 0) this.#start(first)
  }

  /** Instances that serve or could, and why the last start failed. */
  get ready(): { ready: number; error?: string } {
    const { error } = this.#provisioned
    return { ready: this.#live - this.#starting, ...(error === undefined ? {} : { error }) }
  }

  /** What of it is in use; undefined while nothing is ready. */
  async use(): Promise<UseOfInstances | undefined> {
    const ready = [...this.#instances].filter(
      ({ state: { is } }) => is === 'idle' || is === 'frozen' || is === 'busy',
    )
    if (ready.length === 0) return undefined
    const busySlots = ready.reduce((sum, { state }) => sum + (state.is === 'busy' ? state.invocations : 0), 0)
    const cpuMs = new Map<string, number>()
    await Promise.all(
      ready.map(async ({ instanceId, instance }) => {
        // One that dies meanwhile is left out.
        const usage = await instance!.sandbox.usage().catch(() => undefined)
        if (usage) cpuMs.set(instanceId, usage.cpuMs)
      }),
    )
    return { slots: ready.length * this.#concurrency, busySlots, cpu: this.revision.cpu, cpuMs }
  }

  /** Instances that are there or will be. */
  get #live(): number {
    let live = 0
    for (const { state } of this.#instances) if (state.is !== 'stopping' && state.is !== 'stopped') live++
    return live
  }

  /** How many there are beyond those that are kept. */
  get #spare(): number {
    return this.#live - this.#provisioned.count
  }

  #longestIdle(): (PooledInstance & { state: { sinceMs: number } }) | undefined {
    let longest: (PooledInstance & { state: { sinceMs: number } }) | undefined
    if (!this.#superseded && this.#spare <= 0) return undefined
    for (const pooled of this.#free) {
      if (pooled.holders > 0 || (pooled.state.is !== 'idle' && pooled.state.is !== 'frozen')) continue
      if (longest === undefined || pooled.state.sinceMs < longest.state.sinceMs)
        longest = pooled as typeof longest
    }
    return longest
  }

  get isSuperseded(): boolean {
    return this.#superseded
  }

  /** It is called again after all. */
  revive(): void {
    this.#superseded = false
  }

  /** Kills everything; who waits is told. */
  async close(): Promise<void> {
    this.#closed = true
    this.#superseded = true
    this.#stallWatch?.()
    this.#patience?.()
    this.#deadline?.()
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new GaveUp())
    await Promise.all([...this.#instances].map((pooled) => this.#end(pooled, 'kill')))
  }

  #takeFree(): PooledInstance | undefined {
    for (let pooled = this.#free.pop(); pooled; pooled = this.#free.pop()) {
      if (pooled.state.is === 'idle' || pooled.state.is === 'frozen' || pooled.state.is === 'busy')
        return pooled
    }
    return undefined
  }

  /** A busy instance to which the call can be sent behind those it has: quick calls settle on few instances. */
  #takeAhead({ mayGoAhead }: WaitingCall): PooledInstance | undefined {
    if (!mayGoAhead || this.#ahead.length === 0) return undefined
    const depth = this.#runAhead.depth(this.#around.clock.monotonicMs())
    const last = this.#ahead.length - 1
    for (let index = last; depth > 0 && index >= 0 && index > last - candidatesMax; index--) {
      const pooled = this.#ahead[index]!
      if (pooled.state.is !== 'busy' || pooled.state.invocations > depth) continue
      if (pooled.thawing || pooled.stalledMs !== undefined) continue
      this.#watchStalls()
      return pooled
    }
    return undefined
  }

  /** While anything was sent ahead. */
  #watchStalls(): void {
    this.#stallWatch ??= this.#around.clock.after(stallMs, () => {
      this.#stallWatch = undefined
      const nowMs = this.#around.clock.monotonicMs()
      const longMs = this.#around.processorIdleShare() < busyShare ? stallBusyMs : stallMs
      let goesOn = false
      for (const pooled of this.#ahead) {
        const { state, instance, stalledMs } = pooled
        if (state.is !== 'busy' || state.invocations < 2 || stalledMs !== undefined) continue
        goesOn = true
        const sinceMs = instance!.ahead!.runningSinceMs()
        if (sinceMs === undefined || nowMs - sinceMs < longMs) continue
        this.#runAhead.stalled(nowMs)
        pooled.stalledMs = longMs
        instance!.ahead!.takeBack()
      }
      if (goesOn) this.#watchStalls()
    })
  }

  #leaseOf(pooled: PooledInstance, call: WaitingCall, coldStart: boolean): Lease | Promise<Lease> {
    const frozen = pooled.state.is === 'frozen'
    if (pooled.state.is !== 'busy' && pooled.instance!.ahead && this.#concurrency === 1)
      this.#ahead.push(pooled)
    this.#advance(pooled, { type: 'acquired' })
    if (pooled.state.is === 'busy' && pooled.state.invocations < this.#concurrency) this.#free.push(pooled)
    if (frozen) {
      pooled.thawing = pooled.instance!.sandbox.thaw().finally(() => {
        pooled.thawing = undefined
      })
    }
    const lease = this.#lease(pooled, coldStart)
    if (!pooled.thawing) return lease
    return pooled.thawing.then(
      () => lease,
      () => {
        // What cannot be thawed is as good as dead; the call has not touched it.
        lease.discard()
        if (pooled.isStopped) throw new CallStopped()
        return this.acquire(call)
      },
    )
  }

  #lease(pooled: PooledInstance, coldStart: boolean): Lease {
    let open = true
    this.#around.calls?.(1, this.revision)
    return {
      pooled,
      instance: pooled.instance!,
      coldStart,
      release: (serviceMs) => {
        if (!open) return
        open = false
        this.#around.calls?.(-1, this.revision)
        if (serviceMs !== undefined) this.#noteService(pooled, serviceMs)
        this.#noteRelease()
        if (pooled.state.is !== 'busy') return
        const wasFull = pooled.state.invocations === this.#concurrency
        this.#advance(pooled, { type: 'released', atMs: this.#around.clock.monotonicMs() })
        if (isNow(pooled, 'idle')) remove(this.#ahead, pooled)
        if (wasFull) this.#free.push(pooled)
        // Also of a superseded pool: those who wait for this revision are not to wait for one more start each.
        this.#serve()
        if (this.#superseded) this.#retireIfIdle(pooled)
      },
      discard: () => {
        if (!open) return
        open = false
        this.#around.calls?.(-1, this.revision)
        this.#noteStall(pooled, Number.POSITIVE_INFINITY)
        this.#dropFree(pooled)
        void this.#end(pooled, 'kill')
      },
    }
  }

  #noteService(pooled: PooledInstance, serviceMs: number): void {
    pooled.served++
    this.#runAhead.note(serviceMs)
    this.#noteStall(pooled, serviceMs)
    this.#meanServiceMs =
      this.#meanServiceMs === undefined ? serviceMs : this.#meanServiceMs * 0.9 + serviceMs * 0.1
  }

  /** A call has ended, perhaps one for which others were taken back. */
  #noteStall(pooled: PooledInstance, serviceMs: number): void {
    const { stalledMs } = pooled
    if (stalledMs === undefined) return
    pooled.stalledMs = undefined
    if (serviceMs >= stalledMs) this.#runAhead.misjudged(this.#around.clock.monotonicMs())
  }

  #noteRelease(): void {
    const nowMs = this.#waiters.length > 0 ? this.#around.clock.monotonicMs() : undefined
    if (nowMs !== undefined && this.#releasedMs !== undefined) {
      const intervalMs = nowMs - this.#releasedMs
      const before = this.#meanReleaseIntervalMs ?? intervalMs
      this.#meanReleaseIntervalMs = before * 0.95 + intervalMs * 0.05
    }
    this.#releasedMs = nowMs
  }

  get #concurrency(): number {
    return this.revision.instanceConcurrency
  }

  #wait(call: WaitingCall): Promise<Lease> {
    if (this.#closed || call.signal?.aborted) return Promise.reject(new GaveUp())
    if (this.#waiters.length >= (this.#around.waitLimits?.waitingMax ?? Number.POSITIVE_INFINITY))
      return Promise.reject(new Throttled('too many calls of this function wait for an instance'))
    const { promise, resolve, reject } = Promise.withResolvers<Lease>()
    const waiter: Waiter = {
      ...call,
      sinceMs: this.#around.clock.monotonicMs(),
      resolve,
      reject,
      onAbort: () => {
        const index = this.#waiters.indexOf(waiter)
        if (index < 0) return
        this.#waiters.splice(index, 1)
        reject(new GaveUp())
        this.#callOffStarts()
      },
    }
    call.signal?.addEventListener('abort', waiter.onAbort, { once: true })
    this.#waiters.push(waiter)
    this.#watchDeadline()
    this.#scaleOut()
    return promise
  }

  /** Refuses those who have waited for too long, and looks again when the next one will have. */
  #watchDeadline(): void {
    const limits = this.#around.waitLimits
    if (!limits || this.#deadline) return
    const sinceMs = this.#waiters.map((waiter) => waiter.sinceMs)
    const { count, nextInMs } = waitedTooLong(sinceMs, this.#around.clock.monotonicMs(), limits)
    for (const waiter of this.#waiters.splice(0, count))
      this.#settle(waiter).reject(new Throttled('no instance came free in time'))
    if (count > 0) this.#callOffStarts()
    if (nextInMs === undefined) return
    this.#deadline = this.#around.clock.after(nextInMs, () => {
      this.#deadline = undefined
      this.#watchDeadline()
    })
  }

  /** How many of those who wait are to get an instance of their own. */
  #worthAStart(): number {
    const [oldest] = this.#waiters
    if (!oldest) return 0
    const processorIdleShare = this.#around.processorIdleShare()
    const patience = patienceMs({ meanStartMs: this.#meanStartMs, processorIdleShare })
    // On a busy machine calls may wait for the processor rather than for a slot, and starts would make it worse.
    const isBusy = processorIdleShare < busyShare
    // Slots do not come free as quickly as they used to: whoever has waited that long is not kept waiting for them.
    if (this.#around.clock.monotonicMs() - oldest.sinceMs >= patience)
      return isBusy ? Math.ceil(this.#waiters.length / 8) : this.#waiters.length
    return callsWorthAStart({
      waiting: this.#waiters.length,
      slots: (this.#instances.size - this.#starting) * this.#concurrency,
      meanServiceMs: this.#meanServiceMs,
      meanReleaseIntervalMs: this.#meanReleaseIntervalMs,
      patienceMs: patience,
    })
  }

  /** Looks again in a moment, while somebody waits for a slot. */
  #bePatient(inMs = lookAgainMs): void {
    this.#patience ??= this.#around.clock.after(inMs, () => {
      this.#patience = undefined
      if (this.#waiters.length > 0) this.#scaleOut()
    })
  }

  #settle(waiter: Waiter): Waiter {
    waiter.signal?.removeEventListener('abort', waiter.onAbort)
    return waiter
  }

  /** Starts what those who wait need, as far as it is allowed. */
  #scaleOut(): void {
    const worth = this.#worthAStart()
    if (worth < this.#waiters.length) this.#bePatient()
    let missing = instancesToStart({
      waiting: worth,
      starting: this.#starting,
      concurrencyPerInstance: this.#concurrency,
    })
    for (; missing > 0; missing--) {
      const refusal = this.#around.refuse(this.revision)
      if (refusal !== undefined) {
        if (this.#waitsForRoom()) {
          this.#bePatient(lookForRoomMs)
          return
        }
        // The youngest are refused: the older ones have the starting and the busy instances ahead of them.
        const covered = this.#starting * this.#concurrency + this.#waiters.length - worth
        while (this.#waiters.length > covered)
          this.#settle(this.#waiters.pop()!).reject(new Throttled(refusal))
        return
      }
      this.#start(this.#waiters[0]!)
    }
  }

  /** After a release the instances of before have the room until their calls are done: that is not the callers' fault. */
  #waitsForRoom(): boolean {
    const [oldest] = this.#waiters
    const waitedMs = oldest ? this.#around.clock.monotonicMs() - oldest.sinceMs : Number.POSITIVE_INFINITY
    return waitedMs < roomMostMs && (this.#around.makesRoom?.(this.revision) ?? false)
  }

  #start(first: WaitingCall): void {
    const { clock } = this.#around
    const pooled: PooledInstance = {
      state: { is: 'starting' },
      instanceId: '',
      qualifier: first.qualifier,
      createdMs: clock.now(),
      revision: this.revision,
      instance: undefined,
      thawing: undefined,
      memoryPeakMb: 0,
      memoryReadMs: Number.NEGATIVE_INFINITY,
      served: 0,
      stalledMs: undefined,
      calls: new Set(),
      isStopped: false,
      holders: 0,
    }
    const startedMs = clock.monotonicMs()
    const cancel = new AbortController()
    this.#cancels.set(pooled, cancel)
    this.#instances.add(pooled)
    this.#starting++
    this.#around.counted(1, this.revision)
    this.#around.start(pooled, first, cancel.signal).then(
      (instance) => {
        this.#cancels.delete(pooled)
        this.#starting--
        const startMs = clock.monotonicMs() - startedMs
        this.#meanStartMs =
          this.#meanStartMs === undefined ? startMs : this.#meanStartMs * 0.7 + startMs * 0.3
        pooled.instance = instance
        this.#provisioned.started()
        if (pooled.state.is !== 'starting') {
          // The pool was closed meanwhile, and nobody else knows of this instance.
          void this.#around.stop(pooled, 'kill')
          return
        }
        void instance.exited.then(() => this.#crashed(pooled))
        this.#advance(pooled, { type: 'ready', atMs: clock.monotonicMs() })
        this.#free.push(pooled)
        this.#serve(true)
        if (this.#superseded) this.#retireIfIdle(pooled)
      },
      (error: Error) => {
        this.#cancels.delete(pooled)
        this.#starting--
        this.#forget(pooled)
        if (error instanceof StartCancelled) {
          // Who came meanwhile may need one after all.
          this.#scaleOut()
          return
        }
        this.#provisioned.failed(error, clock.monotonicMs())
        void this.#around.stop(pooled, 'kill')
        // One start, one answer: the others wait for starts of their own.
        const waiter = this.#waiters.shift()
        if (waiter) this.#settle(waiter).reject(error)
        this.#scaleOut()
      },
    )
  }

  /** Starts that nobody waits for any more are called off, the youngest first, where they have not taken a sandbox yet. */
  #callOffStarts(): void {
    const needed = Math.ceil(this.#waiters.length / this.#concurrency)
    let surplus = Math.min(
      this.#starting - needed,
      this.#provisioned.count > 0 ? this.#spare : this.#starting,
    )
    if (surplus <= 0) return
    for (const cancel of [...this.#cancels.values()].reverse()) {
      if (surplus-- <= 0) return
      cancel.abort()
    }
  }

  /** Hands free slots to those who wait, oldest first. */
  #serve(coldStart = false): void {
    while (this.#waiters.length > 0) {
      const pooled = this.#takeAhead(this.#waiters[0]!) ?? this.#takeFree()
      if (!pooled) return
      const waiter = this.#settle(this.#waiters.shift()!)
      const lease = this.#leaseOf(pooled, waiter, coldStart)
      if (lease instanceof Promise) lease.then(waiter.resolve, waiter.reject)
      else waiter.resolve(lease)
    }
    this.#callOffStarts()
  }

  #freeze(pooled: PooledInstance): void {
    this.#advance(pooled, { type: 'frozen' })
    // A sandbox that cannot be frozen just stays awake.
    pooled.instance!.sandbox.freeze().catch(() => {})
  }

  #retireIfIdle(pooled: PooledInstance): void {
    if (pooled.holders > 0) return
    if (pooled.state.is === 'idle' || pooled.state.is === 'frozen') this.#retire(pooled)
  }

  #retire(pooled: PooledInstance): void {
    this.#dropFree(pooled)
    void this.#end(pooled, 'preStop')
  }

  async #end(pooled: PooledInstance, how: 'preStop' | 'kill'): Promise<void> {
    if (pooled.state.is === 'stopping' || pooled.state.is === 'stopped') return
    this.#advance(
      pooled,
      pooled.state.is === 'busy' || how === 'kill' ? { type: 'crashed' } : { type: 'retired' },
    )
    this.#dropFree(pooled)
    await this.#around.stop(pooled, how)
    if (isNow(pooled, 'stopping')) this.#advance(pooled, { type: 'exited' })
    this.#forget(pooled)
    // Those who were waiting behind the limit may start one now.
    this.#scaleOut()
  }

  /** The process is gone, for a reason of its own. Those it was serving find out by themselves. */
  #crashed(pooled: PooledInstance): void {
    if (pooled.state.is === 'stopping' || pooled.state.is === 'stopped') return
    this.#advance(pooled, { type: 'crashed' })
    this.#dropFree(pooled)
    this.#forget(pooled)
    void this.#around.stop(pooled, 'kill')
    this.#scaleOut()
  }

  #forget(pooled: PooledInstance): void {
    if (this.#instances.delete(pooled)) this.#around.counted(-1, this.revision)
  }

  #dropFree(pooled: PooledInstance): void {
    while (remove(this.#free, pooled)) {}
    remove(this.#ahead, pooled)
  }

  #advance(pooled: PooledInstance, event: InstanceEvent): void {
    pooled.state = next(pooled.state, event)
    this.#lookAtHeld()
  }

  #lookAtHeld(): void {
    const { count, awake } = this.#provisioned
    if (count === 0 && this.#held.isEmpty) return
    this.#held.look(this.#instances, { nowMs: this.#around.clock.now(), count, awake })
  }
}

/** Answers whether it was there. */
function remove(list: PooledInstance[], pooled: PooledInstance): boolean {
  const index = list.lastIndexOf(pooled)
  if (index >= 0) list.splice(index, 1)
  return index >= 0
}

/** The state as it is after what has happened since it was last looked at (the compiler remembers the look). */
function isNow(pooled: PooledInstance, is: InstanceState['is']): boolean {
  return pooled.state.is === is
}
