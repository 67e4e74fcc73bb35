import { changeBucket } from '../bucket.ts'
import { bytes, operation } from '../product.ts'
import { settingKey } from '../settings.ts'
import { readWebsite } from '../website.ts'
import { document } from '../xml.ts'

export const putBucketWebsite = operation({
  name: 'PutBucketWebsite',
  route: 'PUT /{bucket}?website',
  body: bytes(1024 * 1024),

  async handle({ path: { bucket }, body }, context) {
    const site = readWebsite(document(body, 'WebsiteConfiguration'), context)
    const put = settingKey(bucket, 'website')
    await changeBucket(
      context.records,
      bucket,
      ({ isRouted: _, ...others }) => (site.rules ? { ...others, isRouted: true } : others),
      [{ put, value: site }],
    )
    return { status: 200 }
  },
})
