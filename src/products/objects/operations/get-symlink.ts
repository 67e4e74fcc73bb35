import { notSymlink } from '../errors.ts'
import { etagOf } from '../object.ts'
import { none, operation } from '../product.ts'
import { requireVersion, versionHeader } from '../reading.ts'

export const getSymlink = operation({
  name: 'GetSymlink',
  route: 'GET /{bucket}/{object+}?symlink',
  action: 'oss:GetObject',
  body: none,
  grant: 'read',
  parameters: ['versionId'],

  async handle({ path: { object }, query }, { records, bucket }) {
    const found = await requireVersion(records, bucket.value, object, query.get('versionId'))
    if (found.symlinkTarget === undefined) throw notSymlink()
    return {
      status: 200,
      headers: {
        ...found.headers,
        etag: etagOf(found),
        'last-modified': new Date(found.lastModifiedMs).toUTCString(),
        'x-oss-symlink-target': encodeURIComponent(found.symlinkTarget),
        ...versionHeader(found, bucket.value),
      },
    }
  },
})
