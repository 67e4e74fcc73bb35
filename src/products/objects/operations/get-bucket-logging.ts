import { none, operation, xmlReply } from '../product.ts'

/** No access logs are written, so none can be asked for; what clients read is that there are none. */
export const getBucketLogging = operation({
  name: 'GetBucketLogging',
  route: 'GET /{bucket}?logging',
  body: none,
  handle: async () => xmlReply(200, 'BucketLoggingStatus', ''),
})
