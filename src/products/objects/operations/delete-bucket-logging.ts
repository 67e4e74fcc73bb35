import { changeBucket } from '../bucket.ts'
import { none, operation } from '../product.ts'

export const deleteBucketLogging = operation({
  name: 'DeleteBucketLogging',
  route: 'DELETE /{bucket}?logging',
  body: none,

  async handle({ path: { bucket } }, { records }) {
    await changeBucket(records, bucket, ({ logging: _, ...others }) => others)
    return { status: 204 }
  },
})
