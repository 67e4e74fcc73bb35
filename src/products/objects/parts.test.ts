/** Objects of parts: no byte is left behind, none is lost under a reader, and none of another upload gets in. */
import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { crc64Decimal } from '../../lib/checksums.ts'
import type { RecordStore } from '../../ports/records.ts'
import { namedBlobs, openContent, sweepGarbage } from './content.ts'
import { findObject } from './object.ts'
import { type Answer, type Ask, runningObjects } from './objects.testing.ts'
import { sweepOrphans } from './uploads.ts'

let oss: Awaited<ReturnType<typeof runningObjects>>
before(async () => {
  oss = await runningObjects({ records: memoryRecordStore(), blobs: memoryBlobStore() })
})
after(() => oss.stop())

type Running = typeof oss
const ask = (method: string, target: string, body = '', more: Partial<Ask> = {}): Promise<Answer> =>
  oss.ask({ method, target, ...(method === 'GET' || method === 'HEAD' ? {} : { body }), ...more })

async function begin(target: string, on: Running = oss): Promise<string> {
  const answer = await on.ask({ method: 'POST', target: `${target}?uploads`, body: '' })
  return /<UploadId>(.*?)</.exec(answer.body.toString())![1]!
}

const part = (target: string, uploadId: string, number: number, body: string, on: Running = oss) =>
  on.ask({ method: 'PUT', target: `${target}?partNumber=${number}&uploadId=${uploadId}`, body })

function complete(
  target: string,
  uploadId: string,
  parts: [number, string][],
  on: Running = oss,
): Promise<Answer> {
  const list = parts.map(
    ([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`,
  )
  const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`
  return on.ask({ method: 'POST', target: `${target}?uploadId=${uploadId}`, body })
}

const recordsUnder = async (prefix: string) => (await oss.records.list({ prefix, limit: 1000 })).length

describe('an object of parts', () => {
  it('has the bytes, ranges and sum of its parts, however they are cut', async () => {
    const sizes = fc.array(fc.integer({ min: 5, max: 40 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(200), fc.nat(200), async (sizes, from, to) => {
        const texts = sizes.map((size, index) => String.fromCharCode(97 + index).repeat(size))
        const whole = texts.join('')
        const uploadId = await begin('/fc-code/cut')
        const parts: [number, string][] = []
        for (const [index, text] of texts.entries())
          parts.push([
            index * 7 + 1,
            String((await part('/fc-code/cut', uploadId, index * 7 + 1, text)).headers.etag),
          ])
        const done = await complete('/fc-code/cut', uploadId, parts)
        assert.equal(done.status, 200)
        assert.equal(done.headers['x-oss-hash-crc64ecma'], crc64Decimal(Buffer.from(whole)))
        assert.equal((await ask('GET', '/fc-code/cut')).body.toString(), whole)
        const first = Math.min(from, to) % whole.length
        const last = Math.max(first, Math.max(from, to) % whole.length)
        const range = await ask('GET', '/fc-code/cut', '', { headers: { range: `bytes=${first}-${last}` } })
        assert.deepEqual([range.status, range.body.toString()], [206, whole.slice(first, last + 1)])
      }),
      { numRuns: 15 },
    )
  })

  it('leaves no bytes and no records when it is replaced, deleted, or never made', async () => {
    await ask('DELETE', '/fc-code/cut')
    const blobs = (await oss.blobIds()).length
    const records = await recordsUnder('objects/')
    const uploadId = await begin('/fc-code/p')
    const first = await part('/fc-code/p', uploadId, 1, 'first')
    await part('/fc-code/p', uploadId, 2, 'never used')
    await part('/fc-code/p', uploadId, 1, 'other')
    const again = await part('/fc-code/p', uploadId, 1, 'first')
    assert.equal(again.headers.etag, first.headers.etag)
    assert.equal((await oss.blobIds()).length, blobs + 2)
    assert.equal((await complete('/fc-code/p', uploadId, [[1, String(first.headers.etag)]])).status, 200)
    assert.equal((await oss.blobIds()).length, blobs + 1)
    assert.equal((await part('/fc-code/p', uploadId, 3, 'late one')).code, 'NoSuchUpload')
    await ask('POST', '/fc-code/log?append&position=0', 'a')
    await ask('POST', '/fc-code/log?append&position=1', 'b')
    const aborted = await begin('/fc-code/q')
    await part('/fc-code/q', aborted, 1, 'x')
    await ask('DELETE', `/fc-code/q?uploadId=${aborted}`)
    await ask('PUT', '/fc-code/p', 'whole')
    await ask('DELETE', '/fc-code/p')
    await ask('DELETE', '/fc-code/log')
    assert.equal((await oss.blobIds()).length, blobs)
    assert.equal(await recordsUnder('objects/'), records)
  })

  it('takes all parts when it is told to', async () => {
    const uploadId = await begin('/fc-code/all')
    await part('/fc-code/all', uploadId, 2, 'second')
    await part('/fc-code/all', uploadId, 1, 'first')
    const headers = { 'x-oss-complete-all': 'yes' }
    const target = `/fc-code/all?uploadId=${uploadId}`
    assert.equal((await ask('POST', target, '<a/>', { headers })).code, 'MalformedXML')
    assert.equal((await ask('POST', target, '', { headers })).status, 200)
    assert.equal((await ask('GET', '/fc-code/all')).body.toString(), 'firstsecond')
  })

  it('is read to its end by whoever began, and then it goes', async () => {
    const uploadId = await begin('/fc-code/held')
    const etag = String((await part('/fc-code/held', uploadId, 1, 'first')).headers.etag)
    const more = String((await part('/fc-code/held', uploadId, 2, 'second')).headers.etag)
    await complete('/fc-code/held', uploadId, [
      [1, etag],
      [2, more],
    ])
    const found = await findObject(oss.records, 'fc-code', 'held')
    const stream = await openContent(oss.store, found!.value)
    await ask('DELETE', '/fc-code/held')
    assert.equal((await buffer(stream)).toString(), 'firstsecond')
    await sweepGarbage(oss.store)
    assert.equal(await recordsUnder(`objects/part/${uploadId}/`), 0)
    assert.equal(await recordsUnder('objects/garbage/'), 0)
  })

  for (const [what, parts, code] of [
    [
      'out of order',
      [
        [2, ''],
        [1, ''],
      ],
      'InvalidPartOrder',
    ],
    [
      'twice',
      [
        [1, ''],
        [1, ''],
      ],
      'InvalidPartOrder',
    ],
    ['that are none', [[0, '']], 'InvalidArgument'],
    ['beyond the last', [[10_001, '']], 'InvalidArgument'],
    ['nowhere', [], 'MalformedXML'],
    ['of another upload', [[5, 'D41D8CD98F00B204E9800998ECF8427E']], 'InvalidPart'],
  ] as [string, [number, string][], string][]) {
    it(`is refused with parts ${what}`, async () => {
      const uploadId = await begin('/fc-code/bad')
      assert.equal((await complete('/fc-code/bad', uploadId, parts)).code, code)
      assert.equal((await ask('GET', '/fc-code/bad')).code, 'NoSuchKey')
      assert.equal((await ask('DELETE', `/fc-code/bad?uploadId=${uploadId}`)).status, 204)
    })
  }

  it('is not made with a part that is replaced at the same time', async () => {
    const uploadId = await begin('/fc-code/race')
    const etag = String((await part('/fc-code/race', uploadId, 1, 'first')).headers.etag)
    const [completed, replaced] = await Promise.all([
      complete('/fc-code/race', uploadId, [[1, etag]]),
      part('/fc-code/race', uploadId, 1, 'other'),
    ])
    const outcome = [completed.code, replaced.code]
    assert.ok(
      [
        [undefined, 'NoSuchUpload'],
        ['InvalidPart', undefined],
      ].some((allowed) => JSON.stringify(allowed) === JSON.stringify(outcome)),
      JSON.stringify(outcome),
    )
    if (completed.status === 200) assert.equal((await ask('GET', '/fc-code/race')).body.toString(), 'first')
  })
})

describe('appending', () => {
  it('by many at one position lets one of them', async () => {
    await ask('POST', '/fc-code/many?append&position=0', 'x')
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((text) => ask('POST', '/fc-code/many?append&position=1', text)),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409])
    const { body, headers } = await ask('GET', '/fc-code/many')
    assert.match(body.toString(), /^x[abcd]$/)
    assert.equal(headers['x-oss-hash-crc64ecma'], crc64Decimal(body))
  })

  for (const [target, code] of [
    ['/fc-code/new?append&position=1', 'PositionNotEqualToLength'],
    ['/fc-code/new?append', 'PositionNotEqualToLength'],
    ['/fc-code/new?append&position=-1', 'InvalidArgument'],
    ['/fc-code/new?append&position=x', 'InvalidArgument'],
  ] as const) {
    it(`${target}: ${code}`, async () => {
      assert.equal((await ask('POST', target, 'x')).code, code)
      assert.equal((await ask('GET', '/fc-code/new')).code, 'NoSuchKey')
    })
  }
})

describe('a platform that dies', () => {
  it('between taking an object away and its bytes, leaves them to the next', async () => {
    const records = memoryRecordStore()
    const blobs = memoryBlobStore()
    let isDead = false
    const dying: typeof blobs = {
      ...blobs,
      remove: (blobId) => (isDead ? Promise.reject(new Error('dead')) : blobs.remove(blobId)),
    }
    const first = await runningObjects({ records, blobs: dying })
    const uploadId = await begin('/fc-code/p', first)
    const etag = String((await part('/fc-code/p', uploadId, 1, 'first', first)).headers.etag)
    await complete('/fc-code/p', uploadId, [[1, etag]], first)
    await first.ask({ method: 'PUT', target: '/fc-code/whole', body: 'x' })
    isDead = true
    for (const key of ['p', 'whole'])
      assert.equal((await first.ask({ method: 'DELETE', target: `/fc-code/${key}` })).status, 204)
    assert.equal((await first.blobIds()).length, 2)
    isDead = false
    await sweepGarbage(first.store)
    assert.equal(await sweepOrphans(blobs, [namedBlobs(records)]), 1)
    assert.deepEqual(await first.blobIds(), [])
    assert.deepEqual(await records.list({ prefix: 'objects/part/', limit: 1 }), [])
    await first.stop()
  })

  it('or is told that nothing could be kept, keeps neither a part nor half an object', async () => {
    const records = memoryRecordStore()
    let isFull = false
    const failing: RecordStore = {
      ...records,
      commit: (writes) => (isFull ? Promise.reject(new Error('the disk is full')) : records.commit(writes)),
    }
    const full = await runningObjects({ records: failing, blobs: memoryBlobStore() })
    const uploadId = await begin('/fc-code/p', full)
    isFull = true
    assert.equal((await part('/fc-code/p', uploadId, 1, 'first', full)).status, 500)
    assert.equal(
      (await full.ask({ method: 'POST', target: '/fc-code/a?append&position=0', body: 'x' })).status,
      500,
    )
    assert.deepEqual(await full.blobIds(), [])
    await full.stop()
  })
})
