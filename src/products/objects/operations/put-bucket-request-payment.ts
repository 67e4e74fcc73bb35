import { changeBucket } from '../bucket.ts'
import { malformedXml } from '../errors.ts'
import { bytes, operation } from '../product.ts'
import { document, textOf } from '../xml.ts'

export const putBucketRequestPayment = operation({
  name: 'PutBucketRequestPayment',
  route: 'PUT /{bucket}?requestPayment',
  body: bytes(64 * 1024),

  async handle({ path: { bucket }, body }, { records }) {
    const payer = textOf(document(body, 'RequestPaymentConfiguration'), 'Payer')
    if (payer !== 'BucketOwner' && payer !== 'Requester')
      throw malformedXml('Payer is BucketOwner or Requester')
    await changeBucket(records, bucket, (current) => ({ ...current, payer }))
    return { status: 200 }
  },
})
