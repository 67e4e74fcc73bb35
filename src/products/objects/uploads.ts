/** Code uploads: where they go, who may put them there, how they are fetched, and when they are forgotten. */
import type { Readable } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import { type BlobStore, NoSuchBlob } from '../../ports/blobs.ts'
import { type RecordStore, VersionConflict } from '../../ports/records.ts'
import type { Allowance } from '../../wire/signatures/secret-lookup.ts'
import { BUCKETS, type BucketRecord, bucketKey, isBucketName } from './bucket.ts'
import { type ContentStore, discardContent, openContent, pagesOf } from './content.ts'
import { type HistoryStore, hideObject } from './history.ts'
import { objectKey, objectsOf } from './keys.ts'
import { isObjectName, type ObjectRecord } from './object.ts'

/** The bucket that the vendor's tools are told to upload code to. Everything in it is temporary. */
export const UPLOAD_BUCKET = 'fc-code'

/** How long a client may take from asking to having uploaded. */
const GRANT_MS = 60 * 60_000

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

/** A deletion that our end cut off is over: its bucket is as it was. */
export async function reopenBuckets(records: RecordStore): Promise<void> {
  for await (const page of pagesOf<BucketRecord>(records, BUCKETS)) {
    for (const { key, value, version } of page) {
      const { closing, ...open } = value
      if (closing) await records.commit([{ put: key, value: open, expect: version }])
    }
  }
}

export interface UploadedObjectsOptions extends ContentStore {
  accountId: string
}

/** Objects as another product reads them: a function's code. */
export function uploadedObjects({ accountId: owner, ...store }: UploadedObjectsOptions) {
  return {
    /** Undefined when there is no such object, or the account may not read it. */
    async open(accountId: string, bucket: string, object: string): Promise<Readable | undefined> {
      if (accountId !== owner || !isBucketName(bucket) || !isObjectName(object)) return undefined
      const found = await store.records.get<ObjectRecord>(objectKey(bucket, object))
      if (!found) return undefined
      try {
        return await openContent(store, found.value)
      } catch (error) {
        // Replaced or expired in between.
        if (error instanceof NoSuchBlob) return undefined
        throw error
      }
    },
  }
}

export interface ExpireUploadsOptions extends ContentStore, HistoryStore {
  clock: Clock
  olderThanMs: number
}

/** Removes uploads that nobody needs any more, as their code is kept elsewhere by then. Answers how many. */
export async function expireUploads({ clock, olderThanMs, ...store }: ExpireUploadsOptions): Promise<number> {
  const before = clock.now() - olderThanMs
  const isOld = ({ lastModifiedMs }: ObjectRecord): boolean => lastModifiedMs < before
  const base = objectsOf(UPLOAD_BUCKET)
  let expired = 0
  for await (const page of pagesOf<ObjectRecord>(store.records, base)) {
    for (const { key, value } of page) {
      if (!isOld(value)) continue
      const place = { bucket: UPLOAD_BUCKET, object: key.slice(base.length) }
      const { removed } = await hideObject(store, place, clock.now(), isOld)
      await discardContent(store, removed)
      expired += removed.length
    }
  }
  return expired
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
