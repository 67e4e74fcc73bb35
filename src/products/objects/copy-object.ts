import type { IncomingMessage } from 'node:http'
import { announcing } from './announcing.ts'
import { discardContent, openContent } from './content.ts'
import { conditionsOfCopy, requireSource, sourceOf } from './copying.ts'
import { encryptionHeaders } from './encryption.ts'
import { entityTooLarge, fileAlreadyExists, invalidArgument, noSuchKey } from './errors.ts'
import { addVersion, changeVersion } from './history.ts'
import { etagOf, type ObjectRecord, requireObjectName } from './object.ts'
import { type BucketContext, type Reply, xmlReply } from './product.ts'
import { versionHeader } from './reading.ts'
import { isoTime } from './times.ts'
import { paced, trafficLimitOf } from './traffic.ts'
import { type Headers, keptHeaders, naming, refuseWhatIsNotOffered, traitsOf } from './writing.ts'

/**
 * CopyObject: a PutObject whose bytes are those of another object. They are copied, so that each object has its own; a copy
 * of an object onto itself, which is how clients change metadata, copies nothing.
 */
export async function copyObject(
  {
    path,
    headers,
    body,
  }: { path: { bucket: string; object: string }; headers: Headers; body: IncomingMessage },
  context: BucketContext,
): Promise<Reply> {
  const { blobs, clock, bucket, signal, sizeBytesMax } = context
  requireObjectName(path.object)
  refuseWhatIsNotOffered(headers)
  const bytesPerSecond = trafficLimitOf(headers, context.query)
  body.resume()
  const place = sourceOf(headers)
  const source = await requireSource(context, place)
  conditionsOfCopy(headers, source)
  if (source.sizeBytes > sizeBytesMax) throw entityTooLarge(sizeBytesMax)
  const replaces = directiveOf(headers, 'x-oss-metadata-directive', 'COPY', 'REPLACE')
  const replacesTags = directiveOf(headers, 'x-oss-tagging-directive', 'Copy', 'Replace')
  const traits = await traitsOf(headers, context)
  const described: Pick<ObjectRecord, 'lastModifiedMs' | 'headers' | 'tags'> = {
    lastModifiedMs: clock.now(),
    headers: replaces ? keptHeaders(headers, path.object) : source.headers,
    ...(replacesTags || source.tags === undefined ? {} : { tags: source.tags }),
  }
  const { tags, ...otherTraits } = traits
  const kept = { ...described, ...otherTraits, ...(replacesTags && tags ? { tags } : {}) }
  const forbidOverwrite = headers['x-oss-forbid-overwrite'] === 'true'
  const isItself =
    place.bucket === path.bucket && place.object === path.object && place.versionId === undefined

  let written: ObjectRecord | undefined
  if (isItself && bucket.value.versioning === undefined) {
    if (forbidOverwrite) throw fileAlreadyExists()
    const change = await changeVersion(
      announcing(context, 'ObjectModified:UpdateObjectMeta'),
      path,
      undefined,
      ({ type, blobId, partsId, sizeBytes, md5, etag, crc64, symlinkTarget, nextPart }) =>
        definedOnly({ type, blobId, partsId, sizeBytes, md5, etag, crc64, symlinkTarget, nextPart, ...kept }),
      () => noSuchKey(path.object),
    )
    written = change.written
  } else {
    const bytes = await openContent(context, source)
    const { blobId, sizeBytes, md5, crc64 } = await blobs.write(
      paced(bytes, { bytesPerSecond, clock, signal }),
      {
        signal,
        sizeBytesMax,
      },
    )
    const change = await naming(blobs, blobId, () =>
      addVersion(announcing(context, 'ObjectCreated:CopyObject'), path, (current) => {
        if (current && forbidOverwrite) throw fileAlreadyExists()
        return { blobId, sizeBytes, md5, crc64, ...kept }
      }),
    )
    written = change.written
    await discardContent(context, change.removed)
  }
  return xmlReply(
    200,
    'CopyObjectResult',
    { ETag: etagOf(written!), LastModified: isoTime(written!.lastModifiedMs) },
    {
      etag: etagOf(written!),
      ...(written!.crc64 === undefined ? {} : { 'x-oss-hash-crc64ecma': written!.crc64 }),
      ...(source.versionId === undefined ? {} : { 'x-oss-copy-source-version-id': source.versionId }),
      ...encryptionHeaders(written!.encryption),
      ...versionHeader(written, bucket.value),
    },
  )
}

/** True where the header asks for the second; clients write it in any case. */
function directiveOf(headers: Headers, name: string, first: string, second: string): boolean {
  const text = headers[name]?.toLowerCase()
  if (text === undefined || text === first.toLowerCase()) return false
  if (text !== second.toLowerCase()) throw invalidArgument(name, headers[name]!)
  return true
}

/** JSON leaves out what is undefined; so does the type. */
const definedOnly = (record: { [Key in keyof ObjectRecord]?: ObjectRecord[Key] | undefined }): ObjectRecord =>
  Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as unknown as ObjectRecord
