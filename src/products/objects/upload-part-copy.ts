import type { IncomingMessage } from 'node:http'
import { announcePart } from './announcing.ts'
import { discardContent, openContent } from './content.ts'
import { conditionsOfCopy, requireSource, sourceOf } from './copying.ts'
import { entityTooLarge, invalidArgument } from './errors.ts'
import { partNumberOf, putPart, requireUpload } from './multipart.ts'
import { etagOf, type PartRecord } from './object.ts'
import { type BucketContext, type Reply, xmlReply } from './product.ts'
import { isoTime } from './times.ts'
import { paced, trafficLimitOf } from './traffic.ts'
import { type Headers, naming } from './writing.ts'

/** UploadPartCopy: an UploadPart whose bytes are those of another object, or a range of them. */
export async function uploadPartCopy(
  {
    path,
    query,
    headers,
    body,
  }: {
    path: { bucket: string; object: string }
    query: URLSearchParams
    headers: Headers
    body: IncomingMessage
  },
  context: BucketContext,
): Promise<Reply> {
  const { records, blobs, clock, signal, sizeBytesMax } = context
  const bytesPerSecond = trafficLimitOf(headers, query)
  body.resume()
  const number = partNumberOf(query.get('partNumber'))
  const uploadId = query.get('uploadId') ?? ''
  const upload = await requireUpload(records, path, uploadId)
  const source = await requireSource(context, sourceOf(headers))
  conditionsOfCopy(headers, source)
  const span = spanOf(headers['x-oss-copy-source-range'], source.sizeBytes)
  if (span.end - span.start > sizeBytesMax) throw entityTooLarge(sizeBytesMax)
  const bytes = await openContent(context, source, span)
  const { blobId, sizeBytes, md5, crc64 } = await blobs.write(
    paced(bytes, { bytesPerSecond, clock, signal }),
    { signal },
  )
  const part: PartRecord = { number, blobId, sizeBytes, md5, crc64, lastModifiedMs: clock.now() }
  const replaced = await naming(blobs, blobId, () =>
    putPart(
      records,
      upload,
      uploadId,
      part,
      announcePart(context, 'ObjectCreated:UploadPartCopy', path, part),
    ),
  )
  if (replaced) await discardContent(context, [{ blobId: replaced.blobId }])
  return xmlReply(
    200,
    'CopyPartResult',
    { LastModified: isoTime(part.lastModifiedMs), ETag: etagOf({ md5 }) },
    { etag: etagOf({ md5 }), 'x-oss-hash-crc64ecma': crc64 },
  )
}

/** `bytes=0-99`, both ends included; what is no range is all of it, as in a GetObject. */
function spanOf(text: string | undefined, sizeBytes: number): { start: number; end: number } {
  const match = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(text ?? '')
  if (!match) return { start: 0, end: sizeBytes }
  const start = Number(match[1])
  const end = match[2] === undefined ? sizeBytes : Number(match[2]) + 1
  if (start >= end || end > sizeBytes) throw invalidArgument('x-oss-copy-source-range', text!)
  return { start, end }
}
