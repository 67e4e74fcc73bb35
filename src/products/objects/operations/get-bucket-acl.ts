import { none, operation, xmlReply } from '../product.ts'

export const getBucketAcl = operation({
  name: 'GetBucketAcl',
  route: 'GET /{bucket}?acl',
  body: none,

  async handle(_, { accountId, bucket }) {
    return xmlReply(200, 'AccessControlPolicy', {
      Owner: { ID: accountId, DisplayName: accountId },
      AccessControlList: { Grant: bucket.value.acl ?? 'private' },
    })
  },
})
