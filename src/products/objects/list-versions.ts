/** All versions of a bucket's keys, in the order of the keys and, within one, newest first. */
import { compareKeys } from '../../ports/keys.ts'
import type { RecordStore, StoredRecord } from '../../ports/records.ts'
import { findVersion } from './history.ts'
import {
  objectKey,
  objectsOf,
  pastPrefix,
  splitKey,
  versionKey,
  versionsOf,
  versionsOfKey,
  versionsPrefix,
} from './keys.ts'
import { type Cursor, type Listing, listKeys, recordCursor } from './listing.ts'
import type { ObjectRecord } from './object.ts'

export interface ListedVersion {
  key: string
  object: ObjectRecord
  isLatest: boolean
}

export interface VersionsAsked {
  prefix: string
  delimiter: string
  limit: number
  keyMarker: string
  /** Empty: all versions of the marker's key are behind us. */
  versionIdMarker: string
}

export async function listVersionsOf(
  records: RecordStore,
  bucket: string,
  asked: VersionsAsked,
): Promise<Listing<ListedVersion>> {
  const cursor = merged(records, bucket, asked, await olderFrom(records, bucket, asked))
  return listKeys(cursor, { ...asked, after: asked.versionIdMarker === '' ? asked.keyMarker : '' })
}

/** The record key behind which the older versions begin. */
async function olderFrom(
  records: RecordStore,
  bucket: string,
  { keyMarker, versionIdMarker }: VersionsAsked,
): Promise<string | undefined> {
  if (keyMarker === '') return undefined
  const ofKey = versionsOfKey(bucket, keyMarker)
  const behindKey = `${ofKey}\u{10ffff}`
  if (versionIdMarker === '') return behindKey
  const found = await findVersion(records, { bucket, object: keyMarker }, versionIdMarker)
  if (!found) return behindKey
  // The newest has its place before all older ones of its key.
  return found.key === objectKey(bucket, keyMarker)
    ? ofKey
    : versionKey(bucket, keyMarker, found.value.sequence ?? 0)
}

/** The newest versions and the older ones are two ranges of records; both are in order of keys. */
function merged(
  records: RecordStore,
  bucket: string,
  { prefix, limit, keyMarker }: VersionsAsked,
  olderAfter: string | undefined,
): Cursor<ListedVersion> {
  const base = objectsOf(bucket)
  const newest = recordCursor<ObjectRecord, ListedVersion>(records, {
    base,
    prefix,
    after: keyMarker === '' ? undefined : base + keyMarker,
    limit,
    itemOf: ({ key, value }) => ({ key: key.slice(base.length), object: value, isLatest: true }),
  })
  const olderBase = versionsOf(bucket)
  const older = recordCursor<ObjectRecord, ListedVersion>(records, {
    base: olderBase,
    prefix: versionsPrefix(bucket, prefix).slice(olderBase.length),
    after: olderAfter,
    limit,
    itemOf: ({ key, value }: StoredRecord<ObjectRecord>) => ({
      key: splitKey(key, olderBase).key,
      object: value,
      isLatest: false,
    }),
    pastOf: (past) => pastPrefix(versionsPrefix(bucket, past)),
  })
  /** A key of which something newer than the next older version was seen. */
  let seenKey = olderAfter === undefined ? undefined : keyMarker
  let next: Cursor<ListedVersion> = newest
  let shown: ListedVersion | undefined
  return {
    async peek() {
      const a = await newest.peek()
      const b = await older.peek()
      next = a !== undefined && (b === undefined || compareKeys(a.key, b.key) <= 0) ? newest : older
      shown = next === newest ? a : b
      const item = shown
      return item && { ...item, isLatest: item.isLatest || item.key !== seenKey }
    },
    advance() {
      seenKey = shown?.key
      next.advance()
    },
    skip(past) {
      newest.skip(past)
      older.skip(past)
    },
  }
}
