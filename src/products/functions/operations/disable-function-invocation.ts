import { z } from 'zod'
import { changeFunction } from '../change-function.ts'
import { notImplemented } from '../errors.ts'
import { withoutNulls } from '../function-spec.ts'
import { checkDescription } from '../names.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

const disableFunctionInvocationInput = z.preprocess(
  withoutNulls,
  z.object({ reason: z.string().default(''), abortOngoingRequest: z.boolean().default(false) }),
)

/** New invocations are refused from now on; those under way end as they would. */
export const disableFunctionInvocation = operation({
  name: 'DisableFunctionInvocation',
  route: 'POST /2023-03-30/functions/{functionName}/invoke/disable',
  body: json(disableFunctionInvocationInput),

  handle({ path: { functionName }, body: { reason, abortOngoingRequest } }, context) {
    if (abortOngoingRequest) throw notImplemented("the field 'abortOngoingRequest'")
    checkDescription(reason)
    return changeFunction(context, functionName, (root) => {
      const lastModifiedTime = timeText(context.clock.now())
      return {
        root: { ...root, restriction: { disable: true, reason, lastModifiedTime } },
        writes: [],
        result: jsonReply(200, { success: true }),
      }
    })
  },
})
