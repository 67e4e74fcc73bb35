/** Who waits while a call stands at a breakpoint; those beyond are refused. */
const waitingMax = 100

export type Entrance = 'entered' | 'full' | 'left' | 'sentAway'

interface Waiter {
  enter(how: Entrance): void
}

/** Lets as many calls at a time to the one instance that is debugged as it can take; the others wait, first come, first served. */
export class DebugGate {
  #free: number
  #open = true
  readonly #waiting: Waiter[] = []

  constructor(slots: number) {
    this.#free = slots
  }

  /** `left`: the caller went away first. Who has `entered` has to `leave`. */
  enter(signal: AbortSignal | undefined): Promise<Entrance> {
    if (signal?.aborted) return Promise.resolve('left')
    if (!this.#open || this.#free > 0) {
      this.#free--
      return Promise.resolve('entered')
    }
    if (this.#waiting.length >= waitingMax) return Promise.resolve('full')
    return new Promise((resolve) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        resolve('left')
      }
      const waiter: Waiter = {
        enter(how) {
          signal?.removeEventListener('abort', onAbort)
          resolve(how)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiter)
    })
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next) next.enter('entered')
    else this.#free++
  }

  /** All calls of the function are ended: who waits does not enter. */
  sendAway(): void {
    for (const waiter of this.#waiting.splice(0)) waiter.enter('sentAway')
  }

  /** Nobody is kept waiting any more. */
  open(): void {
    this.#open = false
    for (const waiter of this.#waiting.splice(0)) {
      this.#free--
      waiter.enter('entered')
    }
  }
}
