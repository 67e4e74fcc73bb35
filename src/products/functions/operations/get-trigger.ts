import { requireFunction } from '../change-function.ts'
import { triggerNotFound } from '../errors.ts'
import { etagOf } from '../etag.ts'
import { triggerKey } from '../keys.ts'
import { type TriggerRecord, triggerDocument } from '../triggers.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const getTrigger = operation({
  name: 'GetTrigger',
  route: 'GET /2023-03-30/functions/{functionName}/triggers/{triggerName}',
  body: none,

  async handle({ path: { functionName, triggerName } }, context) {
    await requireFunction(context, functionName)
    const key = triggerKey(context.accountId, functionName, triggerName)
    const trigger = (await context.records.get<TriggerRecord>(key))?.value
    if (!trigger) throw triggerNotFound(functionName, triggerName)
    return jsonReply(200, triggerDocument(trigger, functionName, context), { etag: etagOf(trigger) })
  },
})
