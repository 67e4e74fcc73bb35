/** A provisioned instance is charged by the time for which it is held: spec/function-compute.md section 5. */

export const hourMs = 3_600_000
/** Processor time of provisioned instances is charged by 10 s: 51 s are 60, 61 s are 70. */
const granuleMs = 10_000

export interface HeldPiece {
  /** At the hour at the latest, so that a piece belongs to one hour. */
  endedMs: number
  heldMs: number
  cpuMs: number
}

/**
 * The pieces by hours of a time from `fromMs` to `toMs` in one state that has lasted since `sinceMs`. Processor time is
 * rounded up over the whole state: however it is cut into pieces and reports, they add up to the same.
 * Whether the vendor rounds memory and disk in the same way is not known for certain; they are charged by the ms here.
 */
export function heldPieces({
  sinceMs,
  fromMs,
  toMs,
}: {
  sinceMs: number
  fromMs: number
  toMs: number
}): HeldPiece[] {
  if (!(sinceMs <= fromMs && fromMs <= toMs)) {
    throw new RangeError(`a time does not run from ${sinceMs} over ${fromMs} to ${toMs}`)
  }
  const pieces: HeldPiece[] = []
  const charged = (untilMs: number) => Math.ceil((untilMs - sinceMs) / granuleMs) * granuleMs
  for (let startMs = fromMs; startMs < toMs; ) {
    const endMs = Math.min(toMs, (Math.floor(startMs / hourMs) + 1) * hourMs)
    // The last ms of a piece: what ends with the hour belongs to that hour.
    pieces.push({ endedMs: endMs - 1, heldMs: endMs - startMs, cpuMs: charged(endMs) - charged(startMs) })
    startMs = endMs
  }
  return pieces
}
