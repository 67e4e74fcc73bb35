import { requireFunction } from '../change-function.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** There are no VPCs here. */
export const listVpcBindings = operation({
  name: 'ListVpcBindings',
  route: 'GET /2023-03-30/functions/{functionName}/vpc-bindings',
  body: none,

  async handle({ path: { functionName } }, context) {
    await requireFunction(context, functionName)
    return jsonReply(200, { vpcIds: [] })
  },
})
