import type { Clock } from '../lib/clock.ts'
import type { StartPhase } from '../ports/observer.ts'

/** How long the phases of a start took, one after the other. */
export class StartPhases {
  readonly done: { phase: StartPhase; durationMs: number }[] = []
  readonly #clock: Clock
  readonly #startedMs: number
  #sinceMs: number
  #current: StartPhase

  constructor(clock: Clock, first: StartPhase) {
    this.#clock = clock
    this.#startedMs = clock.monotonicMs()
    this.#sinceMs = this.#startedMs
    this.#current = first
  }

  get totalMs(): number {
    return this.#clock.monotonicMs() - this.#startedMs
  }

  /** The current phase is over; with `next` another begins. */
  end(next?: StartPhase): void {
    const nowMs = this.#clock.monotonicMs()
    this.done.push({ phase: this.#current, durationMs: nowMs - this.#sinceMs })
    this.#sinceMs = nowMs
    if (next) this.#current = next
  }
}
