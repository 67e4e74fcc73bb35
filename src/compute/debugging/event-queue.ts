/** What one side says and the other reads when it comes to it; who does not read loses the oldest. */
export class EventQueue<Event> implements AsyncIterable<Event> {
  readonly #max: number
  readonly #events: Event[] = []
  #wake: (() => void) | undefined
  #ended = false

  constructor(max: number) {
    this.#max = max
  }

  push(event: Event): void {
    if (this.#events.length >= this.#max) this.#events.shift()
    this.#events.push(event)
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
    for (;;) {
      while (this.#events.length > 0) yield this.#events.shift()!
      if (this.#ended) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }
}
