import { announcing } from '../announcing.ts'
import { CALLBACK_PARAMETERS, callbackOf, callbackTexts, calledBack } from '../callback.ts'
import { discardContent } from '../content.ts'
import { copyObject } from '../copy-object.ts'
import { encryptionHeaders } from '../encryption.ts'
import { fileAlreadyExists } from '../errors.ts'
import { addVersion } from '../history.ts'
import { etagOf, requireObjectName } from '../object.ts'
import { operation, stream } from '../product.ts'
import { versionHeader } from '../reading.ts'
import { TRAFFIC_PARAMETER } from '../traffic.ts'
import { checkHead, keptHeaders, naming, receive, refuseWhatIsNotOffered, traitsOf } from '../writing.ts'

/**
 * Bytes first, record last: until the commit the old object is what everyone reads, and a crash in between leaves a blob
 * without a record, which the sweeper removes. The replaced blob goes once nobody can be sent to it any more.
 */
export const putObject = operation({
  name: 'PutObject',
  route: 'PUT /{bucket}/{object+}',
  body: stream,
  grant: 'write',
  parameters: [...CALLBACK_PARAMETERS, TRAFFIC_PARAMETER],

  async handle(request, context) {
    const { path, headers, body } = request
    // A copy has the same method and path; a header says that it is one.
    if (headers['x-oss-copy-source'] !== undefined) return copyObject(request, context)
    const { blobs, clock, bucket, sizeBytesMax } = context
    requireObjectName(path.object)
    refuseWhatIsNotOffered(headers)
    checkHead(headers, sizeBytesMax)
    const callback = callbackOf(callbackTexts(headers, context.query), context)
    const variables = callback?.variables
    const kept = keptHeaders(headers, path.object)
    const traits = await traitsOf(headers, context)
    const { blobId, sizeBytes, md5, crc64 } = await receive(body, headers, context, context.query)
    const forbidOverwrite = headers['x-oss-forbid-overwrite'] === 'true'
    const { written, removed } = await naming(blobs, blobId, () =>
      addVersion(announcing(context, 'ObjectCreated:PutObject', { variables }), path, (current) => {
        if (current && forbidOverwrite) throw fileAlreadyExists()
        return { blobId, sizeBytes, md5, crc64, lastModifiedMs: clock.now(), headers: kept, ...traits }
      }),
    )
    await discardContent(context, removed)
    const etag = etagOf({ md5 })
    const contentMd5 = Buffer.from(md5, 'hex').toString('base64')
    const answered = {
      etag,
      'content-md5': contentMd5,
      'x-oss-hash-crc64ecma': crc64,
      ...encryptionHeaders(traits.encryption),
      ...versionHeader(written, bucket.value),
    }
    if (!callback) return { status: 200, headers: answered }
    const mimeType = kept['content-type']!
    const uploaded = {
      operation: 'PutObject',
      ...path,
      etag,
      sizeBytes,
      mimeType,
      crc64,
      contentMd5,
    } as const
    return calledBack(context, callback, uploaded, answered)
  },
})
