import { pageOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** Nothing can be provisioned yet. */
export const listProvisionConfigs = operation({
  name: 'ListProvisionConfigs',
  route: 'GET /2023-03-30/provision-configs',
  body: none,

  async handle({ query }) {
    pageOf(query)
    return jsonReply(200, { provisionConfigs: [] })
  },
})
