import { etagOf } from '../object.ts'
import { none, operation } from '../product.ts'
import { requireVersion, versionHeader } from '../reading.ts'

/** The little that is known without looking at metadata. Of a symlink it is about the link itself. */
export const getObjectMeta = operation({
  name: 'GetObjectMeta',
  route: 'HEAD /{bucket}/{object+}?objectMeta',
  action: 'oss:GetObject',
  body: none,
  grant: 'read',
  parameters: ['versionId'],

  async handle({ path: { object }, query }, { records, bucket }) {
    const found = await requireVersion(records, bucket.value, object, query.get('versionId'))
    return {
      status: 200,
      headers: {
        'content-length': String(found.sizeBytes),
        etag: etagOf(found),
        'last-modified': new Date(found.lastModifiedMs).toUTCString(),
        ...(found.crc64 === undefined ? {} : { 'x-oss-hash-crc64ecma': found.crc64 }),
        ...versionHeader(found, bucket.value),
      },
    }
  },
})
