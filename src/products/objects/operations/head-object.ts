import { none, operation } from '../product.ts'
import {
  checkConditions,
  describe,
  followed,
  overrides,
  RESPONSE_PARAMETERS,
  requireVersion,
} from '../reading.ts'

export const headObject = operation({
  name: 'HeadObject',
  route: 'HEAD /{bucket}/{object+}',
  action: 'oss:GetObject',
  body: none,
  grant: 'read',
  parameters: ['versionId', ...RESPONSE_PARAMETERS],

  async handle({ path: { object }, query, headers }, context) {
    const { records, clock, bucket } = context
    const version = await requireVersion(records, bucket.value, object, query.get('versionId'))
    const found = (await followed(context, version)) ?? version
    checkConditions(headers, found)
    return {
      status: 200,
      headers: { ...describe(version, bucket.value, clock.now(), found), ...overrides(query) },
    }
  },
})
