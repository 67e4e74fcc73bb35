import { z } from 'zod'
import { changeFunction } from '../change-function.ts'
import { withoutNulls } from '../function-spec.ts'
import { checkDescription } from '../names.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

const disableFunctionInvocationInput = z.preprocess(
  withoutNulls,
  z.object({ reason: z.string().default(''), abortOngoingRequest: z.boolean().default(false) }),
)

/**
 * New invocations are refused from now on, and instances that are idle go. Those under way end as they would, or with
 * `abortOngoingRequest` at once: an asynchronous one stays in the queue, and is called again when the function is enabled.
 */
export const disableFunctionInvocation = operation({
  name: 'DisableFunctionInvocation',
  route: 'POST /2023-03-30/functions/{functionName}/invoke/disable',
  body: json(disableFunctionInvocationInput),

  async handle({ path: { functionName }, body: { reason, abortOngoingRequest } }, context) {
    checkDescription(reason)
    const reply = await changeFunction(context, functionName, (root) => {
      const lastModifiedTime = timeText(context.clock.now())
      return {
        root: { ...root, restriction: { disable: true, reason, lastModifiedTime } },
        writes: [],
        result: jsonReply(200, { success: true }),
      }
    })
    // Once nothing new is let in.
    if (abortOngoingRequest) context.stopInvocations(functionName)
    return reply
  },
})
