import { changeBucket } from '../bucket.ts'
import { malformedXml } from '../errors.ts'
import { bytes, operation } from '../product.ts'
import { document, textOf } from '../xml.ts'

export const putBucketTransferAcceleration = operation({
  name: 'PutBucketTransferAcceleration',
  route: 'PUT /{bucket}?transferAcceleration',
  body: bytes(64 * 1024),

  async handle({ path: { bucket }, body }, { records }) {
    const enabled = textOf(document(body, 'TransferAccelerationConfiguration'), 'Enabled')
    if (enabled !== 'true' && enabled !== 'false') throw malformedXml('Enabled is true or false')
    await changeBucket(records, bucket, (current) => ({ ...current, isAccelerated: enabled === 'true' }))
    return { status: 200 }
  },
})
