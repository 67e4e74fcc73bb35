import { noSuchKey } from '../errors.ts'
import { changeVersion } from '../history.ts'
import { bytes, operation } from '../product.ts'
import { requireVersion, versionHeader } from '../reading.ts'
import { OBJECT_TAGS_MAX, readTagging } from '../tags.ts'
import { document } from '../xml.ts'

export const putObjectTagging = operation({
  name: 'PutObjectTagging',
  route: 'PUT /{bucket}/{object+}?tagging',
  body: bytes(64 * 1024),
  parameters: ['versionId'],

  async handle({ path, query, body }, context) {
    const { records, bucket } = context
    const tags = readTagging(document(body, 'Tagging'), OBJECT_TAGS_MAX)
    const versionId = query.get('versionId')
    await requireVersion(records, bucket.value, path.object, versionId)
    const { written } = await changeVersion(
      context,
      path,
      versionId ?? undefined,
      (version) => ({ ...version, tags }),
      () => noSuchKey(path.object),
    )
    return { status: 200, headers: versionHeader(written, bucket.value) }
  },
})
