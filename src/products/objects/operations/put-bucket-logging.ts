import { changeBucket } from '../bucket.ts'
import { checkLogging, readLogging } from '../logging.ts'
import { bytes, operation } from '../product.ts'
import { document } from '../xml.ts'

export const putBucketLogging = operation({
  name: 'PutBucketLogging',
  route: 'PUT /{bucket}?logging',
  body: bytes(64 * 1024),

  async handle({ path: { bucket }, body }, context) {
    const setting = readLogging(document(body, 'BucketLoggingStatus'))
    if (setting) await checkLogging(context, setting)
    await changeBucket(context.records, bucket, ({ logging: _, ...others }) =>
      setting ? { ...others, logging: setting } : others,
    )
    return { status: 200 }
  },
})
