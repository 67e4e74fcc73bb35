import { noSuchKey } from '../errors.ts'
import { changeVersion } from '../history.ts'
import { none, operation } from '../product.ts'
import { requireVersion, versionHeader } from '../reading.ts'

export const deleteObjectTagging = operation({
  name: 'DeleteObjectTagging',
  route: 'DELETE /{bucket}/{object+}?tagging',
  body: none,
  parameters: ['versionId'],

  async handle({ path, query }, context) {
    const { records, bucket } = context
    const versionId = query.get('versionId')
    await requireVersion(records, bucket.value, path.object, versionId)
    const { written } = await changeVersion(
      context,
      path,
      versionId ?? undefined,
      ({ tags: _, ...version }) => version,
      () => noSuchKey(path.object),
    )
    return { status: 204, headers: versionHeader(written, bucket.value) }
  },
})
