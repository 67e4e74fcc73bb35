import { partKey, partsOf } from '../keys.ts'
import { encoderOf } from '../listing.ts'
import { PARTS_MAX, requireUpload } from '../multipart.ts'
import { etagOf, type PartRecord } from '../object.ts'
import { numberOf } from '../parameters.ts'
import { none, operation, xmlReply } from '../product.ts'
import { isoTime } from '../times.ts'

export const listParts = operation({
  name: 'ListParts',
  route: 'GET /{bucket}/{object+}?uploadId',
  body: none,

  async handle({ path, query }, { records }) {
    const uploadId = query.get('uploadId') ?? ''
    const upload = await requireUpload(records, path, uploadId)
    const maxParts = numberOf(query, 'max-parts', { min: 1, max: 1000, otherwise: 1000 })
    const marker = numberOf(query, 'part-number-marker', { min: 0, max: PARTS_MAX, otherwise: 0 })
    const { encode, encodingType } = encoderOf(query)
    const listed = await records.list<PartRecord>({
      prefix: partsOf(uploadId),
      after: partKey(uploadId, marker),
      limit: maxParts + 1,
    })
    const parts = listed.slice(0, maxParts).map(({ value }) => value)
    return xmlReply(200, 'ListPartsResult', {
      EncodingType: encodingType,
      Bucket: path.bucket,
      Key: encode(path.object),
      UploadId: uploadId,
      StorageClass: upload.value.storageClass ?? 'Standard',
      PartNumberMarker: marker,
      NextPartNumberMarker: parts.at(-1)?.number ?? 0,
      MaxParts: maxParts,
      IsTruncated: String(listed.length > maxParts),
      Part: parts.map((part) => ({
        PartNumber: part.number,
        LastModified: isoTime(part.lastModifiedMs),
        ETag: etagOf(part),
        HashCrc64ecma: part.crc64,
        Size: part.sizeBytes,
      })),
    })
  },
})
