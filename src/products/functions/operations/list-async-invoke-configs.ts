import { type AsyncConfigRecord, asyncConfigDocument } from '../async-config.ts'
import { allAsyncConfigsPrefix, asyncConfigsPrefix } from '../keys.ts'
import { listPage, pageOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const listAsyncInvokeConfigs = operation({
  name: 'ListAsyncInvokeConfigs',
  route: 'GET /2023-03-30/async-invoke-configs',
  body: none,

  async handle({ query }, context) {
    const { records, accountId } = context
    const functionName = query.get('functionName')
    const { items, nextToken } = await listPage<AsyncConfigRecord>(records, {
      prefix: functionName ? asyncConfigsPrefix(accountId, functionName) : allAsyncConfigsPrefix(accountId),
      page: pageOf(query),
    })
    return jsonReply(200, {
      configs: items.map((config) => asyncConfigDocument(config, context)),
      nextToken,
    })
  },
})
