/** The platform could not make the attempt (throttled, no instance). The vendor: from 0.5 s, doubling, up to five hours. */
export const systemDelays = { firstMs: 500, mostMs: 5 * 3_600_000 }
/** The function failed. The vendor gives no numbers. */
export const failureDelays = { firstMs: 1000, mostMs: 60_000 }

export const backoff = ({ firstMs, mostMs }: { firstMs: number; mostMs: number }, attempts: number): number =>
  Math.min(firstMs * 2 ** Math.min(attempts, 30), mostMs)
