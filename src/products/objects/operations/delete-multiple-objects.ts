import { md5Hex } from '../../../lib/checksums.ts'
import { authorize } from '../access.ts'
import { announcing } from '../announcing.ts'
import { discardContent } from '../content.ts'
import { malformedXml, missingContentLength } from '../errors.ts'
import { hideObject, removeVersion } from '../history.ts'
import { encoderOf } from '../listing.ts'
import { isObjectName } from '../object.ts'
import { bytes, operation, xmlReply } from '../product.ts'
import { checkDigests } from '../writing.ts'
import { childrenOf, document, textOf } from '../xml.ts'

const KEYS_MAX = 1000

export const deleteMultipleObjects = operation({
  name: 'DeleteMultipleObjects',
  route: 'POST /{bucket}?delete',
  action: 'oss:DeleteObject',
  body: bytes(2 * 1024 * 1024),
  grant: 'write',

  async handle({ path: { bucket }, query, headers, body }, context) {
    if (body.length === 0) throw missingContentLength()
    checkDigests(headers, { md5: md5Hex(body) })
    const root = document(body, 'Delete')
    const isQuiet = textOf(root, 'Quiet') === 'true'
    const wanted = childrenOf(root, 'Object').map((element) => ({
      // Blanks are part of a key.
      object: childrenOf(element, 'Key')[0]?.text ?? '',
      versionId: textOf(element, 'VersionId') || undefined,
    }))
    if (wanted.length === 0) throw malformedXml('there is no Object')
    if (wanted.length > KEYS_MAX) throw malformedXml(`there are more than ${KEYS_MAX} Object`)
    for (const { object } of wanted) if (!isObjectName(object)) throw malformedXml(`not a key: ${object}`)
    const { encode, encodingType } = encoderOf(query)
    for (const { object, versionId } of wanted) {
      const asked = { ...context, query: new URLSearchParams(versionId === undefined ? {} : { versionId }) }
      await authorize(asked, { action: 'oss:DeleteObject', grant: 'write', object })
    }
    const hasVersions = context.bucket.value.versioning !== undefined
    const store = announcing(context, 'ObjectRemoved:DeleteObjects')
    const deleted = []
    for (const { object, versionId } of wanted) {
      const place = { bucket, object }
      const {
        removed,
        versionId: touched,
        deleteMarker,
      } = versionId === undefined
        ? await hideObject(store, place, context.clock.now())
        : await removeVersion(store, place, versionId)
      await discardContent(context, removed)
      deleted.push({
        Key: encode(object),
        VersionId: versionId,
        ...(hasVersions && deleteMarker ? { DeleteMarker: 'true', DeleteMarkerVersionId: touched } : {}),
      })
    }
    if (isQuiet) return { status: 200 }
    return xmlReply(200, 'DeleteResult', { EncodingType: encodingType, Deleted: deleted })
  },
})
