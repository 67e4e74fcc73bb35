import { changeFunction } from '../change-function.ts'
import { scalingConfigExist } from '../errors.ts'
import { provisionConfigKey, scalingConfigKey } from '../keys.ts'
import {
  planOfProvisionConfig,
  provisionConfigDocument,
  provisionConfigFrom,
  provisionConfigSpec,
} from '../provision-config.ts'
import { checkProvisionable, qualifierOf, stateAt } from '../qualifiers.ts'
import { json, jsonReply, operation } from '../vocabulary.ts'

/** Replaces the whole config of a qualifier. One of the two kinds at a time says how many instances are ready. */
export const putProvisionConfig = operation({
  name: 'PutProvisionConfig',
  route: 'PUT /2023-03-30/functions/{functionName}/provision-config',
  body: json(provisionConfigSpec),

  async handle({ path: { functionName }, query, body: spec }, context) {
    const { records, accountId, clock, provisioning } = context
    const qualifier = qualifierOf(query)
    checkProvisionable(qualifier)
    const config = provisionConfigFrom(spec, { functionName, qualifier }, clock.now())
    const plan = planOfProvisionConfig(config)
    await changeFunction(context, functionName, async (root) => {
      await stateAt(records, accountId, root, qualifier)
      if (await records.get(scalingConfigKey(accountId, functionName, qualifier))) {
        throw scalingConfigExist(functionName, qualifier)
      }
      const key = provisionConfigKey(accountId, functionName, qualifier)
      return { writes: [{ put: key, value: config }], result: undefined }
    })
    return jsonReply(200, provisionConfigDocument(config, provisioning.apply(plan), context))
  },
})
