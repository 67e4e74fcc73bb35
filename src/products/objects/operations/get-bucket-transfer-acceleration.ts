import { none, operation, xmlReply } from '../product.ts'

export const getBucketTransferAcceleration = operation({
  name: 'GetBucketTransferAcceleration',
  route: 'GET /{bucket}?transferAcceleration',
  body: none,
  handle: async () => xmlReply(200, 'TransferAccelerationConfiguration', { Enabled: 'false' }),
})
