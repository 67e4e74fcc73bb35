/**
 * A binary heap of numbers with whole keys below 2^31, least first. It grows as needed: the searches that use it put
 * in each arc of their graph once at the most. An item that has been put in again with a lesser key comes out twice;
 * callers leave the second one out.
 */
export class Heap {
  #keys = new Int32Array(1024)
  #items = new Int32Array(1024)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Least key, or more than any key where the heap is empty. */
  get least(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#keys[0]!
  }

  clear(): void {
    this.#size = 0
  }

  push(key: number, item: number): void {
    if (this.#size === this.#keys.length) this.#grow()
    const keys = this.#keys
    const items = this.#items
    let at = this.#size++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (keys[parent]! <= key) break
      keys[at] = keys[parent]!
      items[at] = items[parent]!
      at = parent
    }
    keys[at] = key
    items[at] = item
  }

  /** Takes the item of the least key; the heap must not be empty. */
  pop(): number {
    const keys = this.#keys
    const items = this.#items
    const taken = items[0]!
    const size = --this.#size
    const key = keys[size]!
    const item = items[size]!
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      if (child + 1 < size && keys[child + 1]! < keys[child]!) child++
      if (keys[child]! >= key) break
      keys[at] = keys[child]!
      items[at] = items[child]!
      at = child
    }
    keys[at] = key
    items[at] = item
    return taken
  }

  #grow(): void {
    const keys = new Int32Array(this.#keys.length * 2)
    const items = new Int32Array(keys.length)
    keys.set(this.#keys)
    items.set(this.#items)
    this.#keys = keys
    this.#items = items
  }
}
