import { requireFunction } from '../change-function.ts'
import { chosenLetters, idsOf } from '../dead-letters.ts'
import { json, jsonReply, operation } from '../vocabulary.ts'

/** Ours. */
export const redriveDeadLetters = operation({
  name: 'RedriveDeadLetters',
  route: 'POST /hanshu/functions/{functionName}/dead-letters/redrive',
  body: json(chosenLetters),

  async handle({ path: { functionName }, body }, context) {
    const { accountId, deadLetters } = context
    await requireFunction(context, functionName)
    const count = await deadLetters.redrive({ accountId, functionName }, idsOf(body))
    return jsonReply(200, { count })
  },
})
