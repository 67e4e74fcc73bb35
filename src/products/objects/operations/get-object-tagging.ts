import { none, operation, xmlReply } from '../product.ts'
import { requireVersion, versionHeader } from '../reading.ts'
import { taggingXml } from '../tags.ts'

export const getObjectTagging = operation({
  name: 'GetObjectTagging',
  route: 'GET /{bucket}/{object+}?tagging',
  body: none,
  parameters: ['versionId'],

  async handle({ path: { object }, query }, { records, bucket }) {
    const found = await requireVersion(records, bucket.value, object, query.get('versionId'))
    return xmlReply(200, 'Tagging', taggingXml(found.tags ?? []), versionHeader(found, bucket.value))
  },
})
