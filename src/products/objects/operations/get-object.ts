import { PROCESS_PARAMETER, serveProcessed } from '../images/processed.ts'
import { none, operation } from '../product.ts'
import { RESPONSE_PARAMETERS } from '../reading.ts'
import { routed } from '../routing.ts'
import { serve } from '../serving.ts'
import { servePage } from '../site.ts'
import { pacedReply, TRAFFIC_PARAMETER, trafficLimitOf } from '../traffic.ts'
import { refuseWhatIsNotOffered } from '../writing.ts'

export const getObject = operation({
  name: 'GetObject',
  route: 'GET /{bucket}/{object+}',
  body: none,
  grant: 'read',
  parameters: ['versionId', PROCESS_PARAMETER, TRAFFIC_PARAMETER, ...RESPONSE_PARAMETERS],

  /** Rules come before the pages of a site, and see its refusals; whatever is answered keeps to the limit of speed. */
  async around({ path: { object }, query, headers }, context, answer) {
    refuseWhatIsNotOffered(headers)
    const bytesPerSecond = trafficLimitOf(headers, query)
    const asked = { headers, query }
    const read = (name: string) => reader(query)(context, name, asked)
    const reply = await servePage(context, object, asked, () =>
      routed(context, { object, ...asked, read }, answer),
    )
    return pacedReply(reply, { ...context, bytesPerSecond })
  },

  handle: ({ path: { object }, query, headers }, context) =>
    reader(query)(context, object, { headers, query }),
})

const reader = (query: URLSearchParams) => (query.has(PROCESS_PARAMETER) ? serveProcessed : serve)
