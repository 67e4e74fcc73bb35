import { VersionConflict } from '../../../ports/records.ts'
import { encryptionHeaders } from '../encryption.ts'
import { fileAlreadyExists, noSuchBucket } from '../errors.ts'
import { uploadKey } from '../keys.ts'
import { encoderOf } from '../listing.ts'
import type { UploadRecord } from '../multipart.ts'
import { findObject, requireObjectName } from '../object.ts'
import { bytes, operation, xmlReply } from '../product.ts'
import { keptHeaders, refuseWhatIsNotOffered, traitsOf } from '../writing.ts'

export const initiateMultipartUpload = operation({
  name: 'InitiateMultipartUpload',
  route: 'POST /{bucket}/{object+}?uploads',
  action: 'oss:PutObject',
  body: bytes(64 * 1024),
  grant: 'write',
  // Says that parts will come in order; they may come in any.
  parameters: ['sequential'],

  async handle({ path: { bucket: name, object }, query, headers }, context) {
    const { records, bucket, clock, ids } = context
    requireObjectName(object)
    refuseWhatIsNotOffered(headers)
    const { encode, encodingType } = encoderOf(query)
    if (headers['x-oss-forbid-overwrite'] === 'true' && (await findObject(records, name, object)))
      throw fileAlreadyExists()
    const uploadId = ids.uuid().replaceAll('-', '').toUpperCase()
    const value: UploadRecord = {
      initiatedMs: clock.now(),
      headers: keptHeaders(headers, object),
      ...(await traitsOf(headers, context)),
    }
    try {
      await records.commit([
        { check: bucket.key, expect: bucket.version },
        { put: uploadKey(name, object, uploadId), value, expect: 'absent' },
      ])
    } catch (error) {
      // Only a bucket that is being deleted, or changed in this very moment, is not as it was.
      if (error instanceof VersionConflict) throw noSuchBucket(name)
      throw error
    }
    return xmlReply(
      200,
      'InitiateMultipartUploadResult',
      { EncodingType: encodingType, Bucket: name, Key: encode(object), UploadId: uploadId },
      encryptionHeaders(value.encryption),
    )
  },
})
