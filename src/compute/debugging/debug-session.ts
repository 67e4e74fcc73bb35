import type { Cancel, Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { EventInvocation, FunctionRevision, InvocationOutcome, Invoker } from '../../ports/invocation.ts'
import { timedOut } from '../failure-bodies.ts'
import type { ProvisionedInstances } from '../provisioner.ts'
import { DebugGate } from './debug-gate.ts'
import { connected, type DebugAddress, type DebugPort, openDebugPort } from './debug-port.ts'
import { type DebugProtocol, debugProtocolOf, debugRevision } from './debug-revision.ts'
import { EventQueue } from './event-queue.ts'

export type DebugEvent =
  /** Debuggers attach here, now and after every new start. */
  | { event: 'listening'; host: string; port: number; protocol: DebugProtocol }
  /** An instance is there to which debuggers can attach; `codeDir` is where the code is for it. */
  | { event: 'ready'; instanceId: string; codeDir: string }
  | { event: 'failed'; message: string }

/** An instance that was started with a debugger in it. */
export interface DebugTarget {
  instanceId: string
  address: DebugAddress
  codeDir: string
  /** Settles when the instance is gone. */
  exited: Promise<unknown>
}

export type DebuggedEngine = Pick<Invoker, 'invoke'> &
  Pick<ProvisionedInstances, 'keepReady' | 'readyOf'> & { retireFunction(functionArn: string): void }

export interface DebuggingNeeds {
  clock: Clock
  log: Logger
  newRequestId(): string
  /** What LATEST of this function is now; undefined when it is gone. */
  latestOf(functionName: string): Promise<FunctionRevision | undefined>
}

/** How often is looked whether the code is another one, or the instance has died. */
const lookEveryMs = 250
/** How long a debugger may take to listen. */
const listenMs = 15_000
const eventsMax = 100

/** One function that is being debugged. */
export class DebugSession {
  readonly events = new EventQueue<DebugEvent>(eventsMax)
  readonly #functionName: string
  readonly #needs: DebuggingNeeds
  readonly #engine: DebuggedEngine
  /** Calls under way; each is given its timeout once the session has ended. */
  readonly #calls = new Map<AbortController, number>()
  #gate: DebugGate | undefined
  #port: DebugPort | undefined
  #target: DebugTarget | undefined
  /** What is kept ready. */
  #kept: FunctionRevision | undefined
  #failure = ''
  #timer: Cancel | undefined
  #looking: Promise<void> = Promise.resolve()
  #closed = false

  constructor(functionName: string, needs: DebuggingNeeds, engine: DebuggedEngine) {
    this.#functionName = functionName
    this.#needs = needs
    this.#engine = engine
  }

  /** Takes the port and has an instance started. Rejects with words for whoever asked. */
  async open(port: number): Promise<void> {
    const revision = await this.#needs.latestOf(this.#functionName)
    if (!revision) throw new Error(`function '${this.#functionName}' does not exist`)
    const protocol = debugProtocolOf(revision.runtime)
    if (!protocol) {
      throw new Error(
        `the runtime ${revision.runtime} has no debugger of ours: start one in the program of the function`,
      )
    }
    this.#gate = new DebugGate(revision.instanceConcurrency)
    this.#port = await openDebugPort(port, this.#needs.clock).catch((error: NodeJS.ErrnoException) => {
      throw new Error(`port ${port} cannot be listened on: ${error.code ?? error.message}`)
    })
    this.events.push({ event: 'listening', host: '127.0.0.1', port: this.#port.port, protocol })
    this.#look()
  }

  async invoke(invocation: EventInvocation): Promise<InvocationOutcome> {
    const { revision, signal } = invocation
    const protocol = debugProtocolOf(revision.runtime)
    const gate = this.#gate
    if (!protocol || !gate || revision.versionId !== 'LATEST') return this.#engine.invoke(invocation)
    const entrance = await gate.enter(signal)
    if (entrance === 'left') return { outcome: 'cancelled' }
    if (entrance === 'sentAway') return { outcome: 'cancelled', stopped: true }
    if (entrance === 'full') return { outcome: 'throttled', message: 'too many calls wait for the debugger' }
    try {
      if (this.#closed) return await this.#engine.invoke(invocation)
      return await this.#run(invocation, debugRevision(revision, protocol))
    } finally {
      gate.leave()
    }
  }

  /** Before the engine ends those that run: none that waits is let in for one of them. */
  sendAwayWaiting(): void {
    this.#gate?.sendAway()
  }

  started(revision: FunctionRevision, target: DebugTarget): void {
    if (this.#closed) return
    this.#target = target
    this.#port?.pointTo(target.address)
    void target.exited.then(() => {
      if (this.#target !== target) return
      this.#target = undefined
      this.#port?.pointTo(undefined)
    })
    void this.#untilListening(revision, target)
  }

  /** Gives the port back. Calls under way go on, from now with their timeout, and the next one gets an instance as always. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#timer?.()
    await this.#looking
    await this.#port?.close()
    if (this.#kept) {
      this.#keep(this.#kept, 0)
      this.#engine.retireFunction(this.#kept.functionArn)
    }
    this.#gate?.open()
    for (const [stop, timeoutMs] of this.#calls) this.#needs.clock.after(timeoutMs, () => stop.abort())
    this.events.end()
  }

  async #run(invocation: EventInvocation, revision: FunctionRevision): Promise<InvocationOutcome> {
    const { signal } = invocation
    const { timeoutMs } = invocation.revision
    const stop = new AbortController()
    this.#calls.set(stop, timeoutMs)
    try {
      const outcome = await this.#engine.invoke({
        ...invocation,
        revision,
        signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
      })
      if (outcome.outcome !== 'cancelled' || !stop.signal.aborted || signal?.aborted || !outcome.report)
        return outcome
      const { report } = outcome
      const body = timedOut({ timeoutMs, maxMemoryMb: report.maxMemoryMb })
      return { outcome: 'unhandledError', because: 'timeout', body, report }
    } finally {
      this.#calls.delete(stop)
    }
  }

  /** Now, and again and again: what is kept ready is what LATEST is. */
  #look(): void {
    this.#looking = this.#lookOnce()
      .catch((error: unknown) =>
        this.#needs.log.warn(
          { err: error, functionName: this.#functionName },
          'a debugged function was not looked at',
        ),
      )
      .finally(() => {
        if (!this.#closed) this.#timer = this.#needs.clock.after(lookEveryMs, () => this.#look())
      })
  }

  async #lookOnce(): Promise<void> {
    const latest = await this.#needs.latestOf(this.#functionName)
    if (this.#closed) return
    const protocol = latest && debugProtocolOf(latest.runtime)
    const wanted = protocol && debugRevision(latest, protocol)
    if (this.#kept && this.#kept.key !== wanted?.key) this.#keep(this.#kept, 0)
    this.#kept = wanted
    if (!wanted) return this.#fail(`function '${this.#functionName}' cannot be debugged any more`)
    this.#keep(wanted, 1)
    const { ready, error = '' } = this.#engine.readyOf(wanted.key)
    this.#fail(ready > 0 ? '' : error)
  }

  #keep(revision: FunctionRevision, count: number): void {
    const requestId = this.#needs.newRequestId()
    this.#engine.keepReady(revision, count, { qualifier: revision.versionId, requestId, awake: true })
  }

  /** Says a failure once, until it is another one. */
  #fail(message: string): void {
    if (message !== '' && message !== this.#failure) this.events.push({ event: 'failed', message })
    this.#failure = message
  }

  /** debugpy ends when its first caller leaves without a word: it is not tried out, and who attaches waits for it. */
  async #untilListening({ debug }: FunctionRevision, target: DebugTarget): Promise<void> {
    const { clock } = this.#needs
    const { instanceId, codeDir } = target
    const deadlineMs = clock.monotonicMs() + listenMs
    while (this.#target === target && !this.#closed) {
      const probe = debug?.protocol === 'inspector' ? await connected(target.address) : undefined
      probe?.destroy()
      if (probe || debug?.protocol === 'debugpy') {
        this.events.push({ event: 'ready', instanceId, codeDir })
        return
      }
      if (clock.monotonicMs() > deadlineMs) {
        const message = 'the inspector does not listen; the log of the function says why'
        this.events.push({ event: 'failed', message })
        return
      }
      await new Promise<void>((resolve) => clock.after(50, resolve))
    }
  }
}
