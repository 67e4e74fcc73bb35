/** Versions of keys against a model of plain arrays: random changes and readings, also after the store was opened anew. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { sqliteRecordStore } from '../../drivers/embedded/records.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { randomIds } from '../../lib/ids.ts'
import { compareKeys } from '../../ports/keys.ts'
import type { RecordStore } from '../../ports/records.ts'
import { type BucketRecord, bucketKey, changeBucket } from './bucket.ts'
import { addVersion, changeVersion, findMarker, findVersion, hideObject, removeVersion } from './history.ts'
import { listObjectsOf } from './list-objects.ts'
import { listVersionsOf } from './list-versions.ts'
import { type ObjectRecord, versionIdOf } from './object.ts'

const BUCKET = 'model'

/** Newest first. */
interface ModelVersion {
  id: string
  blobId: string | undefined
  isMarker: boolean
}

class Model {
  versioning: BucketRecord['versioning']
  readonly keys = new Map<string, ModelVersion[]>()

  versions(key: string): ModelVersion[] {
    const found = this.keys.get(key) ?? []
    this.keys.set(key, found)
    return found
  }

  /** Answers the blobs that nobody names any more. */
  add(key: string, version: ModelVersion): string[] {
    const versions = this.versions(key)
    const gone =
      this.versioning === undefined
        ? versions.splice(0)
        : this.versioning === 'Suspended'
          ? versions.filter(({ id }) => id === 'null')
          : []
    for (const each of gone) if (versions.includes(each)) versions.splice(versions.indexOf(each), 1)
    versions.unshift(version)
    return gone.flatMap(({ blobId }) => blobId ?? [])
  }

  newest(key: string): ModelVersion | undefined {
    const newest = this.versions(key)[0]
    return newest?.isMarker ? undefined : newest
  }

  sortedKeys(): string[] {
    return [...this.keys.keys()].filter((key) => this.versions(key).length > 0).sort(compareKeys)
  }
}

const key = fc.constantFrom(
  'a',
  'a/',
  'a/b',
  'a/c',
  'a\u0000',
  'a\u0001',
  'a\u0001\u0001',
  'b',
  'b/c/d',
  '\u{1f600}',
  '\uff5e',
)
const text = fc.constantFrom('', '', 'a', 'a/', 'a\u0001', 'b', 'b/', 'c', '\u{1f600}')
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('hide' as const), key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('remove' as const), key, which: fc.nat({ max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tag' as const), key, which: fc.nat({ max: 3 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('version' as const),
      versioning: fc.constantFrom('Enabled' as const, 'Suspended' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('list' as const),
      prefix: text,
      delimiter: fc.constantFrom('', '/', 'a', '\u0001'),
      limit: fc.integer({ min: 1, max: 4 }),
      after: text,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function run(steps: readonly Step[], open: () => Promise<RecordStore>, lasts: boolean): Promise<void> {
  let records = await open()
  const model = new Model()
  let blobs = 0
  try {
    await records.commit([{ put: bucketKey(BUCKET), value: { name: BUCKET, createdMs: 0 } }])
    for (const each of steps) {
      const store = { records, ids: randomIds }
      if (each.do === 'reopen') {
        if (!lasts) continue
        await records.close()
        records = await open()
      } else if (each.do === 'version') {
        await changeBucket(records, BUCKET, (bucket) => ({ ...bucket, versioning: each.versioning }))
        model.versioning = each.versioning
      } else if (each.do === 'list') await compareListings(records, model, each)
      else {
        const place = { bucket: BUCKET, object: each.key }
        if (each.do === 'put') {
          const blobId = `blob-${blobs++}`
          const value: ObjectRecord = { blobId, sizeBytes: 1, lastModifiedMs: 0, headers: {} }
          const { written, removed } = await addVersion(store, place, (current) => {
            assert.equal(current?.blobId, model.newest(each.key)?.blobId)
            return value
          })
          const gone = model.add(each.key, { id: versionIdOf(written!), blobId, isMarker: false })
          assert.deepEqual(blobsOf(removed), gone.sort())
        } else if (each.do === 'hide') {
          const { removed, versionId } = await hideObject(store, place, 0)
          if (model.versioning === undefined) {
            const gone = model.versions(each.key).splice(0)
            assert.deepEqual(
              blobsOf(removed),
              gone.flatMap(({ blobId }) => blobId ?? []),
            )
          } else {
            const gone = model.add(each.key, { id: versionId!, blobId: undefined, isMarker: true })
            assert.deepEqual(blobsOf(removed), gone.sort())
          }
        } else {
          const versions = model.versions(each.key)
          const version = versions[each.which]
          const id = version?.id ?? 'CAEQ000000000000FF00000000000000000000000000000000'
          if (each.do === 'remove') {
            const { removed, deleteMarker } = await removeVersion(store, place, id)
            assert.deepEqual(blobsOf(removed), version?.blobId === undefined ? [] : [version.blobId])
            assert.equal(deleteMarker === true, version?.isMarker === true)
            if (version) versions.splice(each.which, 1)
          } else if (version) {
            const change = (found: ObjectRecord) => ({ ...found, tags: [{ key: 'k', value: 'v' }] })
            await changeVersion(store, place, id, change, () => new Error('gone'))
          }
        }
        await compareKey(records, model, each.key)
      }
    }
    for (const each of model.keys.keys()) await compareKey(records, model, each)
    await compareListings(records, model, { prefix: '', delimiter: '', limit: 1000, after: '' })
  } finally {
    await records.close()
  }
}

const blobsOf = (removed: readonly ObjectRecord[]): string[] =>
  removed.flatMap(({ blobId }) => blobId ?? []).sort()

async function compareKey(records: RecordStore, model: Model, object: string): Promise<void> {
  const place = { bucket: BUCKET, object }
  const current = await findVersion(records, place, undefined)
  assert.equal(current?.value.blobId, model.newest(object)?.blobId)
  for (const { id, blobId, isMarker } of model.versions(object)) {
    const found = await findVersion(records, place, id)
    assert.deepEqual([found?.value.blobId, found?.value.deleteMarker === true], [blobId, isMarker])
  }
  const bucket = { name: BUCKET, createdMs: 0, ...(model.versioning ? { versioning: model.versioning } : {}) }
  const marker = await findMarker(records, bucket, object)
  const newest = model.versions(object)[0]
  if (current === undefined) assert.equal(marker && versionIdOf(marker), newest?.id)
}

/** The listing as one would write it down from the reference: go through all, and roll. */
function plainListing(
  names: readonly string[],
  { prefix, delimiter, limit, after }: { prefix: string; delimiter: string; limit: number; after: string },
): { listed: string[]; isTruncated: boolean } {
  const listed: string[] = []
  for (const name of names) {
    if (!name.startsWith(prefix) || compareKeys(name, after) <= 0) continue
    const at = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length)
    const shown = at < 0 ? name : name.slice(0, at + delimiter.length)
    if (at >= 0 && (shown === after || listed.includes(`${shown}…`))) continue
    if (listed.length === limit) return { listed, isTruncated: true }
    listed.push(at < 0 ? name : `${shown}…`)
  }
  return { listed, isTruncated: false }
}

async function compareListings(
  records: RecordStore,
  model: Model,
  asked: { prefix: string; delimiter: string; limit: number; after: string },
): Promise<void> {
  const names = model.sortedKeys().filter((name) => model.newest(name))
  const { items, commonPrefixes, isTruncated } = await listObjectsOf(records, BUCKET, asked)
  const got = [...items.map((item) => item.key), ...commonPrefixes.map((common) => `${common}…`)]
  const wanted = plainListing(names, asked)
  assert.deepEqual(new Set(got), new Set(wanted.listed))
  assert.equal(got.length, wanted.listed.length)
  assert.equal(isTruncated, wanted.isTruncated)

  // All versions, page by page, each page going on where the last one ended.
  const seen: string[] = []
  let marker = { keyMarker: '', versionIdMarker: '' }
  for (let page = 0; page < 200; page++) {
    const { prefix, limit } = asked
    const answer = await listVersionsOf(records, BUCKET, { prefix, delimiter: '', limit, ...marker })
    for (const { key, object, isLatest } of answer.items)
      seen.push(JSON.stringify([key, versionIdOf(object), isLatest]))
    if (!answer.isTruncated) break
    assert.ok(answer.last && 'item' in answer.last)
    marker = { keyMarker: answer.last.item.key, versionIdMarker: versionIdOf(answer.last.item.object) }
  }
  const all = model
    .sortedKeys()
    .filter((name) => name.startsWith(asked.prefix))
    .flatMap((name) => model.versions(name).map(({ id }, index) => JSON.stringify([name, id, index === 0])))
  assert.deepEqual(seen, all)
}

describe('the versions of keys', () => {
  it('are as the model has them, whatever was done', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), (steps) =>
        run(steps, async () => memoryRecordStore(), false),
      ),
      { numRuns: 60 },
    )
  })

  it('are the same after the store was opened anew', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'hanshu-objects-'))
    try {
      let count = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 40, size: 'max' }), (steps) => {
          const file = join(dir, `${count++}.db`)
          return run(steps, () => sqliteRecordStore({ file }), true)
        }),
        { numRuns: 4 },
      )
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  })

  it('are never lost between many that write at once', async () => {
    const records = memoryRecordStore()
    const value: BucketRecord = { name: BUCKET, createdMs: 0, versioning: 'Enabled' }
    await records.commit([{ put: bucketKey(BUCKET), value }])
    const store = { records, ids: randomIds }
    const place = { bucket: BUCKET, object: 'k' }
    const ids = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        if (index % 3 === 2) return (await hideObject(store, place, 0)).versionId!
        const blob = { blobId: `b${index}`, sizeBytes: 1, lastModifiedMs: 0, headers: {} }
        return versionIdOf((await addVersion(store, place, () => blob)).written!)
      }),
    )
    const asked = { prefix: '', delimiter: '', limit: 100, keyMarker: '', versionIdMarker: '' }
    const { items } = await listVersionsOf(records, BUCKET, asked)
    assert.deepEqual(new Set(items.map(({ object }) => versionIdOf(object))), new Set(ids))
    assert.equal(items.filter(({ isLatest }) => isLatest).length, 1)
  })
})

describe('a listing with a delimiter', () => {
  it('looks at few records, however many are under one prefix', async () => {
    const records = memoryRecordStore()
    const object: ObjectRecord = { sizeBytes: 0, lastModifiedMs: 0, headers: {} }
    for (const folder of ['a', 'b', 'c'])
      for (let index = 0; index < 3000; index += 500)
        await records.commit(
          Array.from({ length: 500 }, (_, more) => ({
            put: `objects/object/${BUCKET}/${folder}/${String(index + more).padStart(6, '0')}`,
            value: object,
          })),
        )
    let looked = 0
    const counting: RecordStore = {
      ...records,
      async list<T>(range: { prefix: string; after?: string; limit: number }) {
        const page = await records.list<T>(range)
        looked += page.length
        return page
      },
    }
    const asked = { prefix: '', delimiter: '/', limit: 10, after: '' }
    const { commonPrefixes } = await listObjectsOf(counting, BUCKET, asked)
    assert.deepEqual(commonPrefixes, ['a/', 'b/', 'c/'])
    assert.ok(looked < 50, `${looked} records were looked at`)
  })
})
