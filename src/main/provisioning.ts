import type { Engine } from '../compute/engine.ts'
import { type Provisioner, provisioner } from '../compute/provisioner.ts'
import type { FunctionDirectory } from '../products/functions/directory.ts'
import { provisionPlans } from '../products/functions/provision-plans.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

export interface ProvisioningPart extends Part {
  provisioning: Provisioner
}

/** Keeps as many instances ready as functions are configured to have. */
export function assembleProvisioning(
  { accountId, stores, clock, ids, log, closing }: Foundation,
  { engine, directory }: { engine: Engine; directory: FunctionDirectory },
): ProvisioningPart {
  const provisioning = provisioner({
    clock,
    ids,
    log,
    instances: engine,
    async resolve(functionName, qualifier) {
      const resolution = await directory.resolve(accountId, functionName, qualifier)
      if (resolution.outcome === 'found' && resolution.disabledBecause !== undefined) return 'disabled'
      return directory.mainRevision(accountId, functionName, qualifier)
    },
  })
  closing.push(() => provisioning.close())
  return {
    provisioning,
    async start() {
      for await (const plan of provisionPlans(stores.records, accountId)) provisioning.apply(plan)
    },
  }
}
