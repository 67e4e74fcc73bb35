import { type AsyncConfigRecord, asyncConfigDocument } from '../async-config.ts'
import { requireFunction } from '../change-function.ts'
import { asyncConfigNotExists } from '../errors.ts'
import { asyncConfigKey } from '../keys.ts'
import { qualifierOf } from '../qualifiers.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const getAsyncInvokeConfig = operation({
  name: 'GetAsyncInvokeConfig',
  route: 'GET /2023-03-30/functions/{functionName}/async-invoke-config',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const qualifier = qualifierOf(query)
    await requireFunction(context, functionName)
    const key = asyncConfigKey(context.accountId, functionName, qualifier)
    const config = await context.records.get<AsyncConfigRecord>(key)
    if (!config) throw asyncConfigNotExists(functionName, qualifier)
    return jsonReply(200, asyncConfigDocument(config.value, context))
  },
})
