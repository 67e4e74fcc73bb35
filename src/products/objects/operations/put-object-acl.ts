import { invalidArgument, noSuchKey } from '../errors.ts'
import { changeVersion } from '../history.ts'
import { none, operation } from '../product.ts'
import { requireVersion, versionHeader } from '../reading.ts'
import { objectAclOf } from '../writing.ts'

export const putObjectAcl = operation({
  name: 'PutObjectAcl',
  route: 'PUT /{bucket}/{object+}?acl',
  body: none,
  parameters: ['versionId'],

  async handle({ path, query, headers }, context) {
    const { records, bucket } = context
    const acl = objectAclOf(headers)
    if (acl === undefined) throw invalidArgument('x-oss-object-acl', '')
    const versionId = query.get('versionId')
    await requireVersion(records, bucket.value, path.object, versionId)
    const { written } = await changeVersion(
      context,
      path,
      versionId ?? undefined,
      (version) => ({ ...version, acl }),
      () => noSuchKey(path.object),
    )
    return { status: 200, headers: versionHeader(written, bucket.value) }
  },
})
