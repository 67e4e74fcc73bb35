import { allScalingConfigsPrefix, scalingConfigsPrefix } from '../keys.ts'
import { listPage, pageOf } from '../paging.ts'
import { type ScalingConfigRecord, scalingConfigDocument } from '../scaling-config.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const listScalingConfigs = operation({
  name: 'ListScalingConfigs',
  route: 'GET /2023-03-30/scaling-configs',
  body: none,

  async handle({ query }, context) {
    const { records, accountId, provisioning } = context
    const functionName = query.get('functionName')
    const { items, nextToken } = await listPage<ScalingConfigRecord>(records, {
      prefix: functionName
        ? scalingConfigsPrefix(accountId, functionName)
        : allScalingConfigsPrefix(accountId),
      page: pageOf(query),
    })
    return jsonReply(200, {
      scalingConfigs: items.map((config) =>
        scalingConfigDocument(config, provisioning.statusOf(config.functionName, config.qualifier), context),
      ),
      nextToken,
    })
  },
})
