import { requireFunction } from '../change-function.ts'
import { type ConcurrencyRecord, concurrencyDocument } from '../concurrency.ts'
import { concurrencyConfigNotFound } from '../errors.ts'
import { concurrencyKey } from '../keys.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const getConcurrencyConfig = operation({
  name: 'GetConcurrencyConfig',
  route: 'GET /2023-03-30/functions/{functionName}/concurrency',
  body: none,

  async handle({ path: { functionName } }, context) {
    await requireFunction(context, functionName)
    const key = concurrencyKey(context.accountId, functionName)
    const config = await context.records.get<ConcurrencyRecord>(key)
    if (!config) throw concurrencyConfigNotFound(functionName)
    return jsonReply(200, concurrencyDocument(config.value, context))
  },
})
