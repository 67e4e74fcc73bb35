import type { AliasRecord } from '../aliases.ts'
import { requireFunction } from '../change-function.ts'
import { aliasNotFound } from '../errors.ts'
import { etagOf } from '../etag.ts'
import { aliasKey } from '../keys.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const getAlias = operation({
  name: 'GetAlias',
  route: 'GET /2023-03-30/functions/{functionName}/aliases/{aliasName}',
  body: none,

  async handle({ path: { functionName, aliasName } }, context) {
    await requireFunction(context, functionName)
    const alias = await context.records.get<AliasRecord>(aliasKey(context.accountId, functionName, aliasName))
    if (!alias) throw aliasNotFound(functionName, aliasName)
    return jsonReply(200, alias.value, { etag: etagOf(alias.value) })
  },
})
