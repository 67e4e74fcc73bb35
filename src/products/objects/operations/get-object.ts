import { PROCESS_PARAMETER, serveProcessed } from '../images/processed.ts'
import { none, operation } from '../product.ts'
import { RESPONSE_PARAMETERS } from '../reading.ts'
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

  async handle({ path: { object }, query, headers }, context) {
    refuseWhatIsNotOffered(headers)
    const read = query.has(PROCESS_PARAMETER) ? serveProcessed : serve
    const bytesPerSecond = trafficLimitOf(headers, query)
    const reply = await servePage(context, object, { headers, query }, () =>
      read(context, object, { headers, query }),
    )
    return pacedReply(reply, { ...context, bytesPerSecond })
  },
})
