/**
 * Attempts of asynchronous invocations that are in the ledger while the queue has not written yet how they went. A crash
 * between the two has the attempt made once more, and it is not charged once more. The ledger keeps what is between at the
 * moment in the commit of its sums; what was charged since is in the journal, so that a start finds either.
 */
export interface Attempt {
  requestId: string
  retryCount: number
}

export interface BilledAttempts {
  /** To the queue: an attempt of this event begins; it was written how the attempt went, or that there is none any more. */
  begins(requestId: string): void
  settled(requestId: string): void
  /** To the meter: whether an invocation is charged. It is, unless it is an attempt that has been. */
  charges(attempt: Attempt): boolean
  /** To the ledger: what is between. */
  unsettled(): Attempt[]
  /** At a start, of the ledger: what may be between, and what else was charged lately. Then, of the queue: which is still in it. */
  found(attempts: Iterable<Attempt>): void
  queued(requestId: string): void
  /** The rest of what was found is settled. */
  foundAll(): void
  /** What is between can be told. */
  readonly isKnown: boolean
}

export function billedAttempts(): BilledAttempts {
  const running = new Set<string>()
  /** The retry count by request id. */
  const billed = new Map<string, number>()
  let found: Map<string, number> | undefined = new Map()

  return {
    begins: (requestId) => void running.add(requestId),

    settled(requestId) {
      running.delete(requestId)
      billed.delete(requestId)
    },

    charges({ requestId, retryCount }) {
      if (!running.has(requestId)) return true
      if (billed.get(requestId) === retryCount) return false
      billed.set(requestId, retryCount)
      return true
    },

    unsettled: () => [...billed].map(([requestId, retryCount]) => ({ requestId, retryCount })),

    found(attempts) {
      for (const { requestId, retryCount } of attempts) found?.set(requestId, retryCount)
    },

    queued(requestId) {
      const retryCount = found?.get(requestId)
      if (retryCount !== undefined) billed.set(requestId, retryCount)
    },

    foundAll() {
      found = undefined
    },

    get isKnown() {
      return found === undefined
    },
  }
}

/** Where there is no queue. */
export function noAttempts(): BilledAttempts {
  const attempts = billedAttempts()
  attempts.foundAll()
  return attempts
}
