import { pagesOf } from '../content.ts'
import { objectsOf, uploadsOf, versionsOf } from '../keys.ts'
import type { ObjectRecord } from '../object.ts'
import { none, operation, xmlReply } from '../product.ts'
import { STORAGE_CLASSES, type StorageClass } from '../storage-class.ts'

/** Counted when it is asked for, page by page: right at this moment, and as long to wait for as the bucket is large. */
export const getBucketStat = operation({
  name: 'GetBucketStat',
  route: 'GET /{bucket}?stat',
  body: none,

  async handle({ path: { bucket } }, { records, clock }) {
    const counts = new Map<StorageClass, { storage: number; objects: number }>(
      STORAGE_CLASSES.map((storageClass) => [storageClass, { storage: 0, objects: 0 }]),
    )
    let markers = 0
    for (const prefix of [objectsOf(bucket), versionsOf(bucket)]) {
      for await (const page of pagesOf<ObjectRecord>(records, prefix)) {
        for (const { value } of page) {
          const count = counts.get(value.storageClass ?? 'Standard')!
          if (value.deleteMarker) markers++
          else count.objects++
          count.storage += value.sizeBytes
        }
      }
    }
    let uploads = 0
    for await (const page of pagesOf(records, uploadsOf(bucket))) uploads += page.length
    const all = [...counts.values()]
    const of = (storageClass: StorageClass) => counts.get(storageClass)!
    return xmlReply(200, 'BucketStat', {
      Storage: all.reduce((sum, { storage }) => sum + storage, 0),
      ObjectCount: all.reduce((sum, { objects }) => sum + objects, 0),
      MultipartUploadCount: uploads,
      LiveChannelCount: 0,
      LastModifiedTime: Math.floor(clock.now() / 1000),
      StandardStorage: of('Standard').storage,
      StandardObjectCount: of('Standard').objects,
      InfrequentAccessStorage: of('IA').storage,
      InfrequentAccessRealStorage: of('IA').storage,
      InfrequentAccessObjectCount: of('IA').objects,
      ArchiveStorage: of('Archive').storage,
      ArchiveRealStorage: of('Archive').storage,
      ArchiveObjectCount: of('Archive').objects,
      ColdArchiveStorage: of('ColdArchive').storage,
      ColdArchiveRealStorage: of('ColdArchive').storage,
      ColdArchiveObjectCount: of('ColdArchive').objects,
      DeepColdArchiveStorage: of('DeepColdArchive').storage,
      DeepColdArchiveRealStorage: of('DeepColdArchive').storage,
      DeepColdArchiveObjectCount: of('DeepColdArchive').objects,
      DeleteMarkerCount: markers,
    })
  },
})
