/**
 * An instance that serves several calls at once is charged for the time in which it serves any: three calls of ten seconds
 * at the same time are ten seconds, not thirty (help page "Configure instance concurrency", 2025-12-18). Each call is
 * charged what none that ended before it was: the parts add up to the whole, to the ms.
 */
export class ActiveTime {
  readonly #busy = new WeakMap<object, { calls: number; sinceMs: number; chargedMs: number }>()

  /** A call begins on the instance. Every one that began ends, or the instance does. */
  begin(instance: object, nowMs: number): void {
    const busy = this.#busy.get(instance)
    if (busy) busy.calls++
    else this.#busy.set(instance, { calls: 1, sinceMs: nowMs, chargedMs: 0 })
  }

  /** A call ends: what it is charged, in whole ms. */
  end(instance: object, nowMs: number): number {
    const busy = this.#busy.get(instance)
    if (!busy) throw new Error('a call that has not begun cannot end')
    const activeMs = Math.max(1, Math.ceil(nowMs - busy.sinceMs))
    const chargedMs = Math.max(0, activeMs - busy.chargedMs)
    busy.chargedMs += chargedMs
    if (--busy.calls === 0) this.#busy.delete(instance)
    return chargedMs
  }
}
