import type { Cancel, Clock } from '../../lib/clock.ts'
import type { ReceivedMessage } from './message.ts'

export interface Caller {
  /** Messages it takes at most. */
  limit: number
  resolve(messages: ReceivedMessage[]): void
  reject(error: unknown): void
  /** Called once, when it waits no more. */
  release(): void
}

interface Waiting extends Caller {
  isPatient: boolean
  cancel: Cancel
}

/** Those who want messages of one queue, in the order in which they came, and when to look for messages again. */
export class WaitingCallers {
  readonly #clock: Clock
  readonly #wake: () => void
  readonly #waiting = new Set<Waiting>()
  #timer: { atMs: number; cancel: Cancel } | undefined

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock
    this.#wake = wake
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Messages that all of them would take together. */
  get wanted(): number {
    let wanted = 0
    for (const { limit } of this.#waiting) wanted += limit
    return wanted
  }

  add(caller: Caller, waitMs: number, signal: AbortSignal): void {
    if (signal.aborted) {
      caller.release()
      caller.resolve([])
      return
    }
    const giveUp = (): void => {
      if (this.#remove(waiting)) caller.resolve([])
    }
    const stopTimer = waitMs > 0 ? this.#clock.after(waitMs, giveUp) : () => {}
    signal.addEventListener('abort', giveUp)
    const waiting: Waiting = {
      ...caller,
      isPatient: waitMs > 0,
      cancel() {
        stopTimer()
        signal.removeEventListener('abort', giveUp)
      },
    }
    this.#waiting.add(waiting)
  }

  /** The first of them, as many as it takes for this number of messages; they wait no more. */
  take(messages: number): Caller[] {
    const taken: Caller[] = []
    let left = messages
    for (const waiting of this.#waiting) {
      if (left <= 0) break
      left -= waiting.limit
      this.#remove(waiting)
      taken.push(waiting)
    }
    return taken
  }

  /** Answers those who did not come to wait: there is nothing for them, or why they are not told. */
  dismissImpatient(because?: unknown): void {
    for (const waiting of this.#waiting) {
      if (waiting.isPatient || !this.#remove(waiting)) continue
      if (because === undefined) waiting.resolve([])
      else waiting.reject(because)
    }
  }

  failAll(error: unknown): void {
    for (const waiting of this.#waiting) {
      if (this.#remove(waiting)) waiting.reject(error)
    }
  }

  /** While somebody waits, messages are looked for when the next falls due. */
  wakeAt(atMs: number): void {
    if (this.#waiting.size === 0 || atMs === Number.POSITIVE_INFINITY) return
    if (this.#timer && this.#timer.atMs <= atMs) return
    this.#timer?.cancel()
    const cancel = this.#clock.after(atMs - this.#clock.now(), () => {
      this.#timer = undefined
      this.#wake()
    })
    this.#timer = { atMs, cancel }
  }

  #remove(waiting: Waiting): boolean {
    if (!this.#waiting.delete(waiting)) return false
    waiting.cancel()
    waiting.release()
    if (this.#waiting.size === 0) {
      this.#timer?.cancel()
      this.#timer = undefined
    }
    return true
  }
}
