import { VersionConflict } from '../../../ports/records.ts'
import { type BucketRecord, bucketKey, changeBucket, isBucketName } from '../bucket.ts'
import { bucketAclOf } from '../bucket-acl.ts'
import { invalidArgument, invalidBucketName, malformedXml, notImplemented } from '../errors.ts'
import { bytes, serviceOperation } from '../product.ts'
import { isStorageClass } from '../storage-class.ts'
import { document, textOf } from '../xml.ts'

/** Making a bucket that is there is a success for its owner, and sets its ACL where one is given. */
export const putBucket = serviceOperation({
  name: 'PutBucket',
  route: 'PUT /{bucket}',
  body: bytes(64 * 1024),

  async handle({ path: { bucket }, headers, body }, { records, clock }) {
    if (!isBucketName(bucket)) throw invalidBucketName(bucket)
    for (const name of ['x-oss-resource-group-id', 'x-oss-bucket-tagging'])
      if (headers[name] !== undefined) throw notImplemented(name)
    const acl = bucketAclOf(headers['x-oss-acl'])
    const given = acl === undefined ? {} : { acl }
    const value: BucketRecord = { name: bucket, createdMs: clock.now(), ...given, ...configuredBy(body) }
    try {
      await records.commit([{ put: bucketKey(bucket), value, expect: 'absent' }])
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
      await changeBucket(records, bucket, (current) => ({ ...current, ...given }))
    }
    return { status: 200, headers: { location: `/${bucket}` } }
  },
})

function configuredBy(body: Buffer): Pick<BucketRecord, 'storageClass' | 'redundancy'> {
  if (body.toString().trim() === '') return {}
  const root = document(body, 'CreateBucketConfiguration')
  const storageClass = textOf(root, 'StorageClass')
  const redundancy = textOf(root, 'DataRedundancyType')
  if (storageClass !== undefined && !isStorageClass(storageClass))
    throw invalidArgument('StorageClass', storageClass)
  if (redundancy !== undefined && redundancy !== 'LRS' && redundancy !== 'ZRS')
    throw malformedXml(`DataRedundancyType: ${redundancy}`)
  return {
    ...(storageClass === undefined || storageClass === 'Standard' ? {} : { storageClass }),
    ...(redundancy === undefined ? {} : { redundancy }),
  }
}
