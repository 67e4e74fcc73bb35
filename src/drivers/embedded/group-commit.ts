/**
 * Many callers, one durable transaction: jobs that arrive in one turn of the event loop, or while a group is being
 * written, go to disk together and share its fsync. Each caller is answered after the group is durable.
 *
 * Bounds. A group takes at most `groupJobsMax` jobs and `groupBytesMax` bytes; callers beyond wait their turn, in order.
 * That wait is the back-pressure, and it holds memory: past `waitingJobsMax` or `waitingBytesMax` a call is refused with
 * `TooManyWaiting`, since a disk that is so far behind is not helped by one more.
 */
export interface GroupLimits {
  groupJobsMax: number
  groupBytesMax: number
  waitingJobsMax: number
  waitingBytesMax: number
}

export const groupLimits: GroupLimits = {
  groupJobsMax: 512,
  groupBytesMax: 8 * 1024 * 1024,
  waitingJobsMax: 20_000,
  waitingBytesMax: 256 * 1024 * 1024,
}

export class TooManyWaiting extends Error {
  constructor(waiting: number) {
    super(`${waiting} writes are waiting for the disk already`)
    this.name = 'TooManyWaiting'
  }
}

interface Waiter<Job, Answer> {
  job: Job
  sizeBytes: number
  resolve(answer: Answer): void
  reject(error: unknown): void
}

export class GroupCommit<Job, Answer> {
  readonly #write: (jobs: Job[]) => Promise<Answer[]>
  readonly #limits: GroupLimits
  #waiting: Waiter<Job, Answer>[] = []
  #waitingBytes = 0
  #running: Promise<void> | undefined

  /** `write` makes all jobs durable and answers one by one; if it throws, every job of the group fails with that. */
  constructor(write: (jobs: Job[]) => Promise<Answer[]>, limits: GroupLimits = groupLimits) {
    this.#write = write
    this.#limits = limits
  }

  submit(job: Job, sizeBytes: number): Promise<Answer> {
    const { waitingJobsMax, waitingBytesMax } = this.#limits
    const waiting = this.#waiting.length
    if (waiting >= waitingJobsMax || (waiting > 0 && this.#waitingBytes + sizeBytes > waitingBytesMax)) {
      return Promise.reject(new TooManyWaiting(waiting))
    }
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.#waiting.push({ job, sizeBytes, resolve, reject })
    this.#waitingBytes += sizeBytes
    this.#running ??= this.#run()
    return promise
  }

  /** Answers when everything submitted so far was answered. */
  async drained(): Promise<void> {
    while (this.#running) await this.#running
  }

  async #run(): Promise<void> {
    await new Promise(setImmediate) // lets the rest of this turn of the loop join
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup()
      try {
        const answers = await this.#write(group.map(({ job }) => job))
        for (const [at, waiter] of group.entries()) waiter.resolve(answers[at]!)
      } catch (error) {
        for (const waiter of group) waiter.reject(error)
      }
    }
    this.#running = undefined
  }

  #takeGroup(): Waiter<Job, Answer>[] {
    let count = 0
    let bytes = 0
    for (const { sizeBytes } of this.#waiting) {
      if (
        count > 0 &&
        (count === this.#limits.groupJobsMax || bytes + sizeBytes > this.#limits.groupBytesMax)
      )
        break
      count++
      bytes += sizeBytes
    }
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count)
  }
}
