import { requireFunction } from '../change-function.ts'
import { qualifiedArn } from '../names.ts'
import { qualifierOf } from '../qualifiers.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/**
 * No scaling can be configured yet. Only what `s` leaves out of its comparison is answered,
 * so that to it nothing is configured.
 */
export const getScalingConfig = operation({
  name: 'GetScalingConfig',
  route: 'GET /2023-03-30/functions/{functionName}/scaling-config',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    await requireFunction(context, functionName)
    const functionArn = qualifiedArn(context.region, context.accountId, functionName, qualifierOf(query))
    return jsonReply(200, { functionArn, currentInstances: 0, targetInstances: 0 })
  },
})
