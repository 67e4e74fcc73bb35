/** Why no instance may be added, or undefined when one may. Pure. */
export function refuseInstance({
  ofAccount,
  accountMax,
  ofFunction,
  functionMax,
}: {
  ofAccount: number
  accountMax: number
  ofFunction: number
  /** The function's reserved concurrency, when it has one: its cap and its guarantee. */
  functionMax: number | undefined
}): string | undefined {
  if (functionMax !== undefined) {
    return ofFunction >= functionMax
      ? `the number of instances of this function has reached its reserved concurrency (${functionMax})`
      : undefined
  }
  return ofAccount >= accountMax
    ? `the number of instances of this account has reached its limit (${accountMax})`
    : undefined
}

/** How many instances to start for those who wait, beside the ones that are starting. Pure. */
export function instancesToStart({
  waiting,
  starting,
  concurrencyPerInstance,
}: {
  waiting: number
  starting: number
  concurrencyPerInstance: number
}): number {
  return Math.max(0, Math.ceil(waiting / concurrencyPerInstance) - starting)
}

/**
 * Whether a call that found every instance busy does better to wait for one than to start another: when calls are so
 * short that a slot comes free sooner than a cold start would be done. Pure.
 */
export function worthWaiting({
  waiting,
  slots,
  meanServiceMs,
  patienceMs,
}: {
  waiting: number
  slots: number
  meanServiceMs: number | undefined
  patienceMs: number
}): boolean {
  if (slots === 0 || meanServiceMs === undefined) return false
  return (waiting / slots) * meanServiceMs < patienceMs
}
