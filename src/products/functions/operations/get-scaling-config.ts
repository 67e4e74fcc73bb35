import { requireFunction } from '../change-function.ts'
import { scalingConfigKey } from '../keys.ts'
import { qualifiedArn } from '../names.ts'
import { qualifierOf } from '../qualifiers.ts'
import { type ScalingConfigRecord, scalingConfigDocument } from '../scaling-config.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** Of what is not configured only that is answered which `s` leaves out of its comparison. */
export const getScalingConfig = operation({
  name: 'GetScalingConfig',
  route: 'GET /2023-03-30/functions/{functionName}/scaling-config',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const { records, region, accountId, provisioning } = context
    await requireFunction(context, functionName)
    const qualifier = qualifierOf(query)
    const config = await records.get<ScalingConfigRecord>(
      scalingConfigKey(accountId, functionName, qualifier),
    )
    if (!config) {
      const functionArn = qualifiedArn(region, accountId, functionName, qualifier)
      return jsonReply(200, { functionArn, currentInstances: 0, targetInstances: 0 })
    }
    const status = provisioning.statusOf(functionName, qualifier)
    return jsonReply(200, scalingConfigDocument(config.value, status, context))
  },
})
