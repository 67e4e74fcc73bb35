import { requireFunction } from '../change-function.ts'
import { qualifiedArn } from '../names.ts'
import { qualifierOf } from '../qualifiers.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** Nothing can be provisioned yet: the vendor answers zeros for what is not configured, and clients wait for `current: 0`. */
export const getProvisionConfig = operation({
  name: 'GetProvisionConfig',
  route: 'GET /2023-03-30/functions/{functionName}/provision-config',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    await requireFunction(context, functionName)
    const functionArn = qualifiedArn(context.region, context.accountId, functionName, qualifierOf(query))
    return jsonReply(200, { functionArn, target: 0, defaultTarget: 0, current: 0 })
  },
})
