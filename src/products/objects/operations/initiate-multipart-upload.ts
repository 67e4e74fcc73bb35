import { announce } from '../announcing.ts'
import { encryptionHeaders } from '../encryption.ts'
import { fileAlreadyExists } from '../errors.ts'
import { encoderOf } from '../listing.ts'
import { putUpload, type UploadRecord } from '../multipart.ts'
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
    const { records, clock, ids } = context
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
    const place = { bucket: name, object }
    await putUpload(records, place, uploadId, value, () =>
      announce(context, 'ObjectCreated:InitiateMultipartUpload', place, { sizeBytes: 0, deltaBytes: 0 }),
    )
    return xmlReply(
      200,
      'InitiateMultipartUploadResult',
      { EncodingType: encodingType, Bucket: name, Key: encode(object), UploadId: uploadId },
      encryptionHeaders(value.encryption),
    )
  },
})
