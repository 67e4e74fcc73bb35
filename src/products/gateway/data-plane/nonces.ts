/**
 * Nonces that were used, so that a signed request counts once. In memory: after a restart those of the last quarter of an hour
 * could be used once more.
 */
const MINUTE_MS = 60_000
/** A second's thousand signed requests for all of their quarter of an hour. Beyond it none is taken in, rather than any forgotten. */
export const NONCES_MAX = 1_000_000

export class Nonces {
  readonly #max: number
  readonly #used = new Set<string>()
  /** By the minute in which they may be forgotten. */
  readonly #byMinute = new Map<number, string[]>()
  #sweptMinute = 0

  constructor(max = NONCES_MAX) {
    this.#max = max
  }

  /** `untilMs`: when the request is too old to be taken again. */
  use(key: string, { nowMs, untilMs }: { nowMs: number; untilMs: number }): 'first' | 'again' | 'full' {
    this.#forget(nowMs)
    if (this.#used.has(key)) return 'again'
    if (this.#used.size >= this.#max) return 'full'
    this.#used.add(key)
    const minute = Math.floor(untilMs / MINUTE_MS) + 1
    const kept = this.#byMinute.get(minute)
    if (kept) kept.push(key)
    else this.#byMinute.set(minute, [key])
    return 'first'
  }

  #forget(nowMs: number): void {
    const nowMinute = Math.floor(nowMs / MINUTE_MS)
    if (nowMinute === this.#sweptMinute) return
    this.#sweptMinute = nowMinute
    for (const [minute, keys] of this.#byMinute) {
      if (minute > nowMinute) continue
      for (const key of keys) this.#used.delete(key)
      this.#byMinute.delete(minute)
    }
  }
}
