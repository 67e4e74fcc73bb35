/** Buckets as records: what every request needs to know of one. Longer settings are records of their own (`settings.ts`). */
import { type RecordStore, VersionConflict, type Write } from '../../ports/records.ts'
import { noSuchBucket } from './errors.ts'
import type { StorageClass } from './storage-class.ts'

export type BucketAcl = 'private' | 'public-read' | 'public-read-write'

/** Where a bucket's access logs go. */
export interface LoggingSetting {
  targetBucket: string
  /** May be empty. */
  targetPrefix: string
}

export interface BucketRecord {
  name: string
  createdMs: number
  /** Default: private. */
  acl?: BucketAcl
  /** Default: Standard. */
  storageClass?: StorageClass
  /** Default: LRS. */
  redundancy?: 'LRS' | 'ZRS'
  /** Absent as long as nobody has ever asked for versions: then there are none. */
  versioning?: 'Enabled' | 'Suspended'
  /** Who pays for requests. Default: BucketOwner. */
  payer?: 'BucketOwner' | 'Requester'
  /** Absent as long as nobody has ever said. It changes nothing but what is read back. */
  isAccelerated?: boolean
  /** Where its access logs go. Absent: none are written. */
  logging?: LoggingSetting
  /** Its web site has RoutingRules. */
  isRouted?: true
  /** It is being deleted: nothing may be written into it any more. Removed at a start, as the deletion has ended then. */
  closing?: true
}

/** A bucket as it was read; a commit that expects `version` fails when a setting of it was changed since. */
export interface StoredBucket {
  key: string
  value: BucketRecord
  version: number
}

export const BUCKETS = 'objects/bucket/'
export const bucketKey = (bucket: string): string => `${BUCKETS}${bucket}`

/** 3 to 63 of a–z, 0–9 and hyphens, no hyphen at either end. */
export const isBucketName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)

export async function findBucket(records: RecordStore, bucket: string): Promise<StoredBucket | undefined> {
  const found = isBucketName(bucket) ? await records.get<BucketRecord>(bucketKey(bucket)) : undefined
  return found?.value.closing ? undefined : found
}

export async function requireBucket(records: RecordStore, bucket: string): Promise<StoredBucket> {
  const found = await findBucket(records, bucket)
  if (!found) throw noSuchBucket(bucket)
  return found
}

/** Changes of one bucket that may come between before the client is told to come again. */
const OVERTAKEN_MAX = 20

/** Changes settings of a bucket, with `more` in the same commit; `change` is asked again when somebody else was faster. */
export async function changeBucket(
  records: RecordStore,
  bucket: string,
  change: (value: BucketRecord) => BucketRecord,
  more: readonly Write[] = [],
): Promise<void> {
  for (let overtaken = 0; overtaken < OVERTAKEN_MAX; overtaken++) {
    const { key, value, version } = await requireBucket(records, bucket)
    try {
      await records.commit([{ put: key, value: change(value), expect: version }, ...more])
      return
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
    }
  }
  throw new Error(`the bucket '${bucket}' was changed by others ${OVERTAKEN_MAX} times in a row`)
}
