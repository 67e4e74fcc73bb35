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
 * Whether a call that found every instance busy does better to wait for one than to start another: when slots come free
 * so quickly that one is there within the patience. Pure.
 */
export function worthWaiting({
  waiting,
  slots,
  meanServiceMs,
  meanReleaseIntervalMs,
  patienceMs,
}: {
  waiting: number
  slots: number
  /** How long a call takes; undefined before the first. */
  meanServiceMs: number | undefined
  /** Between two slots that came free while calls were waiting; undefined before that happened. */
  meanReleaseIntervalMs: number | undefined
  patienceMs: number
}): boolean {
  if (slots === 0 || meanServiceMs === undefined) return false
  const intervalMs = Math.min(meanReleaseIntervalMs ?? Number.POSITIVE_INFINITY, meanServiceMs / slots)
  return waiting * intervalMs < patienceMs
}

/**
 * How long a call waits for a slot before another instance is started for it: about a cold start, except where no
 * processor is idle. There a further instance makes nothing faster, and booting it makes everything slower. Pure.
 */
export function patienceMs(processorIdleShare: number): number {
  return processorIdleShare < 0.1 ? 40 : 4
}
