import { requireFunction } from '../change-function.ts'
import { requireSourceTrigger } from '../trigger-state.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** Ours: events of this trigger that were given up are called again. */
export const replayTrigger = operation({
  name: 'ReplayTrigger',
  route: 'POST /hanshu/functions/{functionName}/triggers/{triggerName}/replay',
  body: none,

  async handle({ path: { functionName, triggerName } }, context) {
    await requireFunction(context, functionName)
    await requireSourceTrigger(functionName, triggerName, context)
    const { accountId, deadLetters } = context
    const requestIds = new Set<string>()
    for (let after: string | undefined; ; ) {
      const page = { accountId, functionName, limit: 100, includePayload: false }
      const { letters, next } = await deadLetters.list({ ...page, ...(after === undefined ? {} : { after }) })
      for (const letter of letters) if (letter.triggerName === triggerName) requestIds.add(letter.requestId)
      if (next === undefined) break
      after = next
    }
    const count =
      requestIds.size === 0 ? 0 : await deadLetters.redrive({ accountId, functionName }, requestIds)
    return jsonReply(200, { count })
  },
})
