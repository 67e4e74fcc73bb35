import { none, operation } from '../product.ts'
import { RESPONSE_PARAMETERS } from '../reading.ts'
import { serve } from '../serving.ts'
import { servePage } from '../site.ts'
import { refuseWhatIsNotOffered } from '../writing.ts'

export const getObject = operation({
  name: 'GetObject',
  route: 'GET /{bucket}/{object+}',
  body: none,
  grant: 'read',
  parameters: ['versionId', ...RESPONSE_PARAMETERS],

  async handle({ path: { object }, query, headers }, context) {
    refuseWhatIsNotOffered(headers)
    return servePage(context, object, { headers, query }, () => serve(context, object, { headers, query }))
  },
})
