import { changeBucket } from '../bucket.ts'
import { malformedXml } from '../errors.ts'
import { bytes, none, operation, xmlReply } from '../product.ts'
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

export const getBucketVersioning = operation({
  name: 'GetBucketVersioning',
  route: 'GET /{bucket}?versioning',
  body: none,
  handle: async (_, { bucket }) =>
    xmlReply(200, 'VersioningConfiguration', { Status: bucket.value.versioning }),
})
