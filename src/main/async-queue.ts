import type { Destination } from '../compute/async/destinations.ts'
import { type AsyncInvocations, asyncInvocations } from '../compute/async-invocations.ts'
import type { Engine } from '../compute/engine.ts'
import type { BilledAttempts } from '../compute/metering/billed-attempts.ts'
import type { FunctionDirectory } from '../products/functions/directory.ts'
import { keysOfTarget } from '../products/functions/qualifiers.ts'
import type { Foundation } from './foundation.ts'

export function assembleAsyncQueue(
  { stores, clock, ids, log, closing }: Foundation,
  {
    engine,
    directory,
    destinations,
    billed,
  }: {
    engine: Engine
    directory: FunctionDirectory
    destinations: readonly Destination[]
    billed: BilledAttempts
  },
): AsyncInvocations {
  const queue = asyncInvocations({
    records: stores.records,
    invoker: engine,
    clock,
    ids,
    log,
    moreDestinations: destinations,
    billed,
    async resolve(account, functionName, qualifier) {
      const resolution = await directory.resolve(account, functionName, qualifier)
      if (resolution.outcome !== 'found') return undefined
      return resolution.disabledBecause === undefined ? resolution.revision : 'disabled'
    },
    policyOf: (account, functionName, qualifier) =>
      directory.asyncSettingsOf(account, functionName, qualifier),
    presenceOf: ({ accountId, functionName, qualifier }) =>
      keysOfTarget(accountId, functionName, qualifier).map((check) => ({ check, expect: 'present' })),
  })
  closing.push(() => queue.close())
  return queue
}
