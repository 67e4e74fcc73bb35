import { changeFunction } from '../change-function.ts'
import { provisionConfigExist } from '../errors.ts'
import { provisionConfigKey, scalingConfigKey } from '../keys.ts'
import { checkProvisionable, qualifierOf, stateAt } from '../qualifiers.ts'
import {
  planOfScalingConfig,
  scalingConfigDocument,
  scalingConfigFrom,
  scalingConfigSpec,
} from '../scaling-config.ts'
import { json, jsonReply, operation } from '../vocabulary.ts'

/** Replaces the whole config of a qualifier. One of the two kinds at a time says how many instances are ready. */
export const putScalingConfig = operation({
  name: 'PutScalingConfig',
  route: 'PUT /2023-03-30/functions/{functionName}/scaling-config',
  body: json(scalingConfigSpec),

  async handle({ path: { functionName }, query, body: spec }, context) {
    const { records, accountId, clock, provisioning } = context
    const qualifier = qualifierOf(query)
    checkProvisionable(qualifier)
    const config = scalingConfigFrom(spec, { functionName, qualifier }, clock.now())
    const plan = planOfScalingConfig(config)
    await changeFunction(context, functionName, async (root) => {
      await stateAt(records, accountId, root, qualifier)
      if (await records.get(provisionConfigKey(accountId, functionName, qualifier))) {
        throw provisionConfigExist(functionName, qualifier)
      }
      const key = scalingConfigKey(accountId, functionName, qualifier)
      return { writes: [{ put: key, value: config }], result: undefined }
    })
    return jsonReply(200, scalingConfigDocument(config, provisioning.apply(plan), context))
  },
})
