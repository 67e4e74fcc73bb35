/**
 * Compute units: what the vendor charges for, of every resource by a factor. Exact: quantities and factors are integers of
 * the smallest units, and a CU is a fixed number of them, so that no sum depends on its order or on how it was cut.
 */

/** What was used of one kind of instance. */
export interface Usage {
  requests: bigint
  /** Hundredths of a vCPU × ms. */
  cpu: bigint
  /** MB × ms. */
  memory: bigint
  /** MB × ms. */
  disk: bigint
}

export type InstanceKind = 'onDemand' | 'provisioned' | 'lightSleep'
export type UsageByKind = Partial<Record<InstanceKind, Usage>>

/** In millionths of a CU: for a vCPU·s, a GB·s of memory, 10 000 requests, a GB·s of disk. */
export interface Factors {
  cpu: bigint
  memory: bigint
  requests: bigint
  disk: bigint
}

export const factorScale = 1_000_000n

// Factors are of 1e5 units of processor time, 1024 × 1000 units of memory or disk, and 1e4 requests: this divides by all.
const perFactor = 25_600_000n
/** As many small units are one CU. */
export const unitsPerCu = perFactor * factorScale

/** In small units. */
export function unitsOf(usage: Usage, factors: Factors): bigint {
  return (
    usage.cpu * factors.cpu * (perFactor / 100_000n) +
    usage.memory * factors.memory * (perFactor / 1_024_000n) +
    usage.disk * factors.disk * (perFactor / 1_024_000n) +
    usage.requests * factors.requests * (perFactor / 10_000n)
  )
}

export const roundUp = (numerator: bigint, denominator: bigint): bigint =>
  (numerator + denominator - 1n) / denominator

/** `1234567n` of a scale of `1000n` is `1234.567`; zeros at the end are left out. */
export function decimalText(value: bigint, scale: bigint): string {
  // A finite decimal needs as many digits as the scale has factors 2 or 5.
  let digits = 0
  let power = 1n
  while (power % scale !== 0n) {
    power *= 10n
    digits++
  }
  const scaled = (value * (power / scale)).toString().padStart(digits + 1, '0')
  const fraction = scaled.slice(scaled.length - digits).replace(/0+$/, '')
  const whole = scaled.slice(0, scaled.length - digits)
  return digits === 0 || fraction === '' ? whole : `${whole}.${fraction}`
}
