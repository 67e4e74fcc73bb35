import { none, operation, xmlReply } from '../product.ts'

export const getBucketLocation = operation({
  name: 'GetBucketLocation',
  route: 'GET /{bucket}?location',
  body: none,
  handle: async (_, { region }) => xmlReply(200, 'LocationConstraint', `oss-${region}`),
})
