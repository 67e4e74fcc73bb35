import { requireFunction } from '../change-function.ts'
import { provisionConfigKey } from '../keys.ts'
import { qualifiedArn } from '../names.ts'
import { type ProvisionConfigRecord, provisionConfigDocument } from '../provision-config.ts'
import { qualifierOf } from '../qualifiers.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** The vendor answers zeros for what is not configured, and clients wait for `current: 0`. */
export const getProvisionConfig = operation({
  name: 'GetProvisionConfig',
  route: 'GET /2023-03-30/functions/{functionName}/provision-config',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const { records, region, accountId, provisioning } = context
    await requireFunction(context, functionName)
    const qualifier = qualifierOf(query)
    const config = await records.get<ProvisionConfigRecord>(
      provisionConfigKey(accountId, functionName, qualifier),
    )
    if (!config) {
      const functionArn = qualifiedArn(region, accountId, functionName, qualifier)
      return jsonReply(200, { functionArn, target: 0, defaultTarget: 0, current: 0 })
    }
    const status = provisioning.statusOf(functionName, qualifier)
    return jsonReply(200, provisionConfigDocument(config.value, status, context))
  },
})
