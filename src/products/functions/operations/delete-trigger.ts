import { changeFunction } from '../change-function.ts'
import { triggerNotFound } from '../errors.ts'
import { checkIfMatch } from '../etag.ts'
import { triggerKey } from '../keys.ts'
import { type TriggerRecord, triggerRemovals } from '../triggers.ts'
import { none, operation } from '../vocabulary.ts'

export const deleteTrigger = operation({
  name: 'DeleteTrigger',
  route: 'DELETE /2023-03-30/functions/{functionName}/triggers/{triggerName}',
  body: none,

  handle({ path: { functionName, triggerName }, headers }, context) {
    const { records, accountId } = context
    return changeFunction(context, functionName, async () => {
      const key = triggerKey(accountId, functionName, triggerName)
      const trigger = (await records.get<TriggerRecord>(key))?.value
      if (!trigger) throw triggerNotFound(functionName, triggerName)
      checkIfMatch(headers['if-match'], trigger)
      return {
        writes: triggerRemovals({ accountId, functionName }, trigger),
        result: { status: 204 },
      }
    })
  },
})
