import type { AsyncInvocations } from '../compute/async-invocations.ts'
import type { JournalMeter } from '../compute/metering/meter.ts'
import type { Counts, FunctionCounts } from '../drivers/observability/function-counts.ts'
import { durationBounds } from '../drivers/observability/histogram.ts'
import type { PlatformStatus } from '../products/functions/needs.ts'
import type { Compute } from './compute.ts'
import type { Foundation } from './foundation.ts'
import type { Upkeep } from './stores.ts'
import { version } from './version.ts'

/** What `hanshu status` and `hanshu top` show. */
export function platformStatus(
  { clock, startedMs, accountId, region, driver, endpoints, upkeep }: Foundation,
  {
    compute,
    asyncQueue,
    meter,
    counts,
  }: { compute: Compute; asyncQueue: AsyncInvocations; meter: JournalMeter; counts: Counts },
): PlatformStatus {
  return {
    read: async () => ({
      version,
      uptimeSeconds: Math.round((clock.now() - startedMs) / 1000),
      accountId,
      region,
      sandbox: { driver: driver.name, isolates: driver.isolates },
      endpoints,
      pools: compute.warmPool.counts(),
      preparing: compute.preparing(),
      asyncQueueDepth: asyncQueue.depth(),
      asyncQueue: await asyncQueue.backlog(),
      metering: meter.state(),
      instances: compute.engine.instances().map(({ functionName, versionId, instanceId, state, served }) => ({
        functionName,
        versionId,
        instanceId,
        state,
        served,
      })),
      ...(upkeep ? { objects: objectsStatus(upkeep) } : {}),
      memory: { rssMb: Math.round(process.memoryUsage.rss() / 1_048_576) },
      // Two looks at them tell what happened between the two.
      atMs: clock.monotonicMs(),
      durationBoundsSeconds: durationBounds,
      functions: counts.functions().map(functionStatus),
    }),
  }
}

/** Where objects are, and what the scrubber has found. */
const objectsStatus = ({ folders, replicas, scrubber }: Upkeep) => ({
  folders,
  replicas,
  scrubber: scrubber.state(),
})

const functionStatus = ({ functionName, outcomes, errors, duration, starts }: FunctionCounts) => ({
  functionName,
  outcomes: Object.fromEntries(outcomes),
  errors: Object.fromEntries(errors),
  starts: Object.fromEntries(starts),
  duration,
})
