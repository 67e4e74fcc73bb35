import type { AliasRecord } from '../aliases.ts'
import { requireFunction } from '../change-function.ts'
import { aliasesPrefix } from '../keys.ts'
import { listPage, pageOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const listAliases = operation({
  name: 'ListAliases',
  route: 'GET /2023-03-30/functions/{functionName}/aliases',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const page = pageOf(query)
    await requireFunction(context, functionName)
    const { items: aliases, nextToken } = await listPage<AliasRecord>(context.records, {
      prefix: aliasesPrefix(context.accountId, functionName),
      namePrefix: query.get('prefix') ?? '',
      page,
    })
    return jsonReply(200, { aliases, nextToken })
  },
})
