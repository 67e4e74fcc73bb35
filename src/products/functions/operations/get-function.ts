import { requireFunction } from '../change-function.ts'
import { etagOf } from '../etag.ts'
import { functionDocument, functionTagged } from '../function.ts'
import { qualifierOf, stateAt } from '../qualifiers.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const getFunction = operation({
  name: 'GetFunction',
  route: 'GET /2023-03-30/functions/{functionName}',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const root = await requireFunction(context, functionName)
    const state = await stateAt(context.records, context.accountId, root, qualifierOf(query))
    const document = functionDocument(state, context, root.restriction)
    return jsonReply(200, document, { etag: etagOf(functionTagged(state, context, root.restriction)) })
  },
})
