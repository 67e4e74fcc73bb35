/**
 * Loops, each by a key: one step after the other until there is nothing to do; woken when there may be something again.
 * At most `atOnceMax` of them step at once, the others wait for these. What fails is tried again after a wait that doubles
 * from `retryMinMs` to `retryMaxMs`.
 */
import type { Cancel, Clock } from '../../lib/clock.ts'

/** `retry`: it failed. `waitMs`: it is to be looked at again by then, if it is not woken before. */
export type Step = 'idle' | 'more' | 'retry' | { waitMs: number }

export interface StepLoops {
  /** From now on. */
  start(): void
  /** Steps now, whatever it waits for; once more, if it is stepping. */
  wake(key: string): void
  /** As `wake`, unless it waits after a failure: what comes meanwhile waits behind what failed. */
  nudge(key: string): void
  isStepping(key: string): boolean
  /** Steps no more; those that are under way are finished. */
  close(): Promise<void>
}

interface Loop {
  stepping: boolean
  /** It was woken while it was stepping. */
  again: boolean
  failures: number
  /** It waits after a failure. */
  retries: boolean
  cancel: Cancel
}

export function stepLoops({
  step,
  clock,
  retryMinMs,
  retryMaxMs,
  atOnceMax = Number.POSITIVE_INFINITY,
}: {
  /** Never rejects. */
  step(key: string): Promise<Step>
  clock: Clock
  retryMinMs: number
  retryMaxMs: number
  atOnceMax?: number
}): StepLoops {
  /** Those that step or wait. */
  const loops = new Map<string, Loop>()
  const working = new Set<Promise<void>>()
  const queued: string[] = []
  let started = false
  let closed = false

  function loopOf(key: string): Loop {
    const known = loops.get(key)
    if (known) return known
    const loop = { stepping: false, again: false, failures: 0, retries: false, cancel: () => {} }
    loops.set(key, loop)
    return loop
  }

  function wake(key: string): void {
    if (!started || closed) return
    const loop = loopOf(key)
    loop.again = loop.stepping
    if (loop.stepping) return
    loop.cancel()
    loop.retries = false
    loop.stepping = true
    if (working.size >= atOnceMax) queued.push(key)
    else run(key, loop)
  }

  function run(key: string, loop: Loop): void {
    const work = stepOn(key, loop).finally(() => {
      working.delete(work)
      const next = queued.shift()
      if (next !== undefined && !closed) run(next, loopOf(next))
    })
    working.add(work)
  }

  async function stepOn(key: string, loop: Loop): Promise<void> {
    let outcome: Step
    do {
      loop.again = false
      outcome = await step(key)
      if (outcome === 'more') loop.failures = 0
    } while (!closed && (outcome === 'more' || (outcome !== 'retry' && loop.again)))
    loop.stepping = false
    if (closed || outcome === 'idle' || outcome === 'more') loops.delete(key)
    else if (outcome === 'retry') {
      loop.failures++
      loop.retries = true
      later(key, loop, Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(loop.failures - 1, 20)))
    } else later(key, loop, outcome.waitMs)
  }

  function later(key: string, loop: Loop, delayMs: number): void {
    loop.cancel = clock.after(delayMs, () => wake(key))
  }

  return {
    start() {
      started = true
    },
    wake,
    nudge(key) {
      if (!loops.get(key)?.retries) wake(key)
    },
    isStepping: (key) => loops.get(key)?.stepping ?? false,
    async close() {
      closed = true
      for (const { cancel } of loops.values()) cancel()
      await Promise.all(working)
    },
  }
}
