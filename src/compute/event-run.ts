import type { Clock } from '../lib/clock.ts'
import type { EventInvocation } from '../ports/invocation.ts'
import type { Deadlines } from './deadlines.ts'
import type { Lease, RunningCall } from './instance-pool.ts'
import type { Answer, HookCall } from './live-instance.ts'

/** What has a time limit. */
export interface Timed {
  settle(ended: { is: 'timedOut' }): void
}

export const hasTimedOut = { is: 'timedOut' } as const
/** The caller has left; with `stopped`, all calls of the function were ended. */
export interface Cancelled {
  readonly is: 'cancelled'
  readonly stopped?: true
}
export const wasCancelled: Cancelled = { is: 'cancelled' }
export const wasStopped: Cancelled = { is: 'cancelled', stopped: true }

export type RunEnd = Answer | typeof hasTimedOut | Cancelled

/**
 * An event on an instance: from when it is sent, perhaps behind others, until it is answered or nobody waits for it any
 * longer. Its time starts when the instance comes to it.
 */
export class EventRun implements Timed, RunningCall {
  readonly #lease: Lease
  readonly #clock: Clock
  readonly #deadlines: Deadlines<Timed>
  readonly #timeoutMs: number
  #signal: AbortSignal | undefined
  #requestId = ''
  #resolve: ((ended: RunEnd) => void) | undefined
  #startedMs: number | undefined
  #endedMs = 0

  constructor(lease: Lease, { clock, deadlines }: { clock: Clock; deadlines: Deadlines<Timed> }) {
    this.#lease = lease
    this.#clock = clock
    this.#deadlines = deadlines
    this.#timeoutMs = lease.pooled.revision.timeoutMs
  }

  /** Undefined when it never began. Once it has ended. */
  get durationMs(): number | undefined {
    return this.#startedMs === undefined ? undefined : this.#endedMs - this.#startedMs
  }

  /** Rejects for a defect of ours; the lease is then ended. */
  send(call: HookCall, { event, retryCount = 0, http, signal }: EventInvocation): Promise<RunEnd> {
    const { requestId, qualifier, credentials, log, trace } = call
    this.#requestId = requestId
    this.#signal = signal
    const { pooled } = this.#lease
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      pooled.calls.add(this)
      this.#lease.instance
        .invoke({
          requestId,
          qualifier,
          credentials,
          log,
          ...(trace && { trace }),
          event,
          retryCount,
          ...(http && { http }),
          started: this.#started,
        })
        .then(this.settle, (error: unknown) => {
          this.#end()
          this.#lease.discard()
          reject(error)
        })
      if (pooled.isStopped) this.stop()
      else if (signal?.aborted) this.#abort()
      else signal?.addEventListener('abort', this.#abort)
    })
  }

  readonly #started = (): void => {
    // Given up while it was behind others, and begun before it could be taken back: nobody wants the answer.
    if (!this.#resolve) return
    this.#startedMs = this.#clock.monotonicMs()
    this.#deadlines.set(this, this.#timeoutMs)
  }

  readonly #abort = (): void => this.#giveUp(wasCancelled)

  stop(): void {
    this.#giveUp(wasStopped)
  }

  #giveUp(ended: Cancelled): void {
    if (this.#startedMs === undefined) this.#lease.instance.ahead?.takeBack(this.#requestId)
    this.settle(ended)
  }

  readonly settle = (ended: RunEnd): void => {
    const resolve = this.#resolve
    if (!resolve) return
    this.#end()
    resolve(ended)
  }

  #end(): void {
    this.#resolve = undefined
    this.#lease.pooled.calls.delete(this)
    this.#endedMs = this.#clock.monotonicMs()
    this.#deadlines.lift(this, this.#timeoutMs)
    this.#signal?.removeEventListener('abort', this.#abort)
  }
}
