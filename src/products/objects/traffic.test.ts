/** Limits of speed: what they are, that bytes keep to them, and that each operation that takes one does. */
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { type Ask, runningObjects } from './objects.testing.ts'
import { paced, pacedReply, trafficLimitOf } from './traffic.ts'

const SLOWEST = '819200'
const never = new AbortController().signal

/** Moves the clock from timer to timer until the work is done; answers how much time that took. */
async function passing<T>(clock: ManualClock, work: Promise<T>): Promise<{ result: T; tookMs: number }> {
  const startMs = clock.monotonicMs()
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  // Whoever waits below hears of it.
  done.catch(() => {})
  while (!isDone) {
    await new Promise(setImmediate)
    if (clock.pendingTimers > 0) clock.advance(1)
  }
  return { result: await done, tookMs: clock.monotonicMs() - startMs }
}

describe('a limit of speed', () => {
  it('is a number of bits within the bounds, in one place', () => {
    const limit = (header?: string, query?: string) =>
      trafficLimitOf(
        header === undefined ? {} : { 'x-oss-traffic-limit': header },
        new URLSearchParams(query === undefined ? {} : { 'x-oss-traffic-limit': query }),
      )
    assert.equal(limit(), undefined)
    assert.equal(limit(SLOWEST), 102_400)
    assert.equal(limit(undefined, '838860800'), 104_857_600)
    for (const wrong of ['', 'abc', '819199', '838860801', '-819200', '819200.5', '1e6', ' 819200'])
      assert.throws(() => limit(wrong), { code: 'InvalidArgument' })
    assert.throws(() => limit(SLOWEST, SLOWEST), { code: 'InvalidArgument' })
  })

  it('changes no byte, and lets none pass too early, whatever the pieces are', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 30_000 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 102_400, max: 400_000 }), async (chunks, bytesPerSecond) => {
        const clock = new ManualClock()
        const startMs = clock.monotonicMs()
        const received: Uint8Array[] = []
        let sizeBytes = 0
        const read = async () => {
          const source = Readable.from(chunks, { objectMode: true })
          for await (const piece of paced(source, { bytesPerSecond, clock, signal: never })) {
            sizeBytes += piece.length
            assert.ok(sizeBytes <= (bytesPerSecond * (clock.monotonicMs() - startMs)) / 1000 + 1)
            received.push(piece)
          }
        }
        const { tookMs } = await passing(clock, read())
        assert.deepEqual(Buffer.concat(received), Buffer.concat(chunks))
        assert.ok(tookMs <= (sizeBytes * 1000) / bytesPerSecond + 2)
      }),
      { numRuns: 50 },
    )
  })

  it('that is not asked for is not in the way', () => {
    const source = Readable.from(['x'])
    assert.equal(
      paced(source, { bytesPerSecond: undefined, clock: new ManualClock(), signal: never }),
      source,
    )
    source.destroy()
  })

  it('ends with who waits for it, and closes what it read from', async () => {
    const clock = new ManualClock()
    const gone = new AbortController()
    const waiting = buffer(
      paced(Readable.from([Buffer.alloc(50_000)]), { bytesPerSecond: 102_400, clock, signal: gone.signal }),
    )
    const failed = assert.rejects(waiting, /went away/)
    await new Promise(setImmediate)
    gone.abort(new Error('it went away'))
    await failed
    assert.equal(clock.pendingTimers, 0)
    const source = Readable.from([Buffer.alloc(10)])
    const { body } = pacedReply(
      { status: 200, body: source },
      { bytesPerSecond: 102_400, clock, signal: never },
    )
    ;(body as Readable).destroy()
    await new Promise(setImmediate)
    assert.ok(source.destroyed)
  })
})

describe('operations with a limit', () => {
  let oss: Awaited<ReturnType<typeof runningObjects>>
  before(async () => {
    oss = await runningObjects({
      records: memoryRecordStore(),
      blobs: memoryBlobStore(),
      sizeBytesMax: 1_000_000,
    })
    await oss.ask({ method: 'PUT', target: '/fc-code/source', body: Buffer.alloc(20_480, 'x') })
    const acl = { 'x-oss-object-acl': 'public-read' }
    await oss.ask({ method: 'PUT', target: '/fc-code/open', body: Buffer.alloc(20_480, 'x'), headers: acl })
  })
  after(() => oss.stop())

  const body = Buffer.alloc(20_480, 'x')
  const copy = { 'x-oss-copy-source': '/fc-code/source' }
  const limit = { 'x-oss-traffic-limit': SLOWEST }
  const form =
    `--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nposted\r\n` +
    `--b\r\nContent-Disposition: form-data; name="x-oss-traffic-limit"\r\n\r\n${SLOWEST}\r\n` +
    `--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n${body}\r\n--b--\r\n`
  const cases: [what: string, ask: Ask][] = [
    ['PutObject', { method: 'PUT', target: '/fc-code/put', body, headers: limit }],
    [
      'PutObject by its query',
      { method: 'PUT', target: `/fc-code/put?x-oss-traffic-limit=${SLOWEST}`, body },
    ],
    ['AppendObject', { method: 'POST', target: '/fc-code/log?append&position=0', body, headers: limit }],
    ['CopyObject', { method: 'PUT', target: '/fc-code/copied', body: '', headers: { ...limit, ...copy } }],
    ['GetObject', { method: 'GET', target: '/fc-code/source', headers: limit }],
    [
      'GetObject by nobody',
      { method: 'GET', target: `/fc-code/open?x-oss-traffic-limit=${SLOWEST}`, version: 'none' },
    ],
    [
      'PostObject',
      {
        method: 'POST',
        target: '/forms',
        body: form,
        headers: { 'content-type': 'multipart/form-data; boundary=b' },
        version: 'none',
      },
    ],
  ]
  for (const [what, ask] of cases) {
    it(`${what} takes as long as its bytes do`, async () => {
      const open = { 'x-oss-acl': 'public-read-write' }
      await oss.ask({ method: 'PUT', target: '/forms', body: '', headers: open })
      const { result, tookMs } = await passing(oss.clock, oss.ask(ask))
      assert.ok([200, 204].includes(result.status), result.body.toString().slice(0, 300))
      assert.ok(tookMs >= 200, `${tookMs}`)
      if (ask.method === 'GET') assert.ok(result.body.equals(body))
    })
  }

  it('UploadPart and UploadPartCopy, too', async () => {
    const begun = await oss.ask({ method: 'POST', target: '/fc-code/parts?uploads', body: '' })
    const uploadId = /<UploadId>(.*?)<\/UploadId>/.exec(begun.body.toString())![1]
    const target = `/fc-code/parts?partNumber=1&uploadId=${uploadId}`
    for (const part of [
      { body, headers: limit },
      { body: '', headers: { ...limit, ...copy } },
    ]) {
      const { result, tookMs } = await passing(oss.clock, oss.ask({ method: 'PUT', target, ...part }))
      assert.equal(result.status, 200)
      assert.ok(tookMs >= 200, `${tookMs}`)
    }
  })

  it('refuse one that is none, and keep nothing', async () => {
    const before = await oss.blobIds()
    const wrong = { 'x-oss-traffic-limit': '1' }
    for (const [, ask] of cases.filter(([what]) => !/query|nobody|PostObject/.test(what))) {
      const answer = await oss.ask({
        ...ask,
        target: `${ask.target.replace(/put|log|copied/, 'never')}`,
        headers: { ...ask.headers, ...wrong },
      })
      assert.deepEqual([answer.status, answer.code], [400, 'InvalidArgument'])
    }
    const posted = await oss.ask({ ...cases.at(-1)![1], body: form.replace(SLOWEST, '1') })
    assert.deepEqual([posted.status, posted.code], [400, 'InvalidArgument'])
    assert.deepEqual(await oss.blobIds(), before)
  })
})
