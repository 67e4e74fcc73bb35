import type { AsyncInvocations } from '../compute/async-invocations.ts'
import type { JournalMeter } from '../compute/metering/meter.ts'
import type { PlatformStatus } from '../products/functions/needs.ts'
import type { Compute } from './compute.ts'
import type { Foundation } from './foundation.ts'
import { version } from './version.ts'

/** What `hanshu status` shows. */
export function platformStatus(
  { clock, startedMs, accountId, region, driver, endpoints }: Foundation,
  { compute, asyncQueue, meter }: { compute: Compute; asyncQueue: AsyncInvocations; meter: JournalMeter },
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
      memory: { rssMb: Math.round(process.memoryUsage.rss() / 1_048_576) },
    }),
  }
}
