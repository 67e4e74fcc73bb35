/** What calls sent ahead may have to wait for those before them, all together, as far as can be foreseen. */
const waitMs = 1
/** However quick the calls are: what is sent is no longer at hand when an instance stalls or dies, and at 64 a runtime stops reading. */
const depthMax = 63
/** After a call that held up others, nothing is sent ahead for this long; twice as long each time that it happens again. */
const pauseLeastMs = 50
const pauseMostMs = 5000

/**
 * How many calls may be sent to an instance behind the one that runs. An instance works on one call at a time either way;
 * where a call takes less than the way to an instance and back, sending the next ones along saves that way, and
 * instances that would be started for them. Learns from how long calls take; pure but for what it remembers.
 */
export class RunAhead {
  #quickMs: number | undefined
  #pauseMs = pauseLeastMs
  #pausedUntilMs = Number.NEGATIVE_INFINITY
  /** Until then a misjudgement counts as one more of the same. */
  #rememberedUntilMs = Number.NEGATIVE_INFINITY

  /**
   * A call took this long. Quick ones count for more: on a busy machine many calls look slow that are not, and a mistake
   * costs little, since calls behind one that is slow are taken back.
   */
  note(serviceMs: number): void {
    const before = this.#quickMs ?? serviceMs
    const change = serviceMs - before
    this.#quickMs = before + (change < 0 ? change * 0.5 : Math.min(change, before) * 0.05)
  }

  /** A call keeps others waiting that were sent ahead; nobody knows yet whether it or the machine is slow. */
  stalled(nowMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + pauseLeastMs)
  }

  /** The call that kept others waiting was slow itself. */
  misjudged(nowMs: number): void {
    this.#pauseMs = nowMs < this.#rememberedUntilMs ? Math.min(2 * this.#pauseMs, pauseMostMs) : pauseLeastMs
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + this.#pauseMs)
    this.#rememberedUntilMs = nowMs + 5 * this.#pauseMs
  }

  /** Of calls behind the one that runs, per instance. */
  depth(nowMs: number): number {
    if (this.#quickMs === undefined || nowMs < this.#pausedUntilMs) return 0
    return Math.min(depthMax, Math.floor(waitMs / Math.max(this.#quickMs, 0.001)))
  }
}
