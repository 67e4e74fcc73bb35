import { createHash } from 'node:crypto'
import { crc64Combine } from '../../../lib/crc64-combine.ts'
import { type StoredRecord, VersionConflict, type Write } from '../../../ports/records.ts'
import { announcing } from '../announcing.ts'
import { CALLBACK_PARAMETERS, callbackOf, callbackTexts, calledBack } from '../callback.ts'
import { discardContent } from '../content.ts'
import { encryptionHeaders } from '../encryption.ts'
import {
  entityTooSmall,
  fileAlreadyExists,
  invalidArgument,
  invalidPart,
  invalidPartOrder,
  malformedXml,
  noSuchUpload,
} from '../errors.ts'
import { addVersion } from '../history.ts'
import { partsOf } from '../keys.ts'
import { encoderOf } from '../listing.ts'
import { PARTS_MAX, partNumberOf, requireUpload } from '../multipart.ts'
import { etagOf, type ObjectRecord, type PartRecord } from '../object.ts'
import { type BucketContext, bytes, operation, xmlReply } from '../product.ts'
import { versionHeader } from '../reading.ts'
import { childrenOf, document, textOf } from '../xml.ts'

/**
 * No bytes move: the object's bytes are the parts, under the upload's id. The commit expects every part to be as it was
 * read, so that one that is replaced just now cannot get into an object whose checksums it does not have.
 */
export const completeMultipartUpload = operation({
  name: 'CompleteMultipartUpload',
  route: 'POST /{bucket}/{object+}?uploadId',
  action: 'oss:PutObject',
  body: bytes(4 * 1024 * 1024),
  grant: 'write',
  parameters: CALLBACK_PARAMETERS,

  async handle({ path, query, headers, body }, context) {
    const { records, bucket, clock, host, partBytesMin } = context
    const { encode, encodingType } = encoderOf(query)
    const uploadId = query.get('uploadId') ?? ''
    const upload = await requireUpload(records, path, uploadId)
    const callback = callbackOf(callbackTexts(headers, query), context)
    const wanted = wantedOf(body, headers['x-oss-complete-all'])
    const stored = await storedParts(context, uploadId)
    const used = wanted === 'all' ? [...stored.values()] : chosen(wanted, stored, uploadId)
    if (used.length === 0) throw malformedXml('there is no Part')
    for (const { value } of used.slice(0, -1))
      if (value.sizeBytes < partBytesMin) throw entityTooSmall(value.number, value.sizeBytes, partBytesMin)
    const usedNumbers = new Set(used.map(({ value }) => value.number))
    const unused = [...stored.values()].filter(({ value }) => !usedNumbers.has(value.number))
    const { initiatedMs: _, ...described } = upload.value
    const object: ObjectRecord = {
      ...described,
      ...summed(used.map(({ value }) => value)),
      type: 'Multipart',
      partsId: uploadId,
      lastModifiedMs: clock.now(),
    }
    const more: Write[] = [
      { remove: upload.key, expect: upload.version },
      ...used.map(({ key, version }): Write => ({ check: key, expect: version })),
      ...unused.map(({ key, version }): Write => ({ remove: key, expect: version })),
    ]
    const forbidOverwrite = headers['x-oss-forbid-overwrite'] === 'true'
    const variables = callback?.variables
    const { written, removed } = await addVersion(
      announcing(context, 'ObjectCreated:CompleteMultipartUpload', { variables }),
      path,
      (current) => {
        if (current && forbidOverwrite) throw fileAlreadyExists()
        return object
      },
      more,
    ).catch((error: unknown) => {
      if (!(error instanceof VersionConflict)) throw error
      if (error.key === upload.key) throw noSuchUpload(uploadId)
      throw invalidPart(uploadId, Number(error.key.slice(partsOf(uploadId).length)))
    })
    const bytesOfUnused = unused.map(({ value: { blobId } }) => ({ blobId }))
    await discardContent(context, [...removed, ...bytesOfUnused])
    const etag = etagOf(object)
    const answered = {
      etag,
      'x-oss-hash-crc64ecma': object.crc64!,
      ...encryptionHeaders(object.encryption),
      ...versionHeader(written, bucket.value),
    }
    if (callback) {
      const { sizeBytes, crc64 = '' } = object
      const mimeType = object.headers['content-type']!
      const operation = 'CompleteMultipartUpload'
      const uploaded = { operation, ...path, etag, sizeBytes, mimeType, crc64, contentMd5: '' } as const
      return calledBack(context, callback, uploaded, answered)
    }
    return xmlReply(
      200,
      'CompleteMultipartUploadResult',
      {
        EncodingType: encodingType,
        Location: `http://${host}/${path.bucket}/${encodeURI(path.object)}`,
        Bucket: path.bucket,
        Key: encode(path.object),
        ETag: etag,
      },
      answered,
    )
  },
})

type Wanted = { number: number; etag: string }

function wantedOf(body: Buffer, completeAll: string | undefined): 'all' | Wanted[] {
  if (completeAll !== undefined) {
    if (completeAll !== 'yes') throw invalidArgument('x-oss-complete-all', completeAll)
    if (body.length > 0) throw malformedXml('with x-oss-complete-all there is no body')
    return 'all'
  }
  const parts = childrenOf(document(body, 'CompleteMultipartUpload'), 'Part').map((part) => ({
    number: partNumberOf(textOf(part, 'PartNumber') ?? null),
    etag: (textOf(part, 'ETag') ?? '').replaceAll('"', '').toUpperCase(),
  }))
  if (parts.length > PARTS_MAX) throw malformedXml(`there are more than ${PARTS_MAX} Part`)
  for (let at = 1; at < parts.length; at++)
    if (parts[at]!.number <= parts[at - 1]!.number) throw invalidPartOrder()
  return parts
}

/** By number; at most as many as an upload may have. */
async function storedParts(
  { records }: BucketContext,
  uploadId: string,
): Promise<Map<number, StoredRecord<PartRecord>>> {
  const parts = await records.list<PartRecord>({ prefix: partsOf(uploadId), limit: PARTS_MAX })
  return new Map(parts.map((part) => [part.value.number, part]))
}

const chosen = (
  wanted: readonly Wanted[],
  stored: ReadonlyMap<number, StoredRecord<PartRecord>>,
  uploadId: string,
): StoredRecord<PartRecord>[] =>
  wanted.map(({ number, etag }) => {
    const part = stored.get(number)
    if (part?.value.md5.toUpperCase() !== etag) throw invalidPart(uploadId, number)
    return part
  })

function summed(parts: readonly PartRecord[]): { sizeBytes: number; crc64: string; etag: string } {
  const digests = createHash('md5')
  let sizeBytes = 0
  let crc64 = '0'
  for (const part of parts) {
    digests.update(Buffer.from(part.md5, 'hex'))
    sizeBytes += part.sizeBytes
    crc64 = crc64Combine(crc64, part.crc64, part.sizeBytes)
  }
  return { sizeBytes, crc64, etag: `${digests.digest('hex').toUpperCase()}-${parts.length}` }
}
