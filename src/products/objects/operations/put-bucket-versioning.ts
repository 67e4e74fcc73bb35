import { changeBucket } from '../bucket.ts'
import { malformedXml } from '../errors.ts'
import { bytes, operation } from '../product.ts'
import { document, textOf } from '../xml.ts'

export const putBucketVersioning = operation({
  name: 'PutBucketVersioning',
  route: 'PUT /{bucket}?versioning',
  body: bytes(64 * 1024),

  async handle({ path: { bucket }, body }, { records }) {
    const versioning = textOf(document(body, 'VersioningConfiguration'), 'Status')
    if (versioning !== 'Enabled' && versioning !== 'Suspended')
      throw malformedXml('Status is Enabled or Suspended')
    await changeBucket(records, bucket, (current) => ({ ...current, versioning }))
    return { status: 200 }
  },
})
