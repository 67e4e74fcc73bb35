/** Requests to origins at once, of all buckets; the vendor's bound is a rate. */
const AT_ONCE_MAX = 64

/** Requests to origins that are under way. */
export class MirrorSlots {
  #taken = 0

  /** False: no more now. */
  take(): boolean {
    if (this.#taken >= AT_ONCE_MAX) return false
    this.#taken++
    return true
  }

  release(): void {
    this.#taken--
  }

  get taken(): number {
    return this.#taken
  }
}
