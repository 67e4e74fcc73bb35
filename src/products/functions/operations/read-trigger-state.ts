import { requireFunction } from '../change-function.ts'
import { triggerNotFound } from '../errors.ts'
import { triggerKey } from '../keys.ts'
import { triggerStateDocument } from '../trigger-state.ts'
import type { TriggerRecord } from '../triggers.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** Ours: how far the events of a trigger have got. */
export const readTriggerState = operation({
  name: 'ReadTriggerState',
  route: 'GET /hanshu/functions/{functionName}/triggers/{triggerName}',
  body: none,

  async handle({ path: { functionName, triggerName } }, context) {
    const { records, accountId } = context
    await requireFunction(context, functionName)
    const stored = await records.get<TriggerRecord>(triggerKey(accountId, functionName, triggerName))
    if (!stored) throw triggerNotFound(functionName, triggerName)
    return jsonReply(200, await triggerStateDocument(stored.value, functionName, context))
  },
})
