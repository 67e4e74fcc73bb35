/** Applies the lifecycle rules of buckets: object by object, page by page, each change as if a client had made it. */
import type { Clock } from '../../lib/clock.ts'
import { VersionConflict } from '../../ports/records.ts'
import { type ContentStore, discardContent, pagesOf } from './content.ts'
import { noSuchKey } from './errors.ts'
import { changeVersion, type HistoryStore, hideObject, removeVersion } from './history.ts'
import { garbageKey, objectKey, objectsOf, splitKey, uploadsOf, versionsOf, versionsOfKey } from './keys.ts'
import {
  type Due,
  dueOfNewest,
  dueOfOlder,
  isUploadDue,
  type LifecycleRule,
  removesExpiredMarkers,
} from './lifecycle-rules.ts'
import type { UploadRecord } from './multipart.ts'
import { type ObjectRecord, versionIdOf } from './object.ts'
import { settingsOfKind } from './settings.ts'

export type LifecycleStore = ContentStore & HistoryStore & { clock: Clock }

/** A bucket's objects are gone through once a day, and when its rules were changed. */
const EVERY_MS = 24 * 3_600_000

/** Answers a function that is called now and then; it does what is due. */
export function lifecycle(store: LifecycleStore): () => Promise<void> {
  /** By setting: of which version of it, and when. One entry for each bucket with rules. */
  const runs = new Map<string, { version: number; atMs: number }>()
  return async () => {
    const prefix = settingsOfKind('lifecycle')
    const seen = new Set<string>()
    for await (const page of pagesOf<LifecycleRule[]>(store.records, prefix)) {
      for (const { key, value, version } of page) {
        seen.add(key)
        const last = runs.get(key)
        const nowMs = store.clock.now()
        if (last?.version === version && nowMs < last.atMs + EVERY_MS) continue
        await applyRules(store, key.slice(prefix.length), value)
        runs.set(key, { version, atMs: nowMs })
      }
    }
    for (const key of runs.keys()) if (!seen.has(key)) runs.delete(key)
  }
}

export async function applyRules(
  store: LifecycleStore,
  bucket: string,
  rules: readonly LifecycleRule[],
): Promise<void> {
  await applyToNewest(store, bucket, rules)
  await applyToOlder(store, bucket, rules)
  await applyToUploads(store, bucket, rules)
}

async function applyToNewest(
  store: LifecycleStore,
  bucket: string,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const base = objectsOf(bucket)
  const nowMs = store.clock.now()
  for await (const page of pagesOf<ObjectRecord>(store.records, base)) {
    for (const { key, value } of page) {
      const object = key.slice(base.length)
      const dueNow = (version: ObjectRecord): Due => dueOfNewest(rules, object, version, nowMs)
      const due = dueNow(value)
      if (due.is === 'expired') {
        // Somebody may have written it anew since it was looked at.
        const isStillDue = (current: ObjectRecord): boolean => dueNow(current).is === 'expired'
        const { removed } = await hideObject(store, { bucket, object }, nowMs, isStillDue)
        await discardContent(store, removed)
      } else if (due.is === 'moved') await move(store, { bucket, object }, undefined, dueNow, nowMs)
    }
  }
}

async function applyToOlder(
  store: LifecycleStore,
  bucket: string,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const base = versionsOf(bucket)
  const nowMs = store.clock.now()
  for await (const page of pagesOf<ObjectRecord>(store.records, base)) {
    for (const { key, value } of page) {
      const object = splitKey(key, base).key
      const place = { bucket, object }
      const versionId = versionIdOf(value)
      const due = dueOfOlder(rules, object, value, nowMs)
      const isMarkerOfNothing =
        value.deleteMarker && removesExpiredMarkers(rules, object) && (await isAlone(store, bucket, object))
      const isNewest =
        value.deleteMarker && value.noncurrentMs === undefined && (await isNewestOf(store, place, key))
      if ((due.is === 'expired' && !isNewest) || isMarkerOfNothing) {
        await discardContent(store, (await removeVersion(store, place, versionId)).removed)
      } else if (due.is === 'moved') {
        await move(store, place, versionId, (version) => dueOfOlder(rules, object, version, nowMs), nowMs)
      }
    }
  }
}

/** A delete marker has no successor that says when it stopped being the newest; so one looks. */
async function isNewestOf(
  { records }: LifecycleStore,
  { bucket, object }: { bucket: string; object: string },
  key: string,
): Promise<boolean> {
  if (await records.get(objectKey(bucket, object))) return false
  const [newest] = await records.list({ prefix: versionsOfKey(bucket, object), limit: 1 })
  return newest?.key === key
}

async function isAlone({ records }: LifecycleStore, bucket: string, object: string): Promise<boolean> {
  if (await records.get(objectKey(bucket, object))) return false
  return (await records.list({ prefix: versionsOfKey(bucket, object), limit: 2 })).length === 1
}

async function move(
  store: LifecycleStore,
  place: { bucket: string; object: string },
  versionId: string | undefined,
  dueNow: (version: ObjectRecord) => Due,
  nowMs: number,
): Promise<void> {
  const gone = noSuchKey(place.object)
  try {
    await changeVersion(
      store,
      place,
      versionId,
      (version) => {
        const due = dueNow(version)
        return due.is === 'moved' ? { ...version, storageClass: due.to, transitionedMs: nowMs } : version
      },
      () => gone,
    )
  } catch (error) {
    // Deleted since it was looked at: then there is nothing to move.
    if (error !== gone) throw error
  }
}

async function applyToUploads(
  store: LifecycleStore,
  bucket: string,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const base = uploadsOf(bucket)
  const nowMs = store.clock.now()
  for await (const page of pagesOf<UploadRecord>(store.records, base)) {
    for (const { key, value, version } of page) {
      const { key: object, rest: uploadId } = splitKey(key, base)
      if (!isUploadDue(rules, object, value.initiatedMs, nowMs)) continue
      try {
        await store.records.commit([
          { remove: key, expect: version },
          { put: garbageKey(uploadId), value: {} },
        ])
      } catch (error) {
        // Completed or aborted in this very moment.
        if (error instanceof VersionConflict) continue
        throw error
      }
      await discardContent(store, [{ partsId: uploadId }])
    }
  }
}
