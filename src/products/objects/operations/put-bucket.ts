import { VersionConflict } from '../../../ports/records.ts'
import { invalidBucketName, notImplemented } from '../errors.ts'
import { type BucketRecord, bucketKey, isBucketName } from '../object.ts'
import { bytes, operation } from '../product.ts'

/** Making a bucket that is there is a success for its owner. */
export const putBucket = operation({
  name: 'PutBucket',
  route: 'PUT /{bucket}',
  body: bytes(64 * 1024),

  async handle({ path: { bucket }, headers, body }, { records, clock }) {
    if (!isBucketName(bucket)) throw invalidBucketName(bucket)
    if (![undefined, 'private'].includes(headers['x-oss-acl'])) throw notImplemented('x-oss-acl')
    const asked = /<StorageClass>\s*([^<\s]*)\s*</.exec(body.toString())?.[1]
    if (asked !== undefined && asked !== 'Standard') throw notImplemented('StorageClass')
    const value: BucketRecord = { name: bucket, createdMs: clock.now() }
    await records.commit([{ put: bucketKey(bucket), value, expect: 'absent' }]).catch((error: unknown) => {
      if (!(error instanceof VersionConflict)) throw error
    })
    return { status: 200, headers: { location: `/${bucket}` } }
  },
})
