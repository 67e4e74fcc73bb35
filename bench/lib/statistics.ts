/** `share` 0.5 is the median. Undefined for no values. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

export const median = (values: readonly number[]): number | undefined => percentile(values, 0.5)
export const p99 = (values: readonly number[]): number | undefined => percentile(values, 0.99)

/**
 * How many times its peer a contestant takes: the median of the ratios of values that were measured right after each
 * other, because on a shared machine the two of one round meet the same weather.
 */
export function pairedRatio(values: readonly number[], peers: readonly number[]): number | undefined {
  const rounds = Math.min(values.length, peers.length)
  return median(Array.from({ length: rounds }, (_, round) => values[round]! / peers[round]!))
}

export const digits = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(value >= 10 ? 3 : 2)

export const show = (value: number | undefined, unit = ''): string =>
  value === undefined ? '' : `${digits(value)}${unit === '' ? '' : ` ${unit}`}`

export const mib = (bytes: number | undefined): string =>
  show(bytes === undefined ? undefined : bytes / 1_048_576, 'MiB')
