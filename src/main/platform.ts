import { CustomDomainDirectory } from '../products/functions/custom-domain-directory.ts'
import { FunctionDirectory } from '../products/functions/directory.ts'
import { LATEST } from '../products/functions/names.ts'
import { ReservedConcurrency } from '../products/functions/reserved-concurrency.ts'
import { EventRules } from '../products/queues/event-rule.ts'
import { assembleAsyncQueue } from './async-queue.ts'
import { openCloudFront } from './cloud-front.ts'
import { assembleCompute } from './compute.ts'
import { assembleEventTriggers } from './event-triggers.ts'
import { followFunctions } from './follow-functions.ts'
import type { Foundation } from './foundation.ts'
import { assembleFunctions } from './functions.ts'
import { assembleGateway } from './gateway.ts'
import { assembleHttpTriggers } from './http-triggers.ts'
import { assembleIdentity } from './identity.ts'
import { listen } from './listen.ts'
import { assembleMetering } from './metering.ts'
import { assembleObjects } from './objects.ts'
import { openObservability } from './observability.ts'
import type { Part } from './part.ts'
import { assembleProvisioning } from './provisioning.ts'
import { queueDestination } from './queue-destination.ts'
import { assembleQueues } from './queues.ts'
import { announceReady } from './ready.ts'
import { platformStatus } from './status.ts'
import { sweepNowAndThen } from './sweep.ts'
import { assembleTables } from './tables.ts'
import { assembleTimerTriggers } from './timer-triggers.ts'

/** Gives products, compute and triggers what they need, and listens. */
export async function startPlatform(foundation: Foundation): Promise<void> {
  const { accountId, region, stores } = foundation
  const directory = new FunctionDirectory(stores.records, {
    region,
    random: Math.random,
    changed(_, functionName) {
      void follow.changed(functionName)
      timerTriggers.changed(functionName)
      eventTriggers.changed(functionName)
    },
  })
  const reserved = new ReservedConcurrency(stores.records, accountId)
  await reserved.load()
  const metering = await assembleMetering(foundation)
  const observability = await openObservability(foundation)
  const compute = await assembleCompute(foundation, {
    observability,
    meter: metering.meter,
    // What is not remembered just now, as right after a write, has no other limit for that.
    instancesMaxOf: ({ functionName }) =>
      (directory.reservedConcurrencyCached(accountId, functionName) ?? { limit: reserved.of(functionName) })
        .limit,
    reservedOfAll: () => reserved.total,
    latestOf: (functionName) => directory.mainRevision(accountId, functionName, LATEST),
    async revisionNow({ functionName, versionId }) {
      const resolution = await directory.resolve(accountId, functionName, versionId)
      // No code of a function that is disabled runs ahead of calls that would be refused.
      return resolution.outcome === 'found' && resolution.disabledBecause === undefined
        ? resolution.revision
        : undefined
    },
  })
  const follow = followFunctions(foundation, { compute, directory, reserved, counts: observability.counts })
  const asyncQueue = assembleAsyncQueue(foundation, {
    billed: metering.billed,
    engine: compute.engine,
    directory,
    destinations: [queueDestination(() => queues.outcomeMessages)],
  })
  observability.watch({ compute, asyncQueue })

  const eventRules = new EventRules({ records: stores.records, uuid: foundation.ids.uuid })
  await eventRules.load()
  const eventTriggers = assembleEventTriggers(foundation, {
    asyncQueue,
    engine: compute.engine,
    directory,
    eventRules,
    messages: () => queues.outcomeMessages,
  })
  await eventTriggers.triggers.start()
  const objects = await assembleObjects(foundation, eventTriggers)
  const tables = assembleTables(foundation, eventTriggers)
  const queues = assembleQueues(foundation, { ...eventTriggers, eventRules })
  await queues.load()
  const provisioning = assembleProvisioning(foundation, { engine: compute.engine, directory })
  const customDomains = new CustomDomainDirectory(stores.records)
  const httpTriggers = assembleHttpTriggers(foundation, {
    engine: compute.engine,
    directory,
    customDomains,
    asyncQueue,
  })
  const timerTriggers = assembleTimerTriggers(foundation, {
    engine: compute.engine,
    directory,
    asyncQueue,
  })
  const gateway = await assembleGateway(foundation, { engine: compute.engine, directory })
  const functions = await assembleFunctions(foundation, {
    directory,
    customDomains,
    compute,
    provisioning,
    asyncQueue,
    objects,
    eventTriggers,
    httpTriggers,
    ledger: metering.ledger,
    platformStatus: platformStatus(foundation, {
      compute,
      asyncQueue,
      meter: metering.meter,
      counts: observability.counts,
    }),
  })
  const parts: readonly Part[] = [
    functions,
    ...assembleIdentity(foundation),
    objects,
    tables,
    queues,
    gateway,
    httpTriggers,
    timerTriggers,
    eventTriggers,
    provisioning,
    compute,
    metering,
    observability,
  ]

  const cloudPorts = await openCloudFront(
    foundation,
    parts.flatMap(({ cloud = [] }) => cloud),
  )
  await listen(
    foundation,
    parts.flatMap(({ listeners = [] }) => listeners),
    cloudPorts,
  )
  await announceReady(foundation)
  for (const part of parts) await part.start?.()
  // Behind the announcement: who is called in the first second starts an instance, as one without a pool does.
  void follow.warmKnownRuntimes()
  sweepNowAndThen(foundation, parts)
}
