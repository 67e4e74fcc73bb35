import { none, operation, xmlReply } from '../product.ts'

export const getBucketVersioning = operation({
  name: 'GetBucketVersioning',
  route: 'GET /{bucket}?versioning',
  body: none,
  handle: async (_, { bucket }) =>
    xmlReply(200, 'VersioningConfiguration', { Status: bucket.value.versioning }),
})
