/** Disks that lost or changed bytes: a reader gets the right ones, an error, or a connection that breaks; never wrong ones. */
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, before, it } from 'node:test'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { BlobCorrupt, type BlobStore } from '../../ports/blobs.ts'
import { runningObjects } from './objects.testing.ts'

/** Bytes of every blob from here on are damaged, as the store finds when it comes to them. */
let damagedFrom = Number.POSITIVE_INFINITY
const whole = memoryBlobStore()
const blobs: BlobStore = {
  ...whole,
  async read(blobId, range) {
    const { sizeBytes } = (await whole.stat(blobId)) ?? { sizeBytes: 0 }
    const { start, end } = range ?? { start: 0, end: sizeBytes }
    if (damagedFrom <= start) throw new BlobCorrupt(blobId)
    if (damagedFrom >= end) return whole.read(blobId, range)
    return Readable.from(upTo(await whole.read(blobId, { start, end: damagedFrom }), blobId))
  },
}
async function* upTo(bytes: Readable, blobId: string): AsyncGenerator<Buffer> {
  yield* bytes
  throw new BlobCorrupt(blobId)
}

let oss: Awaited<ReturnType<typeof runningObjects>>
before(async () => {
  oss = await runningObjects({ records: memoryRecordStore(), blobs, sizeBytesMax: 200_000 })
  await oss.ask({ method: 'PUT', target: '/fc-code/a', body: Buffer.alloc(100_000, 'a') })
})
after(() => oss.stop())

const get = (headers: Record<string, string> = {}) =>
  oss.ask({ method: 'GET', target: '/fc-code/a', headers })

it('damage where the answer begins is a 500 that says so', async () => {
  damagedFrom = 0
  const { status, code, body } = await get()
  assert.deepEqual([status, code], [500, 'InternalError'])
  assert.match(String(body), /damaged on the disk/)
  damagedFrom = 50_000
  assert.equal((await get({ range: 'bytes=60000-60010' })).status, 500)
})

it('damage on the way breaks the connection, and the bytes before it can be asked for', async () => {
  damagedFrom = 50_000
  await assert.rejects(get())
  assert.equal((await get({ range: 'bytes=0-49999' })).body.length, 50_000)
})

it('bytes that are gone, of an object that is there, are a 500 and no missing key', async () => {
  damagedFrom = Number.POSITIVE_INFINITY
  assert.equal((await get()).status, 200)
  for (const blobId of await oss.blobIds()) await whole.remove(blobId)
  assert.equal((await get()).code, 'InternalError')
  assert.equal((await oss.ask({ method: 'HEAD', target: '/fc-code/a' })).status, 200)
  assert.equal((await oss.ask({ method: 'GET', target: '/fc-code/b' })).code, 'NoSuchKey')
})
