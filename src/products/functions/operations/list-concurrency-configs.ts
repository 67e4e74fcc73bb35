import { type ConcurrencyRecord, concurrencyDocument } from '../concurrency.ts'
import { concurrencyPrefix } from '../keys.ts'
import { listPage, pageOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const listConcurrencyConfigs = operation({
  name: 'ListConcurrencyConfigs',
  route: 'GET /2023-03-30/concurrency-configs',
  body: none,

  async handle({ query }, context) {
    const { records, accountId } = context
    const wanted = query.get('functionName')
    const { items, nextToken } = await listPage<ConcurrencyRecord>(records, {
      prefix: concurrencyPrefix(accountId),
      namePrefix: wanted ?? '',
      page: pageOf(query),
      ...(wanted ? { matches: ({ functionName }) => functionName === wanted } : {}),
    })
    return jsonReply(200, {
      configs: items.map((config) => concurrencyDocument(config, context)),
      nextToken,
    })
  },
})
