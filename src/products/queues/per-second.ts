/** How much of something may still happen in this second of the clock. Forgotten with the process: it is a limit, not a ledger. */
export class PerSecond {
  #second = Number.NaN
  #taken = 0

  /** Infinity: there is no limit. */
  room(max: number | undefined, nowMs: number): number {
    if (max === undefined) return Number.POSITIVE_INFINITY
    return Math.max(0, max - this.#takenIn(nowMs))
  }

  take(count: number, nowMs: number): void {
    this.#taken = this.#takenIn(nowMs) + count
    this.#second = secondOf(nowMs)
  }

  isTaken(nowMs: number): boolean {
    return this.#takenIn(nowMs) > 0
  }

  #takenIn(nowMs: number): number {
    return this.#second === secondOf(nowMs) ? this.#taken : 0
  }
}

const secondOf = (ms: number): number => Math.floor(ms / 1000)

export const nextSecondMs = (nowMs: number): number => (secondOf(nowMs) + 1) * 1000
