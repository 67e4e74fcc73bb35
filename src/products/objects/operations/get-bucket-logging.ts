import { loggingXml } from '../logging.ts'
import { none, operation, xmlReply } from '../product.ts'

export const getBucketLogging = operation({
  name: 'GetBucketLogging',
  route: 'GET /{bucket}?logging',
  body: none,
  handle: async (_, { bucket }) => xmlReply(200, 'BucketLoggingStatus', loggingXml(bucket.value.logging)),
})
