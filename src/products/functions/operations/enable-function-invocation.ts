import { changeFunction } from '../change-function.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const enableFunctionInvocation = operation({
  name: 'EnableFunctionInvocation',
  route: 'POST /2023-03-30/functions/{functionName}/invoke/enable',
  body: none,

  handle({ path: { functionName } }, context) {
    return changeFunction(context, functionName, ({ restriction: _, ...root }) => ({
      root,
      writes: [],
      result: jsonReply(200, { success: true }),
    }))
  },
})
