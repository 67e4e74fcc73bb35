import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { randomIds } from '../../lib/ids.ts'
import type { Logger } from '../../lib/logger.ts'
import { bucketKey } from './bucket.ts'
import { namedBlobs, PartLeases } from './content.ts'
import { addVersion } from './history.ts'
import { objectKey } from './keys.ts'
import { idsOf } from './objects.testing.ts'
import {
  ensureUploadBucket,
  expireUploads,
  sweepOrphans,
  UPLOAD_BUCKET,
  uploadedObjects,
  uploadGrants,
} from './uploads.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

async function world() {
  const clock = new ManualClock(1_000_000)
  const records = memoryRecordStore()
  const blobs = memoryBlobStore()
  await ensureUploadBucket({ records, clock })

  /** What a PutObject leaves behind. */
  async function upload(object: string, bucket = UPLOAD_BUCKET): Promise<string> {
    const { blobId, sizeBytes, md5, crc64 } = await blobs.write(Readable.from([Buffer.from(object)]))
    const value = { blobId, sizeBytes, md5, crc64, lastModifiedMs: clock.now(), headers: {} }
    await addVersion({ records, ids: randomIds }, { bucket, object }, () => value)
    return blobId
  }
  const store = { records, blobs, clock, ids: randomIds, leases: new PartLeases(), log: silent }
  return { ...store, store, upload, blobIds: () => idsOf(blobs) }
}

describe('the upload bucket', () => {
  it('is made once', async () => {
    const { records, clock } = await world()
    const before = await records.get(bucketKey(UPLOAD_BUCKET))
    clock.advance(1000)
    await ensureUploadBucket({ records, clock })
    assert.deepEqual(await records.get(bucketKey(UPLOAD_BUCKET)), before)
  })
})

describe('uploads', () => {
  it('are forgotten when they are old, and only those, however many there are', async () => {
    const { clock, store, records, upload, blobIds } = await world()
    await records.commit([{ put: bucketKey('mine'), value: { name: 'mine', createdMs: 0 } }])
    const mine = await upload('old', 'mine')
    for (let index = 0; index < 450; index++) await upload(`old/${index}`)
    clock.advance(1000)
    const young = await upload('young')
    clock.advance(1000)
    assert.equal(await expireUploads({ ...store, olderThanMs: 1000 }), 450)
    assert.deepEqual(new Set(await blobIds()), new Set([mine, young]))
    assert.equal(await records.get(objectKey(UPLOAD_BUCKET, 'old/7')), undefined)
  })

  it('are opened by their owner', async () => {
    const { store, upload } = await world()
    await upload('1/tmp/a.zip')
    const uploads = uploadedObjects({ ...store, accountId: '1' })
    const opened = await uploads.open('1', UPLOAD_BUCKET, '1/tmp/a.zip')
    assert.equal((await buffer(opened!)).toString(), '1/tmp/a.zip')
    for (const [accountId, bucket, object] of [
      ['2', UPLOAD_BUCKET, '1/tmp/a.zip'],
      ['1', 'other', '1/tmp/a.zip'],
      ['1', UPLOAD_BUCKET, 'nope'],
      ['1', UPLOAD_BUCKET, ''],
      ['1', 'a/../b', 'x'],
    ] as const) {
      assert.equal(await uploads.open(accountId, bucket, object), undefined)
    }
  })
})

describe('an upload grant', () => {
  it('is for one object, for an hour', async () => {
    const asked: unknown[] = []
    const grants = uploadGrants({
      issue(options) {
        asked.push(options)
        return {
          accessKeyId: 'STS.a',
          accessKeySecret: 's',
          securityToken: 't',
          expiresAtMs: Date.parse('2026-01-01T01:00:00Z'),
        }
      },
      ids: { ...randomIds, uuid: () => 'u' },
      region: 'cn-hangzhou',
    })
    assert.deepEqual(await grants.issue('1'), {
      accessKeyId: 'STS.a',
      accessKeySecret: 's',
      securityToken: 't',
      expiration: '2026-01-01T01:00:00Z',
      ossRegion: 'oss-cn-hangzhou',
      ossBucket: 'fc-code',
      objectName: 'tmp/u.zip',
    })
    assert.deepEqual(asked, [
      { allows: { to: 'putObjects', bucket: 'fc-code', objectPrefix: '1/tmp/u.zip' }, durationMs: 3_600_000 },
    ])
  })
})

describe('blobs that no record names', () => {
  it('are swept, and all others stay', async () => {
    const { records, blobs, upload, blobIds } = await world()
    const kept: string[] = []
    for (let index = 0; index < 250; index++) kept.push(await upload(`k${index}`))
    const elsewhere = (await blobs.write(Readable.from([Buffer.from('package')]))).blobId
    await blobs.write(Readable.from([Buffer.from('orphan')]))
    const others = (async function* () {
      yield elsewhere
    })()
    assert.equal(await sweepOrphans(blobs, [namedBlobs(records), others]), 1)
    assert.deepEqual(new Set(await blobIds()), new Set([...kept, elsewhere]))
  })
})
