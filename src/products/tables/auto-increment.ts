import type { Clock } from '../../lib/clock.ts'

export interface AutoIncrement {
  /** Greater than what it answered before, and than `above`. */
  next(above: bigint | undefined): bigint
}

/**
 * Numbers for key columns that the table numbers: microseconds since the epoch, moved up where that is taken. The vendor
 * promises numbers that rise within a partition, not without gaps; here they rise within the platform. `above` is what
 * the partition holds, for a clock that was set back while the platform was down.
 */
export function autoIncrement(clock: Clock): AutoIncrement {
  let last = 0n
  return {
    next(above) {
      const now = BigInt(clock.now()) * 1000n
      last = [now, last + 1n, (above ?? -1n) + 1n].reduce((a, b) => (a > b ? a : b))
      return last
    },
  }
}
