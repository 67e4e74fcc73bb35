import { changeBucket } from '../bucket.ts'
import { none, operation } from '../product.ts'
import { settingKey } from '../settings.ts'

export const deleteBucketWebsite = operation({
  name: 'DeleteBucketWebsite',
  route: 'DELETE /{bucket}?website',
  body: none,

  async handle({ path: { bucket } }, { records }) {
    await changeBucket(records, bucket, ({ isRouted: _, ...others }) => others, [
      { remove: settingKey(bucket, 'website') },
    ])
    return { status: 204 }
  },
})
