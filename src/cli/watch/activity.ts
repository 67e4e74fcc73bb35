/** From what the platform has counted, what functions are doing: per second between two looks, or altogether. */
import type { FunctionStatus, PlatformStatus } from './platform-status.ts'

export interface Activity {
  functionName: string
  calls: number
  /** Failures of the function, and calls that did not get to it. A caller that left is none. */
  errors: number
  /** Undefined when no call ended. */
  p50Ms: number | undefined
  p95Ms: number | undefined
  /** By state. */
  instances: Record<string, number>
  instancesInAll: number
  queued: number
  oldestQueuedSeconds: number | undefined
}

const notErrors = new Set(['succeeded', 'cancelled'])

/** Since the platform started; with an earlier look: since then, calls and errors per second. */
export function activity(status: PlatformStatus, before?: PlatformStatus): Activity[] {
  const { functions = [], instances = [], asyncQueue = [], durationBoundsSeconds = [] } = status
  const earlier = before && isLater(status, before) ? before : undefined
  const seconds = earlier ? Math.max(0.001, (status.atMs! - earlier.atMs!) / 1000) : 1
  const counted = new Map(functions.map((one) => [one.functionName, one]))
  const countedBefore = new Map(earlier?.functions?.map((one) => [one.functionName, one]))
  const names = new Set([
    ...counted.keys(),
    ...instances.map(({ functionName }) => functionName),
    ...asyncQueue.map(({ functionName }) => functionName),
  ])
  return [...names].map((functionName) => {
    const { outcomes, buckets } = since(counted.get(functionName), countedBefore.get(functionName))
    const states: Record<string, number> = {}
    let instancesInAll = 0
    for (const { functionName: owner, state } of instances) {
      if (owner !== functionName) continue
      states[state] = (states[state] ?? 0) + 1
      instancesInAll++
    }
    const queues = asyncQueue.filter((queue) => queue.functionName === functionName)
    const ages = queues.flatMap(({ oldestSeconds }) => oldestSeconds ?? [])
    return {
      functionName,
      calls: sum(Object.values(outcomes)) / seconds,
      errors: sum(Object.entries(outcomes).map(([name, n]) => (notErrors.has(name) ? 0 : n))) / seconds,
      p50Ms: quantileMs(buckets, durationBoundsSeconds, 0.5),
      p95Ms: quantileMs(buckets, durationBoundsSeconds, 0.95),
      instances: states,
      instancesInAll,
      queued: sum(queues.map(({ waiting }) => waiting)),
      oldestQueuedSeconds: ages.length === 0 ? undefined : Math.max(...ages),
    }
  })
}

/** Of one run of the platform. */
const isLater = (status: PlatformStatus, before: PlatformStatus): boolean =>
  status.atMs !== undefined &&
  before.atMs !== undefined &&
  status.atMs >= before.atMs &&
  (status.uptimeSeconds ?? 0) >= (before.uptimeSeconds ?? 0)

/** What was counted in between. A count that went down began anew. */
function since(
  now: FunctionStatus | undefined,
  before: FunctionStatus | undefined,
): { outcomes: Record<string, number>; buckets: number[] } {
  const outcomes = now?.outcomes ?? {}
  const buckets = now?.duration.buckets ?? []
  if (!before || sum(Object.values(outcomes)) < sum(Object.values(before.outcomes)))
    return { outcomes, buckets }
  return {
    outcomes: Object.fromEntries(
      Object.entries(outcomes).map(([name, n]) => [name, Math.max(0, n - (before.outcomes[name] ?? 0))]),
    ),
    buckets: buckets.map((n, index) => Math.max(0, n - (before.duration.buckets[index] ?? 0))),
  }
}

/** As if the calls of a bucket were spread evenly in it. Beyond the last bound: that bound. */
export function quantileMs(
  buckets: readonly number[],
  boundsSeconds: readonly number[],
  quantile: number,
): number | undefined {
  const count = sum(buckets)
  if (count === 0) return undefined
  let below = 0
  for (let index = 0; index < boundsSeconds.length; index++) {
    const inside = buckets[index] ?? 0
    if (below + inside >= count * quantile && inside > 0) {
      const from = boundsSeconds[index - 1] ?? 0
      const share = (count * quantile - below) / inside
      return (from + (boundsSeconds[index]! - from) * share) * 1000
    }
    below += inside
  }
  return (boundsSeconds.at(-1) ?? 0) * 1000
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
