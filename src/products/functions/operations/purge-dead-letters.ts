import { chosenLetters, idsOf } from '../dead-letters.ts'
import { checkFunctionName } from '../names.ts'
import { json, jsonReply, operation } from '../vocabulary.ts'

/** Ours. Those of a function that was removed, too. */
export const purgeDeadLetters = operation({
  name: 'PurgeDeadLetters',
  route: 'POST /hanshu/functions/{functionName}/dead-letters/purge',
  body: json(chosenLetters),

  async handle({ path: { functionName }, body }, { accountId, deadLetters }) {
    checkFunctionName(functionName)
    const count = await deadLetters.purge({ accountId, functionName }, idsOf(body))
    return jsonReply(200, { count })
  },
})
