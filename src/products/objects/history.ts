/**
 * What happens to the versions of one key.
 *
 * The newest version, unless it is a delete marker, is the record under `objectKey`: all that listings and readers look
 * at. Older versions, and delete markers, are records under `versionKey`, newest first. A bucket that never had versions
 * has none of the latter. Every change is one commit that expects what was read: the bucket's settings, the newest
 * version, and that nobody has added a newer one. So of any number of writers each replaces exactly what it has seen.
 */
import type { Announcement } from '../../ports/announcements.ts'
import { type RecordStore, type StoredRecord, VersionConflict, type Write } from '../../ports/records.ts'
import { type BucketRecord, requireBucket, type StoredBucket } from './bucket.ts'
import { garbageWrites } from './content.ts'
import { tooManyWriters } from './errors.ts'
import { nullVersionKey, objectKey, versionKey, versionsOfKey } from './keys.ts'
import { NULL_VERSION, type ObjectRecord, requireObjectName, versionIdOf } from './object.ts'

export interface Place {
  bucket: string
  object: string
}

export interface HistoryStore {
  records: RecordStore
  ids: { uuid(): string }
  /** What is committed with a change for those who want to know of it; asked again with every attempt. */
  announced?(
    place: Place,
    change: Change,
    before: ObjectRecord | undefined,
  ): Promise<Announcement | undefined>
}

interface State {
  place: Place
  bucket: StoredBucket
  current: StoredRecord<ObjectRecord> | undefined
  /** The newest of the others; undefined in a bucket without versions. */
  older: StoredRecord<ObjectRecord> | undefined
  /** The highest sequence in use. */
  top: number
}

export interface Change {
  /** The version that is newest now. */
  written?: ObjectRecord
  /** Versions whose bytes nobody can be sent to any more. */
  removed: readonly ObjectRecord[]
}

/** Writers of one object that may be overtaken this often before they are told to come again. */
const OVERTAKEN_MAX = 20

/**
 * Makes what `decide` answers the newest version. It is asked with the version that readers see now, and asked again when
 * somebody else was faster; it may refuse by throwing. `more` is written in the same commit.
 */
export function addVersion(
  store: HistoryStore,
  place: Place,
  decide: (current: ObjectRecord | undefined, bucket: BucketRecord) => ObjectRecord,
  more: readonly Write[] = [],
): Promise<Change> {
  return repeated(store, place, async (state) => {
    const written = decide(state.current?.value, state.bucket.value)
    return add(store, state, written, more)
  })
}

/** Changes what is recorded of a version, in its place: its ACL, its tags. */
export function changeVersion(
  store: HistoryStore,
  place: Place,
  versionId: string | undefined,
  change: (version: ObjectRecord) => ObjectRecord,
  notThere: () => Error,
  more: readonly Write[] = [],
): Promise<Change> {
  return repeated(store, place, async ({ bucket, current }) => {
    const found = await findVersion(store.records, place, versionId, current)
    if (!found) throw notThere()
    const written = change(found.value)
    return {
      writes: [
        { check: bucket.key, expect: bucket.version },
        { put: found.key, value: written, expect: found.version },
        ...more,
      ],
      change: { written, removed: [] },
    }
  })
}

export interface Deletion extends Change {
  /** The version that was made or removed, where the bucket has versions. */
  versionId?: string
  /** It is a delete marker. */
  deleteMarker?: true
}

/** Removes the object, or, in a bucket with versions, hides it behind a delete marker. */
export function hideObject(
  store: HistoryStore,
  place: Place,
  nowMs: number,
  /** Leaves alone what is not, or not any more, as the caller thinks. */
  onlyIf?: (current: ObjectRecord) => boolean,
): Promise<Deletion> {
  return repeated<Deletion>(store, place, async (state) => {
    const { bucket, current } = state
    if (onlyIf && !(current && onlyIf(current.value))) return { writes: [], change: { removed: [] } }
    if (bucket.value.versioning === undefined) {
      if (!current) return { writes: [], change: { removed: [] } }
      return {
        writes: [
          { check: bucket.key, expect: bucket.version },
          { remove: current.key, expect: current.version },
        ],
        change: { removed: [current.value] },
      }
    }
    const marker: ObjectRecord = { sizeBytes: 0, lastModifiedMs: nowMs, headers: {}, deleteMarker: true }
    const { writes, change } = await add(store, state, marker, [])
    return { writes, change: { ...change, versionId: versionIdOf(change.written!), deleteMarker: true } }
  })
}

/** Removes one version for good; where it was the newest, the one before it is what readers see. */
export function removeVersion(store: HistoryStore, place: Place, versionId: string): Promise<Deletion> {
  return repeated<Deletion>(store, place, async (state) => {
    const { bucket, current, older, top } = state
    const { records } = store
    const found = await findVersion(records, place, versionId, current)
    if (!found) return { writes: [], change: { removed: [], versionId } }
    const isNewest = found.key === current?.key || (!current && found.key === older?.key)
    const writes: Write[] = [
      { check: bucket.key, expect: bucket.version },
      { remove: found.key, expect: found.version },
    ]
    if (found.value.versionId === undefined)
      writes.push({ remove: nullVersionKey(place.bucket, place.object) })
    if (isNewest) {
      writes.push({ check: versionKey(place.bucket, place.object, top + 1), expect: 'absent' })
      if (!current) writes.push({ check: objectKey(place.bucket, place.object), expect: 'absent' })
      const next = current ? older : await olderThan(records, place, found.key)
      if (next && !next.value.deleteMarker) {
        writes.push({ remove: next.key, expect: next.version })
        const { noncurrentMs: _, ...value } = next.value
        writes.push({ put: objectKey(place.bucket, place.object), value })
        if (next.value.versionId === undefined)
          writes.push({ remove: nullVersionKey(place.bucket, place.object) })
      }
    }
    const { deleteMarker } = found.value
    return {
      writes,
      change: { removed: [found.value], versionId, ...(deleteMarker ? { deleteMarker } : {}) },
    }
  })
}

/** The version of this id, or the one that readers see. A delete marker is found by its id only. */
export async function findVersion(
  records: RecordStore,
  place: Place,
  versionId: string | undefined,
  known?: StoredRecord<ObjectRecord>,
): Promise<StoredRecord<ObjectRecord> | undefined> {
  requireObjectName(place.object)
  const current = known ?? (await records.get<ObjectRecord>(objectKey(place.bucket, place.object)))
  if (versionId === undefined || (current && versionIdOf(current.value) === versionId)) return current
  const sequence =
    versionId === NULL_VERSION
      ? (await records.get<{ sequence: number }>(nullVersionKey(place.bucket, place.object)))?.value.sequence
      : sequenceOf(versionId)
  if (sequence === undefined) return undefined
  const found = await records.get<ObjectRecord>(versionKey(place.bucket, place.object, sequence))
  return found && versionIdOf(found.value) === versionId ? found : undefined
}

/** The newest version where it is a delete marker: what hides the object. */
export async function findMarker(
  records: RecordStore,
  bucket: BucketRecord,
  object: string,
): Promise<ObjectRecord | undefined> {
  if (bucket.versioning === undefined) return undefined
  const newest = await newestOlder(records, { bucket: bucket.name, object })
  return newest?.value.deleteMarker ? newest.value : undefined
}

async function add(
  { ids, records }: HistoryStore,
  { place, bucket, current, top }: State,
  wanted: ObjectRecord,
  more: readonly Write[],
): Promise<{ writes: Write[]; change: Change }> {
  const writes: Write[] = [{ check: bucket.key, expect: bucket.version }]
  const put = objectKey(place.bucket, place.object)
  const expect = current?.version ?? ('absent' as const)
  if (bucket.value.versioning === undefined) {
    writes.push({ put, value: wanted, expect }, ...more)
    return { writes, change: { written: wanted, removed: current ? [current.value] : [] } }
  }
  const sequence = top + 1
  const { versionId: _, ...rest } = wanted
  const isEnabled = bucket.value.versioning === 'Enabled'
  const written: ObjectRecord = {
    ...rest,
    sequence,
    ...(isEnabled ? { versionId: newVersionId(ids, sequence) } : {}),
  }
  const removed: ObjectRecord[] = []
  const nullKey = nullVersionKey(place.bucket, place.object)
  const newKey = versionKey(place.bucket, place.object, sequence)

  // Only one version is without an id: a new one takes the place of the old one, wherever that is.
  if (!isEnabled) {
    const older =
      current && current.value.versionId === undefined ? undefined : await nullVersion(records, place)
    if (older) {
      writes.push({ remove: older.key, expect: older.version })
      removed.push(older.value)
    }
    if (wanted.deleteMarker) writes.push({ put: nullKey, value: { sequence } })
    else if (older) writes.push({ remove: nullKey })
  }
  if (current && !isEnabled && current.value.versionId === undefined) removed.push(current.value)
  else if (current) {
    const { sequence: kept = 0 } = current.value
    const value: ObjectRecord = { ...current.value, noncurrentMs: wanted.lastModifiedMs }
    writes.push({ put: versionKey(place.bucket, place.object, kept), value, expect: 'absent' })
    if (current.value.versionId === undefined) writes.push({ put: nullKey, value: { sequence: kept } })
  }
  if (wanted.deleteMarker) {
    writes.push({ put: newKey, value: written, expect: 'absent' })
    writes.push(current ? { remove: put, expect } : { check: put, expect: 'absent' })
  } else {
    writes.push({ check: newKey, expect: 'absent' }, { put, value: written, expect })
  }
  writes.push(...more)
  return { writes, change: { written, removed } }
}

async function repeated<T extends Change>(
  store: HistoryStore,
  place: Place,
  attempt: (state: State) => Promise<{ writes: readonly Write[]; change: T }>,
): Promise<T> {
  for (let overtaken = 0; overtaken < OVERTAKEN_MAX; overtaken++) {
    const state = await stateOf(store.records, place)
    const { writes, change } = await attempt(state)
    if (writes.length === 0) return change
    const announcement = await store.announced?.(place, change, state.current?.value)
    try {
      await store.records.commit([
        ...writes,
        ...garbageWrites(change.removed),
        ...(announcement?.writes ?? []),
      ])
      announcement?.committed()
      return change
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
      if (isForeign(error.key)) throw error
    }
  }
  throw tooManyWriters()
}

/** An expectation that the caller brought along: what it means that it does not hold is the caller's to say. */
const isForeign = (key: string): boolean => !/^objects\/(bucket|object|version|null-version)\//.test(key)

async function stateOf(records: RecordStore, place: Place): Promise<State> {
  requireObjectName(place.object)
  const bucket = await requireBucket(records, place.bucket)
  const current = await records.get<ObjectRecord>(objectKey(place.bucket, place.object))
  const older = bucket.value.versioning === undefined ? undefined : await newestOlder(records, place)
  const top = Math.max(current?.value.sequence ?? 0, older?.value.sequence ?? 0)
  return { place, bucket, current, older, top }
}

const newestOlder = (records: RecordStore, { bucket, object }: Place) =>
  olderThan(records, { bucket, object })

async function olderThan(
  records: RecordStore,
  { bucket, object }: Place,
  after?: string,
): Promise<StoredRecord<ObjectRecord> | undefined> {
  const prefix = versionsOfKey(bucket, object)
  const [found] = await records.list<ObjectRecord>({
    prefix,
    limit: 1,
    ...(after === undefined ? {} : { after }),
  })
  return found
}

async function nullVersion(
  records: RecordStore,
  { bucket, object }: Place,
): Promise<StoredRecord<ObjectRecord> | undefined> {
  const pointer = await records.get<{ sequence: number }>(nullVersionKey(bucket, object))
  return pointer && records.get<ObjectRecord>(versionKey(bucket, object, pointer.value.sequence))
}

/** The sequence is in the id, so that a version is found without looking through all of them. */
const newVersionId = (ids: { uuid(): string }, sequence: number): string =>
  `CAEQ${sequence.toString(16).padStart(14, '0')}${ids.uuid().replaceAll('-', '')}`.toUpperCase()

function sequenceOf(versionId: string): number | undefined {
  const match = /^CAEQ([0-9A-F]{14})[0-9A-F]{32}$/.exec(versionId)
  const sequence = match ? Number.parseInt(match[1]!, 16) : undefined
  return sequence !== undefined && Number.isSafeInteger(sequence) ? sequence : undefined
}
