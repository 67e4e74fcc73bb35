import { none, operation, xmlReply } from '../product.ts'

/** Nobody pays for requests here; it is always the owner who would. */
export const getBucketRequestPayment = operation({
  name: 'GetBucketRequestPayment',
  route: 'GET /{bucket}?requestPayment',
  body: none,
  handle: async () => xmlReply(200, 'RequestPaymentConfiguration', { Payer: 'BucketOwner' }),
})
