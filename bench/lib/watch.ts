/** A number that is looked at again and again while something else runs. */
import { setTimeout as pause } from 'node:timers/promises'

export interface Seen {
  /** Since the beginning. */
  atMs: number
  value: number
}

const lookEveryMs = 200

/** `stop` looks once more. */
export function watch(look: () => Promise<number>): { stop(): Promise<Seen[]> } {
  const seen: Seen[] = []
  const startedMs = performance.now()
  let stopped = false
  const lookNow = async () => {
    const value = await look()
    seen.push({ atMs: performance.now() - startedMs, value })
  }
  const looking = (async () => {
    while (!stopped) {
      await lookNow()
      await pause(lookEveryMs)
    }
  })()
  // It is told to who stops it.
  looking.catch(() => {})
  return {
    async stop() {
      stopped = true
      await looking
      await lookNow()
      return seen
    },
  }
}
