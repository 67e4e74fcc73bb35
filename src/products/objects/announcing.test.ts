/** Those who have to know of a change: told with it, or it does not happen. */
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { type Announcement, AnnouncementsFull } from '../../ports/announcements.ts'
import type { ObjectEvent } from './needs.ts'
import { runningObjects } from './objects.testing.ts'

const records = memoryRecordStore()
const told: ObjectEvent[] = []
let committed = 0
let isFull = false
const listeners = {
  async announce(event: ObjectEvent): Promise<Announcement> {
    if (isFull) throw new AnnouncementsFull('too many wait')
    told.push(event)
    return { writes: [{ put: `told/${told.length}`, value: event.name }], committed: () => void committed++ }
  },
}

let oss: Awaited<ReturnType<typeof runningObjects>>
before(async () => {
  oss = await runningObjects({ records, blobs: memoryBlobStore(), listeners })
})
after(() => oss.stop())

const ask = (method: string, target = '/fc-code/a', more: object = {}) => oss.ask({ method, target, ...more })
const kept = async () =>
  (await records.list<string>({ prefix: 'told/', limit: 10 })).map(({ value }) => value)

it('is committed with the change', async () => {
  assert.equal((await ask('PUT', '/fc-code/a', { body: 'hello' })).status, 200)
  assert.equal((await ask('DELETE')).status, 204)
  assert.deepEqual(await kept(), ['ObjectCreated:PutObject', 'ObjectRemoved:DeleteObject'])
  assert.equal(committed, 2)
  assert.deepEqual(
    told.map(({ deltaBytes, etag }) => [deltaBytes, etag]),
    [
      [5, '5D41402ABC4B2A76B9719D911017C592'],
      [-5, '5D41402ABC4B2A76B9719D911017C592'],
    ],
  )
})

it('is not made of what does not happen', async () => {
  const headers = { 'x-oss-forbid-overwrite': 'true' }
  await ask('PUT', '/fc-code/b', { body: '1' })
  const before = await kept()
  assert.equal((await ask('PUT', '/fc-code/b', { body: '2', headers })).code, 'FileAlreadyExists')
  await ask('DELETE', '/fc-code/none')
  assert.deepEqual(await kept(), before)
})

it('that finds no room has the change refused, and nothing of it kept', async () => {
  isFull = true
  const refused = await ask('PUT', '/fc-code/c', { body: 'hello' })
  assert.deepEqual([refused.status, refused.code], [503, 'ServiceUnavailable'])
  assert.match(refused.body.toString(), /Please slow down: too many wait\./)
  assert.equal((await ask('DELETE', '/fc-code/b')).status, 503)
  isFull = false
  assert.equal((await ask('GET', '/fc-code/c')).code, 'NoSuchKey')
  assert.equal((await ask('GET', '/fc-code/b')).body.toString(), '1')
})
