import { type BlobInfo, BlobTooLarge } from '../../../ports/blobs.ts'
import { entityTooLarge, incompleteBody, invalidObjectName } from '../errors.ts'
import { etagOf, isObjectName, type ObjectRecord, replaceObject, requireBucket } from '../object.ts'
import { operation, stream } from '../product.ts'
import {
  checkDigestForm,
  checkDigests,
  checkLength,
  keptHeaders,
  refuseWhatIsNotOffered,
} from '../writing.ts'

/**
 * Bytes first, record last: until the commit the old object is what everyone reads, and a crash in between leaves a blob
 * without a record, which the sweeper removes. The replaced blob goes once nobody can be sent to it any more.
 */
export const putObject = operation({
  name: 'PutObject',
  route: 'PUT /{bucket}/{object+}',
  body: stream,

  async handle(
    { path: { bucket, object }, headers, body },
    { records, blobs, clock, signal, sizeBytesMax, log },
  ) {
    if (!isObjectName(object)) throw invalidObjectName(object)
    refuseWhatIsNotOffered(headers)
    checkLength(headers, sizeBytesMax)
    checkDigestForm(headers)
    const kept = keptHeaders(headers)
    await requireBucket(records, bucket)

    let blob: BlobInfo
    try {
      // Not `body` itself: giving up on it would hang up on the client before it hears why.
      blob = await blobs.write(body.iterator({ destroyOnReturn: false }), { signal, sizeBytesMax })
    } catch (error) {
      if (error instanceof BlobTooLarge) throw entityTooLarge(sizeBytesMax)
      if (!body.complete) throw incompleteBody()
      throw error
    }
    let replaced: ObjectRecord | undefined
    const { blobId, sizeBytes, md5, crc64 } = blob
    const stored: ObjectRecord = { blobId, sizeBytes, md5, crc64, lastModifiedMs: clock.now(), headers: kept }
    try {
      checkDigests(headers, blob)
      const forbidOverwrite = headers['x-oss-forbid-overwrite'] === 'true'
      replaced = await replaceObject(records, { bucket, object }, stored, { forbidOverwrite })
    } catch (error) {
      await blobs.remove(blobId)
      throw error
    }
    if (replaced) {
      await blobs
        .remove(replaced.blobId)
        .catch((error: unknown) =>
          log.warn({ err: error, bucket, object }, 'a replaced blob is left to the sweeper'),
        )
    }
    return {
      status: 200,
      headers: {
        etag: etagOf(stored),
        'content-md5': Buffer.from(md5, 'hex').toString('base64'),
        'x-oss-hash-crc64ecma': crc64,
      },
    }
  },
})
