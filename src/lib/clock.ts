/** Time as a dependency: logic is handed a `Clock`, tests move a `ManualClock` instead of sleeping. */
export interface Clock {
  /** Wall-clock time, ms since the epoch. */
  now(): number
  /** Milliseconds (with fractions) that never go backwards; for durations only. */
  monotonicMs(): number
  /** Runs `task` once after `delayMs`. A pending timer never keeps the process alive. */
  after(delayMs: number, task: () => void): Cancel
}

export type Cancel = () => void

/** setTimeout overflows past 2^31-1 ms and would fire at once; longer waits are taken in steps. */
const LONGEST_TIMER_MS = 2_147_483_647

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, task) {
    let timer: NodeJS.Timeout
    const arm = (leftMs: number): void => {
      const step = Math.min(leftMs, LONGEST_TIMER_MS)
      timer = setTimeout(() => (leftMs > step ? arm(leftMs - step) : task()), step)
      timer.unref()
    }
    arm(Math.max(0, delayMs))
    return () => clearTimeout(timer)
  },
}

/** A clock that stands still until a test moves it. Timers fire in the order of their due time. */
export class ManualClock implements Clock {
  #nowMs: number
  #elapsedMs = 0
  #nextId = 0
  readonly #timers = new Map<number, { dueMs: number; task: () => void }>()

  constructor(nowMs = 0) {
    this.#nowMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  after(delayMs: number, task: () => void): Cancel {
    const id = this.#nextId++
    this.#timers.set(id, { dueMs: this.#elapsedMs + Math.max(0, delayMs), task })
    return () => void this.#timers.delete(id)
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Moves time forward, firing what falls due on the way, including timers set by those that fire. */
  advance(byMs: number): void {
    const targetMs = this.#elapsedMs + byMs
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.dueMs <= targetMs)
      if (due.length === 0) break
      due.sort(([idA, a], [idB, b]) => a.dueMs - b.dueMs || idA - idB)
      const [id, timer] = due[0]!
      this.#timers.delete(id)
      this.#step(timer.dueMs)
      timer.task()
    }
    this.#step(targetMs)
  }

  /** Sets the wall clock without moving monotonic time: an operator or NTP stepped the clock. */
  jump(byMs: number): void {
    this.#nowMs += byMs
  }

  #step(toElapsedMs: number): void {
    this.#nowMs += toElapsedMs - this.#elapsedMs
    this.#elapsedMs = toElapsedMs
  }
}
