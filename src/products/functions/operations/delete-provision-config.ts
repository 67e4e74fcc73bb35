import { changeFunction } from '../change-function.ts'
import { provisionConfigKey } from '../keys.ts'
import { qualifierOf } from '../qualifiers.ts'
import { none, operation } from '../vocabulary.ts'

/** Deleting what is not there is no error, as with concurrency configs. */
export const deleteProvisionConfig = operation({
  name: 'DeleteProvisionConfig',
  route: 'DELETE /2023-03-30/functions/{functionName}/provision-config',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const { records, accountId, provisioning } = context
    const qualifier = qualifierOf(query)
    const key = provisionConfigKey(accountId, functionName, qualifier)
    const removed = await changeFunction(context, functionName, async () => {
      const isThere = (await records.get(key)) !== undefined
      return { writes: isThere ? [{ remove: key }] : [], result: isThere }
    })
    // The config of the other kind may be what keeps instances.
    if (removed) provisioning.withdraw(functionName, qualifier)
    return { status: 204 }
  },
})
