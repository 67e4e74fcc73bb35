import { announcePart } from '../announcing.ts'
import { discardContent } from '../content.ts'
import { partNumberOf, putPart, requireUpload } from '../multipart.ts'
import { etagOf, type PartRecord } from '../object.ts'
import { operation, stream } from '../product.ts'
import { TRAFFIC_PARAMETER } from '../traffic.ts'
import { uploadPartCopy } from '../upload-part-copy.ts'
import { checkHead, naming, receive, refuseWhatIsNotOffered } from '../writing.ts'

export const uploadPart = operation({
  name: 'UploadPart',
  route: 'PUT /{bucket}/{object+}?partNumber&uploadId',
  action: 'oss:PutObject',
  body: stream,
  grant: 'write',
  parameters: [TRAFFIC_PARAMETER],

  async handle(request, context) {
    const { path, query, headers, body } = request
    if (headers['x-oss-copy-source'] !== undefined) return uploadPartCopy(request, context)
    const { records, blobs, clock, sizeBytesMax } = context
    refuseWhatIsNotOffered(headers)
    checkHead(headers, sizeBytesMax)
    const number = partNumberOf(query.get('partNumber'))
    const uploadId = query.get('uploadId') ?? ''
    const upload = await requireUpload(records, path, uploadId)
    const { blobId, sizeBytes, md5, crc64 } = await receive(body, headers, context, query)
    const part: PartRecord = { number, blobId, sizeBytes, md5, crc64, lastModifiedMs: clock.now() }
    const replaced = await naming(blobs, blobId, () =>
      putPart(records, upload, uploadId, part, announcePart(context, 'ObjectCreated:UploadPart', path, part)),
    )
    if (replaced) await discardContent(context, [{ blobId: replaced.blobId }])
    return {
      status: 200,
      headers: {
        etag: etagOf({ md5 }),
        'content-md5': Buffer.from(md5, 'hex').toString('base64'),
        'x-oss-hash-crc64ecma': crc64,
      },
    }
  },
})
