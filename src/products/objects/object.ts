/** Buckets and objects as records. An object is a record that names a blob; what no record names is not there. */
import { type RecordStore, type StoredRecord, VersionConflict } from '../../ports/records.ts'
import { fileAlreadyExists, invalidObjectName, noSuchBucket, noSuchKey, tooManyWriters } from './errors.ts'

export interface BucketRecord {
  name: string
  createdMs: number
}

export interface ObjectRecord {
  blobId: string
  sizeBytes: number
  /** Lower-case hex. */
  md5: string
  /** Decimal. */
  crc64: string
  lastModifiedMs: number
  /** What a reader is sent back, by lower-case name: Content-Type, Cache-Control …, and `x-oss-meta-*`, byte for byte. */
  headers: Readonly<Record<string, string>>
}

export const BUCKETS = 'objects/bucket/'
export const bucketKey = (bucket: string): string => `${BUCKETS}${bucket}`
export const objectsOf = (bucket: string): string => `objects/object/${bucket}/`
export const ALL_OBJECTS = 'objects/object/'
export const objectKey = (bucket: string, object: string): string => `${objectsOf(bucket)}${object}`

/** 3 to 63 of a–z, 0–9 and hyphens, no hyphen at either end. */
export const isBucketName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)

/** 1 to 1,023 bytes of UTF-8 that do not begin with a slash or a backslash. */
export function isObjectName(name: string): boolean {
  const sizeBytes = Buffer.byteLength(name)
  return sizeBytes >= 1 && sizeBytes <= 1023 && !/^[/\\]/.test(name)
}

export const etagOf = ({ md5 }: { md5: string }): string => `"${md5.toUpperCase()}"`

export async function requireBucket(records: RecordStore, bucket: string): Promise<void> {
  if (!isBucketName(bucket) || !(await records.get(bucketKey(bucket)))) throw noSuchBucket(bucket)
}

export async function findObject(
  records: RecordStore,
  bucket: string,
  object: string,
): Promise<StoredRecord<ObjectRecord> | undefined> {
  if (!isObjectName(object)) throw invalidObjectName(object)
  return records.get<ObjectRecord>(objectKey(bucket, object))
}

export async function requireObject(
  records: RecordStore,
  bucket: string,
  object: string,
): Promise<ObjectRecord> {
  const found = isBucketName(bucket) && (await findObject(records, bucket, object))
  if (found) return found.value
  await requireBucket(records, bucket)
  throw noSuchKey(object)
}

/** Writers of one object that may be overtaken this often before they are told to come again. */
const OVERTAKEN_MAX = 20

/**
 * Makes `value` what everyone reads, and answers what it replaced. The version read is the version replaced, so that of
 * any number of writers each removes the blob of exactly one other.
 */
export async function replaceObject(
  records: RecordStore,
  { bucket, object }: { bucket: string; object: string },
  value: ObjectRecord,
  { forbidOverwrite }: { forbidOverwrite: boolean },
): Promise<ObjectRecord | undefined> {
  const put = objectKey(bucket, object)
  for (let overtaken = 0; overtaken < OVERTAKEN_MAX; overtaken++) {
    const current = await records.get<ObjectRecord>(put)
    if (current && forbidOverwrite) throw fileAlreadyExists()
    try {
      await records.commit([
        { check: bucketKey(bucket), expect: 'present' },
        { put, value, expect: current?.version ?? 'absent' },
      ])
      return current?.value
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
      if (error.key === bucketKey(bucket)) throw noSuchBucket(bucket)
    }
  }
  throw tooManyWriters()
}

/** Removes the record if it is still of this version; false when somebody else changed it. */
export async function removeObject(records: RecordStore, key: string, version: number): Promise<boolean> {
  try {
    await records.commit([{ remove: key, expect: version }])
    return true
  } catch (error) {
    if (error instanceof VersionConflict) return false
    throw error
  }
}
