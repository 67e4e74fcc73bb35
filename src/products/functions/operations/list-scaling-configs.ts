import { pageOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** No scaling can be configured yet. */
export const listScalingConfigs = operation({
  name: 'ListScalingConfigs',
  route: 'GET /2023-03-30/scaling-configs',
  body: none,

  async handle({ query }) {
    pageOf(query)
    return jsonReply(200, { scalingConfigs: [] })
  },
})
