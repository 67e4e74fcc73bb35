import { type AsyncInvocations, asyncInvocations } from '../compute/async-invocations.ts'
import type { Engine } from '../compute/engine.ts'
import type { FunctionDirectory } from '../products/functions/directory.ts'
import type { Foundation } from './foundation.ts'

export function assembleAsyncQueue(
  { stores, clock, ids, log, closing }: Foundation,
  { engine, directory }: { engine: Engine; directory: FunctionDirectory },
): AsyncInvocations {
  const queue = asyncInvocations({
    records: stores.records,
    invoker: engine,
    clock,
    ids,
    log,
    async resolve(account, functionName, qualifier) {
      const resolution = await directory.resolve(account, functionName, qualifier)
      return resolution.outcome === 'found' ? resolution.revision : undefined
    },
    policyOf: (account, functionName, qualifier) =>
      directory.asyncSettingsOf(account, functionName, qualifier),
  })
  closing.push(() => queue.close())
  return queue
}
