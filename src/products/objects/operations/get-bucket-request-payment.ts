import { none, operation, xmlReply } from '../product.ts'

export const getBucketRequestPayment = operation({
  name: 'GetBucketRequestPayment',
  route: 'GET /{bucket}?requestPayment',
  body: none,
  handle: async (_, { bucket }) =>
    xmlReply(200, 'RequestPaymentConfiguration', { Payer: bucket.value.payer ?? 'BucketOwner' }),
})
