/** Where a copy comes from, and on what conditions. */
import { authorize } from './access.ts'
import { requireBucket } from './bucket.ts'
import { invalidArgument } from './errors.ts'
import { isObjectName, type ObjectRecord } from './object.ts'
import type { BucketContext } from './product.ts'
import { checkConditions, followed, requireVersion } from './reading.ts'
import { requireReadable } from './restore.ts'
import type { Headers } from './writing.ts'

export interface Source {
  bucket: string
  object: string
  versionId: string | undefined
}

/** `/bucket/key`, percent-encoded, or `bucket/key`; `?versionId=` may follow. */
export function sourceOf(headers: Headers): Source {
  const text = headers['x-oss-copy-source'] ?? ''
  const [place = '', query] = text.split('?')
  let decoded: string
  try {
    decoded = decodeURIComponent(place)
  } catch {
    throw invalidArgument('x-oss-copy-source', text)
  }
  const match = /^\/?([^/]+)\/(.+)$/s.exec(decoded)
  if (!match || !isObjectName(match[2]!)) throw invalidArgument('x-oss-copy-source', text)
  const versionId = query === undefined ? undefined : /^versionId=([^&]+)$/.exec(query)?.[1]
  if (query !== undefined && versionId === undefined) throw invalidArgument('x-oss-copy-source', text)
  return { bucket: match[1]!, object: match[2]!, versionId }
}

/** What is copied: read with the rights of whoever asks for the copy. Of a symlink, what it leads to. */
export async function requireSource(
  context: BucketContext,
  { bucket: name, object, versionId }: Source,
): Promise<ObjectRecord> {
  const { records, clock } = context
  const bucket = await requireBucket(records, name)
  const query = new URLSearchParams(versionId === undefined ? {} : { versionId })
  const there = { ...context, bucket, query }
  await authorize(there, { action: 'oss:GetObject', grant: 'read', object })
  const version = await requireVersion(records, bucket.value, object, versionId ?? null)
  const target = await followed(there, version)
  requireReadable(target ?? version, clock.now())
  if (!target) return version
  const { blobId, partsId, ...rest } = version
  const { sizeBytes, md5, etag, crc64 } = target
  return {
    ...rest,
    ...(target.blobId === undefined ? {} : { blobId: target.blobId }),
    ...(target.partsId === undefined ? {} : { partsId: target.partsId }),
    sizeBytes,
    ...(md5 === undefined ? {} : { md5 }),
    ...(etag === undefined ? {} : { etag }),
    ...(crc64 === undefined ? {} : { crc64 }),
  }
}

/** The conditions are those of readers, under another name. */
export function conditionsOfCopy(headers: Headers, source: ObjectRecord): void {
  checkConditions(
    {
      'if-match': headers['x-oss-copy-source-if-match'],
      'if-none-match': headers['x-oss-copy-source-if-none-match'],
      'if-modified-since': headers['x-oss-copy-source-if-modified-since'],
      'if-unmodified-since': headers['x-oss-copy-source-if-unmodified-since'],
    },
    source,
  )
}
