import type { Clock } from '../../lib/clock.ts'

/**
 * The wall clock, ms, as it would be had nobody set it since this was made. Ages and waits of the queue are counted in it:
 * a clock that is put forward expires no event, and one that is put back holds none up. Over a restart the wall clock counts.
 */
export function steadyTime(clock: Clock): () => number {
  const offsetMs = clock.now() - clock.monotonicMs()
  return () => Math.round(clock.monotonicMs() + offsetMs)
}
