import { requireFunction } from '../change-function.ts'
import { triggersPrefix } from '../keys.ts'
import { listPage, pageOf } from '../paging.ts'
import { type TriggerRecord, triggerDocument } from '../triggers.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const listTriggers = operation({
  name: 'ListTriggers',
  route: 'GET /2023-03-30/functions/{functionName}/triggers',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const page = pageOf(query)
    await requireFunction(context, functionName)
    const { items, nextToken } = await listPage<TriggerRecord>(context.records, {
      prefix: triggersPrefix(context.accountId, functionName),
      namePrefix: query.get('prefix') ?? '',
      page,
    })
    const triggers = items.map((trigger) => triggerDocument(trigger, functionName, context))
    return jsonReply(200, { triggers, nextToken })
  },
})
