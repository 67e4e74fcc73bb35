/** What both listings of objects share. */
import type { RecordStore } from '../../ports/records.ts'
import { objectsOf } from './keys.ts'
import { type Listing, listKeys, recordCursor } from './listing.ts'
import { etagOf, type ObjectRecord } from './object.ts'
import { restoreHeader } from './restore.ts'
import { isoTime } from './times.ts'

export interface ListedObject {
  key: string
  object: ObjectRecord
}

export function listObjectsOf(
  records: RecordStore,
  bucket: string,
  asked: { prefix: string; delimiter: string; limit: number; after: string },
): Promise<Listing<ListedObject>> {
  const base = objectsOf(bucket)
  const cursor = recordCursor<ObjectRecord, ListedObject>(records, {
    base,
    prefix: asked.prefix,
    after: asked.after === '' ? undefined : base + asked.after,
    limit: asked.limit,
    itemOf: ({ key, value }) => ({ key: key.slice(base.length), object: value }),
  })
  return listKeys(cursor, asked)
}

/** An element of the listing, in the vendor's order: clients read some elements by their place. */
export function contentsXml(
  { key, object }: ListedObject,
  encode: (text: string) => string,
  nowMs: number,
  owner: { ID: string; DisplayName: string } | undefined,
) {
  return {
    Key: encode(key),
    LastModified: isoTime(object.lastModifiedMs),
    ETag: etagOf(object),
    Type: object.type ?? 'Normal',
    Size: object.sizeBytes,
    StorageClass: object.storageClass ?? 'Standard',
    RestoreInfo: restoreHeader(object.restore, nowMs)['x-oss-restore'],
    Owner: owner,
  }
}
