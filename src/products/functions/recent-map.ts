/**
 * A map of bounded size that keeps what was used lately: always the last half of its bound, and of the rest what there
 * is room for. Two generations instead of a list in order of use, so that looking something up moves nothing.
 */
export class RecentMap<Key, Value> {
  #young = new Map<Key, Value>()
  #old = new Map<Key, Value>()
  readonly #generationMax: number

  constructor(entriesMax: number) {
    if (entriesMax < 2) throw new RangeError('a map of two generations keeps at least two entries')
    this.#generationMax = Math.floor(entriesMax / 2)
  }

  get(key: Key): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: Key, value: Value): this {
    this.#old.delete(key)
    if (this.#young.size === this.#generationMax && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
    return this
  }

  delete(key: Key): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }
}
