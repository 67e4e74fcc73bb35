import type { Cancel, Clock } from '../lib/clock.ts'

interface Lane<T> {
  /** When each falls due, the earliest first. */
  due: Map<T, number>
  timer: Cancel
}

/**
 * Time limits for very many things that mostly end long before: with one timer for all whose limit has the same length,
 * since these fall due in the order in which they were set.
 */
export class Deadlines<T> {
  readonly #clock: Clock
  readonly #expired: (what: T) => void
  readonly #lanes = new Map<number, Lane<T>>()

  constructor(clock: Clock, expired: (what: T) => void) {
    this.#clock = clock
    this.#expired = expired
  }

  /** From now on. */
  set(what: T, limitMs: number): void {
    let lane = this.#lanes.get(limitMs)
    if (!lane) {
      lane = { due: new Map(), timer: this.#lookAfter(limitMs, limitMs) }
      this.#lanes.set(limitMs, lane)
    }
    lane.due.set(what, this.#clock.monotonicMs() + limitMs)
  }

  /** Before it falls due; `limitMs` as it was set. */
  lift(what: T, limitMs: number): void {
    this.#lanes.get(limitMs)?.due.delete(what)
  }

  close(): void {
    for (const { timer } of this.#lanes.values()) timer()
    this.#lanes.clear()
  }

  #lookAfter(delayMs: number, limitMs: number): Cancel {
    return this.#clock.after(delayMs, () => this.#look(limitMs))
  }

  #look(limitMs: number): void {
    const lane = this.#lanes.get(limitMs)
    if (!lane) return
    for (const [what, dueMs] of lane.due) {
      const leftMs = dueMs - this.#clock.monotonicMs()
      if (leftMs > 0) {
        lane.timer = this.#lookAfter(leftMs, limitMs)
        return
      }
      lane.due.delete(what)
      this.#expired(what)
    }
    this.#lanes.delete(limitMs)
  }
}
