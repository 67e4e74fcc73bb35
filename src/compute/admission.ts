import { refusesInstance, type Use } from './scaling/capacity.ts'

/** Why no instance may be added, or undefined when one may. Pure. */
export function refuseInstance(use: Use): string | undefined {
  switch (refusesInstance(use)) {
    case 'function':
      return `the number of instances of this function has reached its reserved concurrency (${use.reserved})`
    case 'account':
      return `the number of instances of this account has reached its limit (${use.accountMax})`
    case 'unreserved':
      return `the number of instances of this account that are not reserved has reached its limit (${Math.max(0, use.accountMax - use.reservedOfAll)})`
    default:
      return undefined
  }
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
 * How many of the calls that found every instance busy would be served sooner by instances that are started for them:
 * those at the end of the queue, whose turn comes later than such an instance would be there. Pure.
 */
export function callsWorthAStart({
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
}): number {
  if (slots === 0 || meanServiceMs === undefined) return waiting
  const intervalMs = Math.min(meanReleaseIntervalMs ?? Number.POSITIVE_INFINITY, meanServiceMs / slots)
  return Math.max(0, waiting - Math.floor(patienceMs / Math.max(intervalMs, 0.001)))
}

/**
 * How long a call waits for a slot before another instance is started for it: as long as a start takes here at present.
 * Where no processor is idle, a further instance makes nothing faster, and booting it makes everything slower. Pure.
 */
export function patienceMs({
  meanStartMs,
  processorIdleShare,
}: {
  /** Undefined before the first start of this function. */
  meanStartMs: number | undefined
  processorIdleShare: number
}): number {
  const least = processorIdleShare < busyShare ? 40 : 4
  return Math.min(Math.max(meanStartMs ?? least, least), patienceMostMs)
}

/** With less of the processor time unused than this, a machine is busy. */
export const busyShare = 0.1

/** However slowly a function starts, calls do not queue for longer than this before it is given more instances. */
const patienceMostMs = 100
