import { jsonReply, none, operation } from '../../vocabulary.ts'
import { requireService } from '../change-service.ts'
import { locateLatest } from '../names.ts'

/** Of API 2021-04-06 only. There are no VPCs here. */
export const listVpcBindings = operation({
  name: 'ListVpcBindings',
  route: 'GET /2021-04-06/services/{service}/bindings',
  body: none,

  async handle({ path }, context) {
    await requireService(context, locateLatest(path.service))
    return jsonReply(200, { vpcIds: [] })
  },
})
