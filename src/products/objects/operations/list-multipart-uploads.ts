import { pastPrefix, splitKey, uploadKey, uploadsOf, uploadsPrefix } from '../keys.ts'
import { encoderOf, listKeys, recordCursor, textParameter } from '../listing.ts'
import type { UploadRecord } from '../multipart.ts'
import { numberOf } from '../parameters.ts'
import { none, operation, xmlReply } from '../product.ts'
import { isoTime } from '../times.ts'

export const listMultipartUploads = operation({
  name: 'ListMultipartUploads',
  route: 'GET /{bucket}?uploads',
  body: none,

  async handle({ path: { bucket }, query }, { records }) {
    const prefix = textParameter(query, 'prefix')
    const delimiter = textParameter(query, 'delimiter')
    const keyMarker = textParameter(query, 'key-marker')
    // It counts only together with a key, as the vendor has it.
    const uploadIdMarker = keyMarker === '' ? '' : textParameter(query, 'upload-id-marker')
    const limit = numberOf(query, 'max-uploads', { min: 1, max: 1000, otherwise: 1000 })
    const { encode, encodingType } = encoderOf(query)
    const base = uploadsOf(bucket)
    const cursor = recordCursor<UploadRecord, { key: string; uploadId: string; upload: UploadRecord }>(
      records,
      {
        base,
        prefix: uploadsPrefix(bucket, prefix).slice(base.length),
        after:
          keyMarker === ''
            ? undefined
            : uploadKey(bucket, keyMarker, uploadIdMarker === '' ? '\u{10ffff}' : uploadIdMarker),
        limit,
        itemOf({ key: recordKey, value }) {
          const { key, rest } = splitKey(recordKey, base)
          return { key, uploadId: rest, upload: value }
        },
        pastOf: (past) => pastPrefix(uploadsPrefix(bucket, past)),
      },
    )
    const { items, commonPrefixes, isTruncated, last } = await listKeys(cursor, {
      prefix,
      delimiter,
      limit,
      after: uploadIdMarker === '' ? keyMarker : '',
    })
    const next = {
      key: last === undefined ? '' : 'item' in last ? last.item.key : last.commonPrefix,
      uploadId: last !== undefined && 'item' in last ? last.item.uploadId : '',
    }
    return xmlReply(200, 'ListMultipartUploadsResult', {
      EncodingType: encodingType,
      Bucket: bucket,
      KeyMarker: encode(keyMarker),
      UploadIdMarker: uploadIdMarker,
      NextKeyMarker: isTruncated ? encode(next.key) : '',
      NextUploadIdMarker: isTruncated ? next.uploadId : '',
      Delimiter: encode(delimiter),
      Prefix: encode(prefix),
      MaxUploads: limit,
      IsTruncated: String(isTruncated),
      Upload: items.map(({ key, uploadId, upload }) => ({
        Key: encode(key),
        UploadId: uploadId,
        StorageClass: upload.storageClass ?? 'Standard',
        Initiated: isoTime(upload.initiatedMs),
      })),
      CommonPrefixes: commonPrefixes.map((commonPrefix) => ({ Prefix: encode(commonPrefix) })),
    })
  },
})
