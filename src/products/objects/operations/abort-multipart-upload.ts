import { VersionConflict } from '../../../ports/records.ts'
import { announce, commitAnnounced } from '../announcing.ts'
import { discardContent } from '../content.ts'
import { noSuchUpload } from '../errors.ts'
import { garbageKey } from '../keys.ts'
import { requireUpload } from '../multipart.ts'
import { none, operation } from '../product.ts'

export const abortMultipartUpload = operation({
  name: 'AbortMultipartUpload',
  route: 'DELETE /{bucket}/{object+}?uploadId',
  body: none,
  grant: 'write',

  async handle({ path, query }, context) {
    const { records } = context
    const uploadId = query.get('uploadId') ?? ''
    const { key, version } = await requireUpload(records, path, uploadId)
    try {
      const told = { sizeBytes: 0, deltaBytes: 0 }
      await commitAnnounced(
        context,
        [
          { remove: key, expect: version },
          { put: garbageKey(uploadId), value: {} },
        ],
        await announce(context, 'ObjectRemoved:AbortMultipartUpload', path, told),
      )
    } catch (error) {
      if (error instanceof VersionConflict) throw noSuchUpload(uploadId)
      throw error
    }
    await discardContent(context, [{ partsId: uploadId }])
    return { status: 204 }
  },
})
