import { none, operation, xmlReply } from '../product.ts'
import { requireVersion, versionHeader } from '../reading.ts'

export const getObjectAcl = operation({
  name: 'GetObjectAcl',
  route: 'GET /{bucket}/{object+}?acl',
  body: none,
  parameters: ['versionId'],

  async handle({ path: { object }, query }, { records, accountId, bucket }) {
    const found = await requireVersion(records, bucket.value, object, query.get('versionId'))
    return xmlReply(
      200,
      'AccessControlPolicy',
      {
        Owner: { ID: accountId, DisplayName: accountId },
        AccessControlList: { Grant: found.acl ?? 'default' },
      },
      versionHeader(found, bucket.value),
    )
  },
})
