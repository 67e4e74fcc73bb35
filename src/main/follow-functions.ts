import type { Counts } from '../drivers/observability/function-counts.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import type { FunctionDirectory } from '../products/functions/directory.ts'
import { functionsPrefix } from '../products/functions/keys.ts'
import { functionArn, LATEST } from '../products/functions/names.ts'
import type { ReservedConcurrency } from '../products/functions/reserved-concurrency.ts'
import type { Compute } from './compute.ts'
import type { Foundation } from './foundation.ts'

/** Functions looked at when the platform starts, for the runtimes that they use. */
const functionsMax = 1000

/** Lets compute follow what becomes of functions. Failures are logged: a call does by itself what was not done ahead. */
export function followFunctions(
  { accountId, region, stores, log }: Foundation,
  {
    compute,
    directory,
    reserved,
    counts,
  }: { compute: Compute; directory: FunctionDirectory; reserved: ReservedConcurrency; counts: Counts },
) {
  const { engine, code, logs, keepReady } = compute
  async function warmUp(revision: FunctionRevision): Promise<void> {
    await keepReady(revision.runtime)
    await code.materialize(revision)
  }
  const arnOf = (functionName: string) => functionArn(region, accountId, functionName)

  async function retireDeletedVersions(functionName: string): Promise<void> {
    const running = engine.instances().filter((instance) => instance.functionName === functionName)
    for (const versionId of new Set(running.map((instance) => instance.versionId))) {
      const { outcome } = await directory.resolve(accountId, functionName, versionId)
      if (outcome === 'versionNotFound') engine.retireFunction(arnOf(functionName), versionId)
    }
  }

  return {
    /**
     * A function that was written is made ready for; what runs of it in another state, or of versions that are gone, is let go.
     * One that is disabled loses its instances as soon as they are idle. One that was removed loses them and its log.
     */
    async changed(functionName: string): Promise<void> {
      try {
        await reserved.refresh(functionName)
        const resolution = await directory.resolve(accountId, functionName, LATEST)
        if (resolution.outcome === 'functionNotFound') {
          engine.retireFunction(arnOf(functionName))
          counts.forget(functionName)
          await logs.remove(accountId, functionName)
          return
        }
        if (resolution.outcome === 'found' && resolution.disabledBecause !== undefined) {
          engine.retireFunction(arnOf(functionName))
          return
        }
        if (resolution.outcome === 'found') engine.retireOthers(resolution.revision)
        await retireDeletedVersions(functionName)
        if (resolution.outcome === 'found') await warmUp(resolution.revision)
      } catch (error) {
        log.warn({ err: error, functionName }, 'a change of a function could not be followed')
      }
    },

    /** Makes ready for the runtimes of the functions that are there already. */
    async warmKnownRuntimes(): Promise<void> {
      try {
        const known = await stores.records.list<{ config?: { runtime?: string } }>({
          prefix: functionsPrefix(accountId),
          limit: functionsMax,
        })
        const runtimes = new Set(known.flatMap(({ value }) => value.config?.runtime ?? []))
        for (const runtime of runtimes) await keepReady(runtime)
      } catch (error) {
        log.warn({ err: error }, 'the pools could not be filled')
      }
    },
  }
}
