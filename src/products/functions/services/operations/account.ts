import { PACKED_BYTES_MAX } from '../../code.ts'
import { pageOf } from '../../paging.ts'
import { type FunctionsContext, jsonReply, none, type Operation, operation } from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'

/** What these APIs tell about the account as a whole. */
export const accountOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] => [
  operation({
    name: 'GetAccountSettings',
    route: `GET ${prefix}/account-settings`,
    body: none,

    /** There are no zones: a platform is one machine. */
    async handle() {
      return jsonReply(200, { availableAZs: [], defaultRole: '' })
    },
  }),
  operation({
    name: 'ListReservedCapacities',
    route: `GET ${prefix}/${prefix === '/2016-08-15' ? 'reservedCapacities' : 'reserved-capacities'}`,
    body: none,

    /** Nobody sells capacity here. */
    async handle({ query }) {
      pageOf(query)
      return jsonReply(200, { reservedCapacities: [] })
    },
  }),
]

/** Of API 2016-08-15 only. */
export const accountConfigs = operation({
  name: 'GetAccountConfigs',
  route: 'GET /2016-08-15/accountConfigs',
  body: none,

  async handle({ query }) {
    const wanted = query.getAll('config')
    const configs: Record<string, unknown> = { CodeSizeLimit: PACKED_BYTES_MAX }
    const shown = Object.entries(configs).filter(([name]) => wanted.length === 0 || wanted.includes(name))
    return jsonReply(200, Object.fromEntries(shown))
  },
})
