import { checkFunctionName } from '../names.ts'
import { nextTokenOf, pageOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** Ours. Oldest first. A function that was removed still has its dead letters. */
export const listDeadLetters = operation({
  name: 'ListDeadLetters',
  route: 'GET /hanshu/functions/{functionName}/dead-letters',
  body: none,

  async handle({ path: { functionName }, query }, { accountId, deadLetters }) {
    checkFunctionName(functionName)
    const { limit, after } = pageOf(query)
    const includePayload = query.get('includePayload') === 'true'
    const page = { accountId, functionName, limit, includePayload, ...(after === undefined ? {} : { after }) }
    const { letters, next } = await deadLetters.list(page)
    return jsonReply(200, {
      deadLetters: letters.map(({ diedMs, payload, ...letter }) => ({
        ...letter,
        diedTime: new Date(diedMs).toISOString(),
        payloadBase64: payload && Buffer.from(payload).toString('base64'),
      })),
      nextToken: nextTokenOf(next),
    })
  },
})
