/** A processed image as an object of its own. */
import { Readable } from 'node:stream'
import { jsonReply } from '../../../wire/operation.ts'
import { authorize } from '../access.ts'
import { announcing } from '../announcing.ts'
import { requireBucket } from '../bucket.ts'
import { discardContent } from '../content.ts'
import { accessDenied } from '../errors.ts'
import { addVersion } from '../history.ts'
import { requireObjectName } from '../object.ts'
import type { BucketContext, Reply } from '../product.ts'
import { naming, traitsOf } from '../writing.ts'
import type { ProcessText } from './process-text.ts'
import { processImage } from './processed.ts'

/** The same right as for putting it; its own traits are those of its bucket. */
export async function saveProcessed(
  context: BucketContext,
  source: string,
  { wanted, saveAs }: ProcessText & { saveAs: NonNullable<ProcessText['saveAs']> },
): Promise<Reply> {
  const { records, blobs, clock, caller, signal, sizeBytesMax } = context
  if (caller.is === 'anyone') throw accessDenied('Keeping a processed image is for those that sign.')
  const { object, bucket: bucketName = context.bucket.value.name } = saveAs
  requireObjectName(object)
  const bucket = await requireBucket(records, bucketName)
  const there: BucketContext = { ...context, bucket, query: new URLSearchParams() }
  await authorize(there, { action: 'oss:PutObject', grant: 'write', object })
  const { contentType, bytes } = await processImage(context, source, wanted)
  const traits = await traitsOf({}, there)
  const { blobId, sizeBytes, md5, crc64 } = await blobs.write(Readable.from([bytes]), {
    signal,
    sizeBytesMax,
  })
  const { removed } = await naming(blobs, blobId, () =>
    addVersion(announcing(there, 'ObjectCreated:PutObject'), { bucket: bucketName, object }, () => ({
      blobId,
      sizeBytes,
      md5,
      crc64,
      lastModifiedMs: clock.now(),
      headers: { 'content-type': contentType },
      ...traits,
    })),
  )
  await discardContent(context, removed)
  return jsonReply(200, { bucket: bucketName, fileSize: sizeBytes, object, status: 'OK' })
}
