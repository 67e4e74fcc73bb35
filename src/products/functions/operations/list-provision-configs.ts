import { allProvisionConfigsPrefix, provisionConfigsPrefix } from '../keys.ts'
import { listPage, pageOf } from '../paging.ts'
import { type ProvisionConfigRecord, provisionConfigDocument } from '../provision-config.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const listProvisionConfigs = operation({
  name: 'ListProvisionConfigs',
  route: 'GET /2023-03-30/provision-configs',
  body: none,

  async handle({ query }, context) {
    const { records, accountId, provisioning } = context
    const functionName = query.get('functionName')
    const { items, nextToken } = await listPage<ProvisionConfigRecord>(records, {
      prefix: functionName
        ? provisionConfigsPrefix(accountId, functionName)
        : allProvisionConfigsPrefix(accountId),
      page: pageOf(query),
    })
    return jsonReply(200, {
      provisionConfigs: items.map((config) =>
        provisionConfigDocument(
          config,
          provisioning.statusOf(config.functionName, config.qualifier),
          context,
        ),
      ),
      nextToken,
    })
  },
})
