/** Uploads in parts: begun, then parts in any order, then completed into an object, or aborted. */
import type { Announcement } from '../../ports/announcements.ts'
import { type RecordStore, type StoredRecord, VersionConflict } from '../../ports/records.ts'
import { commitAnnounced } from './announcing.ts'
import { requireBucket } from './bucket.ts'
import { invalidArgument, noSuchUpload } from './errors.ts'
import type { Place } from './history.ts'
import { partKey, uploadKey } from './keys.ts'
import { isObjectName, type ObjectRecord, type PartRecord } from './object.ts'

export interface UploadRecord
  extends Pick<ObjectRecord, 'headers' | 'acl' | 'storageClass' | 'tags' | 'encryption'> {
  initiatedMs: number
}

export const PARTS_MAX = 10_000

export async function requireUpload(
  records: RecordStore,
  { bucket, object }: Place,
  uploadId: string,
): Promise<StoredRecord<UploadRecord>> {
  const isPossible = isObjectName(object) && /^[0-9A-F]{32}$/.test(uploadId)
  const found = isPossible ? await records.get<UploadRecord>(uploadKey(bucket, object, uploadId)) : undefined
  if (!found) throw noSuchUpload(uploadId)
  return found
}

export function partNumberOf(text: string | null): number {
  const number = text !== null && /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > PARTS_MAX) throw invalidArgument('partNumber', text ?? '')
  return number
}

/** Changes of a bucket that may come between before the last error is told. */
const BUCKET_CHANGED_MAX = 20

/** Begins an upload, in a bucket that is there and not being deleted. */
export async function putUpload(
  records: RecordStore,
  { bucket: name, object }: Place,
  uploadId: string,
  value: UploadRecord,
  announced: () => Promise<Announcement | undefined>,
): Promise<void> {
  for (let changed = 0; ; changed++) {
    const bucket = await requireBucket(records, name)
    try {
      await commitAnnounced(
        { records },
        [
          { check: bucket.key, expect: bucket.version },
          { put: uploadKey(name, object, uploadId), value, expect: 'absent' },
        ],
        await announced(),
      )
      return
    } catch (error) {
      if (!(error instanceof VersionConflict) || changed >= BUCKET_CHANGED_MAX) throw error
    }
  }
}

/** Writers of one part that may be overtaken this often before the last error is told. */
const OVERTAKEN_MAX = 20

/** Makes `part` the part of its number, as long as the upload is there. Answers what it replaced. */
export async function putPart(
  records: RecordStore,
  upload: StoredRecord<UploadRecord>,
  uploadId: string,
  part: PartRecord,
  announced: (replaced: PartRecord | undefined) => Promise<Announcement | undefined>,
): Promise<PartRecord | undefined> {
  const put = partKey(uploadId, part.number)
  for (let overtaken = 0; ; overtaken++) {
    const current = await records.get<PartRecord>(put)
    try {
      await commitAnnounced(
        { records },
        [
          { check: upload.key, expect: upload.version },
          { put, value: part, expect: current?.version ?? 'absent' },
        ],
        await announced(current?.value),
      )
      return current?.value
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
      if (error.key === upload.key) throw noSuchUpload(uploadId)
      if (overtaken >= OVERTAKEN_MAX) throw error
    }
  }
}
