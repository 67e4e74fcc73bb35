/** Code uploads: where they go, who may put them there, how they are fetched, and when they are forgotten. */
import type { Readable } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import { type BlobStore, NoSuchBlob } from '../../ports/blobs.ts'
import { type RecordStore, VersionConflict } from '../../ports/records.ts'
import type { Allowance } from '../../wire/signatures/secret-lookup.ts'
import {
  ALL_OBJECTS,
  type BucketRecord,
  bucketKey,
  isBucketName,
  isObjectName,
  type ObjectRecord,
  objectKey,
  objectsOf,
  removeObject,
} from './object.ts'

/** The bucket that the vendor's tools are told to upload code to. Everything in it is temporary. */
export const UPLOAD_BUCKET = 'fc-code'

/** How long a client may take from asking to having uploaded. */
const GRANT_MS = 60 * 60_000

/** Records or blobs looked at in one go. */
const PAGE = 200

export async function ensureUploadBucket({
  records,
  clock,
}: {
  records: RecordStore
  clock: Clock
}): Promise<void> {
  const value: BucketRecord = { name: UPLOAD_BUCKET, createdMs: clock.now() }
  await records
    .commit([{ put: bucketKey(UPLOAD_BUCKET), value, expect: 'absent' }])
    .catch((error: unknown) => {
      if (!(error instanceof VersionConflict)) throw error
    })
}

export interface UploadGrantsOptions {
  issue(options: { allows: Extract<Allowance, { to: 'putObjects' }>; durationMs: number }): {
    accessKeyId: string
    accessKeySecret: string
    securityToken: string
    expiresAtMs: number
  }
  ids: IdSource
  region: string
}

/**
 * Credentials for one upload of a code package. The vendor's tools put it under `{accountId}/{objectName}`, or under
 * `{accountId}/{folder}/{objectName}` where there is a folder.
 */
export function uploadGrants({ issue, ids, region }: UploadGrantsOptions) {
  return {
    async issue(accountId: string, folder?: string) {
      const objectName = `tmp/${ids.uuid()}.zip`
      const owner = folder === undefined ? accountId : `${accountId}/${folder}`
      const { expiresAtMs, ...credentials } = issue({
        allows: { to: 'putObjects', bucket: UPLOAD_BUCKET, objectPrefix: `${owner}/${objectName}` },
        durationMs: GRANT_MS,
      })
      return {
        ...credentials,
        expiration: new Date(expiresAtMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
        ossRegion: `oss-${region}`,
        ossBucket: UPLOAD_BUCKET,
        objectName,
      }
    },
  }
}

export interface UploadedObjectsOptions {
  records: RecordStore
  blobs: BlobStore
  accountId: string
}

/** Objects as another product reads them: a function's code. */
export function uploadedObjects({ records, blobs, accountId: owner }: UploadedObjectsOptions) {
  return {
    /** Undefined when there is no such object, or the account may not read it. */
    async open(accountId: string, bucket: string, object: string): Promise<Readable | undefined> {
      if (accountId !== owner || !isBucketName(bucket) || !isObjectName(object)) return undefined
      const found = await records.get<ObjectRecord>(objectKey(bucket, object))
      if (!found) return undefined
      try {
        return await blobs.read(found.value.blobId)
      } catch (error) {
        // Replaced or expired in between.
        if (error instanceof NoSuchBlob) return undefined
        throw error
      }
    },
  }
}

export interface ExpireUploadsOptions {
  records: RecordStore
  blobs: BlobStore
  clock: Clock
  olderThanMs: number
}

/** Removes uploads that nobody needs any more, as their code is kept elsewhere by then. Answers how many. */
export async function expireUploads({
  records,
  blobs,
  clock,
  olderThanMs,
}: ExpireUploadsOptions): Promise<number> {
  const before = clock.now() - olderThanMs
  let expired = 0
  let after: string | undefined
  for (;;) {
    const page = await records.list<ObjectRecord>({
      prefix: objectsOf(UPLOAD_BUCKET),
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    })
    for (const { key, value, version } of page) {
      if (value.lastModifiedMs >= before || !(await removeObject(records, key, version))) continue
      await blobs.remove(value.blobId)
      expired += 1
    }
    if (page.length < PAGE) return expired
    after = page.at(-1)!.key
  }
}

/** The blobs that objects name: all others of a store that only objects use are orphans. */
export async function* namedBlobs(records: RecordStore): AsyncGenerator<string> {
  let after: string | undefined
  for (;;) {
    const page = await records.list<ObjectRecord>({
      prefix: ALL_OBJECTS,
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    })
    for (const { value } of page) yield value.blobId
    if (page.length < PAGE) return
    after = page.at(-1)!.key
  }
}

/**
 * Removes every blob that none of `named` yields: what a crash left between bytes and record. Only before the platform
 * serves: a blob that is being written has no record yet. Answers how many.
 */
export async function sweepOrphans(
  blobs: BlobStore,
  named: readonly AsyncIterable<string>[],
): Promise<number> {
  const wanted = new Set<string>()
  for (const ids of named) for await (const id of ids) wanted.add(id)
  let swept = 0
  for await (const blobId of blobs.list()) {
    if (wanted.has(blobId)) continue
    await blobs.remove(blobId)
    swept += 1
  }
  return swept
}
