/** Who waits for an instance: bounded in number, and nobody waits for longer than a deadline. */
export interface WaitLimits {
  /** Of one revision; one more is refused. */
  waitingMax: number
  /** Who has waited for this long is refused. */
  waitMaxMs: number
}

/** A custom runtime may take 120 s until it serves and an initializer 300 s: who waits longer waits for nothing. */
export const waitLimits: WaitLimits = { waitingMax: 10_000, waitMaxMs: 450_000 }

/**
 * Of those who wait, the oldest first by the time since when they do: how many have waited for too long, and in how long
 * the next one will have (undefined: nobody is left). Pure.
 */
export function waitedTooLong(
  sinceMs: readonly number[],
  nowMs: number,
  { waitMaxMs }: WaitLimits,
): { count: number; nextInMs: number | undefined } {
  const next = sinceMs.findIndex((ms) => nowMs - ms < waitMaxMs)
  if (next === -1) return { count: sinceMs.length, nextInMs: undefined }
  // A fraction that is lost in a sum would never pass.
  return { count: next, nextInMs: Math.max(1, Math.ceil(sinceMs[next]! + waitMaxMs - nowMs)) }
}
