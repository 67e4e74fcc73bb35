/** Access logs: what is asked for, what a line says, and how lines become objects, once each. */
import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { AnnouncementsFull } from '../../ports/announcements.ts'
import type { RecordStore } from '../../ports/records.ts'
import { headOf } from '../../wire/product-server.ts'
import { presignOssV1 } from '../../wire/signatures/oss-v1.ts'
import { accessLogLine } from './access-log-line.ts'
import { AccessLogs } from './access-logs.ts'
import { ACCOUNT_ID, type Answer, NOW_MS, root, runningObjects } from './objects.testing.ts'

const documentOf = (target: string, prefix = ''): string =>
  `<BucketLoggingStatus><LoggingEnabled><TargetBucket>${target}</TargetBucket><TargetPrefix>${prefix}</TargetPrefix></LoggingEnabled></BucketLoggingStatus>`

type Oss = Awaited<ReturnType<typeof runningObjects>>
const put = (oss: Oss, target: string, body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  oss.ask({ method: 'PUT', target, body, headers })

/** As programs that read such logs take a line apart. */
const fieldsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|\[([^\]]*)\]|(\S+)/g)].map(([, quoted, time, bare]) => quoted ?? time ?? bare!)

async function logsIn(oss: Oss, bucket: string): Promise<{ name: string; lines: string[] }[]> {
  // Requests are signed with the time at which the tests begin.
  const aheadMs = oss.clock.now() - NOW_MS
  oss.clock.jump(-aheadMs)
  const listed = await oss.ask({ method: 'GET', target: `/${bucket}?max-keys=1000&prefix=log` })
  const names = [...listed.body.toString().matchAll(/<Key>(.*?)<\/Key>/g)].map(([, name]) => name!)
  const logs = await Promise.all(
    names.map(async (name) => {
      const read = await oss.ask({ method: 'GET', target: `/${bucket}/${name}` })
      return { name, lines: read.body.toString().split('\n').slice(0, -1) }
    }),
  )
  oss.clock.jump(aheadMs)
  return logs
}

describe('where logs go', () => {
  let oss: Oss
  const asked: string[] = []
  before(async () => {
    oss = await runningObjects({
      records: memoryRecordStore(),
      blobs: memoryBlobStore(),
      policies: {
        answer({ action, resource }) {
          asked.push(action)
          return action === 'oss:PutObject' && resource.includes('not-mine') ? 'deny' : 'allow'
        },
        flawOf: () => undefined,
      },
    })
    for (const bucket of ['source', 'target', 'not-mine']) await put(oss, `/${bucket}`, '')
  })
  after(() => oss.stop())
  const read = async () => (await oss.ask({ method: 'GET', target: '/source?logging' })).body.toString()

  it('is told, read back, and taken back', async () => {
    assert.match(await read(), /<BucketLoggingStatus><\/BucketLoggingStatus>$/)
    assert.equal((await put(oss, '/source?logging', documentOf('target', 'log-'))).status, 200)
    assert.match(await read(), /<TargetBucket>target<\/TargetBucket><TargetPrefix>log-<\/TargetPrefix>/)
    const info = await oss.ask({ method: 'GET', target: '/source?bucketInfo' })
    assert.match(info.body.toString(), /<LogBucket>target<\/LogBucket><LogPrefix>log-<\/LogPrefix>/)
    assert.equal((await oss.ask({ method: 'DELETE', target: '/source?logging' })).status, 204)
    assert.equal((await put(oss, '/source?logging', documentOf('source'))).status, 200)
    assert.equal((await put(oss, '/source?logging', '<BucketLoggingStatus/>')).status, 200)
    assert.match(await read(), /<BucketLoggingStatus><\/BucketLoggingStatus>$/)
    for (const action of ['oss:PutBucketLogging', 'oss:GetBucketLogging', 'oss:DeleteBucketLogging'])
      assert.ok(asked.includes(action), action)
  })

  it('is refused where it is nowhere, too long, or not theirs to write to', async () => {
    const role = documentOf('target').replace('</LoggingE', '<LoggingRole>r</LoggingRole></LoggingE')
    for (const [document, status, code] of [
      [documentOf('nowhere'), 400, 'InvalidTargetBucketForLogging'],
      [documentOf('not-mine'), 403, 'AccessDenied'],
      [documentOf('target', 'x'.repeat(1000)), 400, 'InvalidArgument'],
      [documentOf('target', '/'), 400, 'InvalidArgument'],
      [role, 501, 'NotImplemented'],
      ['<LoggingEnabled/>', 400, 'MalformedXML'],
    ] as const) {
      const answer = await put(oss, '/source?logging', document)
      assert.deepEqual([answer.status, answer.code], [status, code])
    }
    assert.match(await read(), /<BucketLoggingStatus><\/BucketLoggingStatus>$/)
  })
})

describe('a line', () => {
  let oss: Oss
  before(async () => {
    oss = await runningObjects({ records: memoryRecordStore(), blobs: memoryBlobStore() })
    await put(oss, '/source', '', { 'x-oss-acl': 'public-read' })
    await put(oss, '/target', '')
    await put(oss, '/source?logging', documentOf('target', 'log-'))
  })
  after(() => oss.stop())

  /** What was noted since, one list of fields for each request. */
  async function noted(): Promise<string[][]> {
    await oss.accessLogs.keep()
    assert.ok(await oss.accessLogs.deliver())
    const logs = await logsIn(oss, 'target')
    for (const { name } of logs) await oss.ask({ method: 'DELETE', target: `/target/${name}` })
    return logs.flatMap(({ lines }) => lines.map(fieldsOf))
  }

  it('has the vendor’s fields', async () => {
    const answer = await put(oss, '/source/a%20b', 'hello', {
      'user-agent': 'test "1"',
      referer: 'http://a/',
    })
    const [fields] = await noted()
    assert.match(fields![0]!, /127\.0\.0\.1$/)
    const [requestMs, serverMs, requestBytes] = [fields![7], fields![18], fields![20]]
    assert.deepEqual([requestMs, serverMs], ['0', '0'])
    assert.ok(Number(requestBytes) > 100)
    assert.deepEqual(fields!.slice(1), [
      '-',
      '-',
      '01/Jan/2026:08:00:00 +0800',
      'PUT /source/a%20b HTTP/1.1',
      '200',
      '0',
      '0',
      'http://a/',
      'test %221%22',
      `localhost:${oss.port}`,
      answer.headers['x-oss-request-id'],
      'true',
      ACCOUNT_ID,
      'PutObject',
      'source',
      '/a%20b',
      '5',
      '0',
      '-',
      requestBytes,
      ACCOUNT_ID,
      '5',
      '-',
      '-',
      '-',
      '-',
      root.accessKeyId,
    ])
  })

  it('says what became of a request, whoever asked', async () => {
    const ask = (method: string, target: string, more: object = {}) => oss.ask({ method, target, ...more })
    await ask('GET', '/source/a%20b', { headers: { range: 'bytes=1-2' } })
    await ask('GET', '/source/nothing')
    await ask('GET', '/source/a%20b', { version: 'none' })
    await ask('PUT', '/source/a%20b', { version: 'none', body: 'x' })
    await ask('HEAD', '/source/a%20b')
    await ask('GET', '/source?acl')
    await ask('PUT', '/source?cors', { body: 'no XML' })
    await ask('DELETE', '/source/a%20b')
    const told = (await noted()).map((fields) => [14, 5, 6, 13, 16, 17, 19, 22, 24].map((at) => fields[at]))
    assert.deepEqual(told, [
      ['GetObject', '206', '2', ACCOUNT_ID, '/a%20b', '5', '-', '-', 'Standard'],
      ['GetObject', '404', '0', ACCOUNT_ID, '/nothing', '-', 'NoSuchKey', '-', '-'],
      ['GetObject', '200', '5', '-', '/a%20b', '5', '-', '-', 'Standard'],
      ['PutObject', '403', '0', '-', '/a%20b', '-', 'AccessDenied', '-', '-'],
      ['HeadObject', '200', '0', ACCOUNT_ID, '/a%20b', '5', '-', '-', 'Standard'],
      ['GetBucketAcl', '200', told[5]![2], ACCOUNT_ID, '-', '-', '-', '-', '-'],
      ['PutBucketCors', '400', '0', ACCOUNT_ID, '-', '-', 'MalformedXML', '-', '-'],
      ['DeleteObject', '204', '0', ACCOUNT_ID, '/a%20b', '5', '-', '-5', '-'],
    ])
  })

  it('gives away no signature', async () => {
    const target = `/source/k?OSSAccessKeyId=a&Expires=1&Signature=c2VjcmV0%2B&security-token=tok&x-user=admin`
    const referer = `http://b.example/k?x-oss-signature=c2VjcmV0&x-oss-security-token=tok`
    await oss.ask({ method: 'GET', target, headers: { referer }, version: 'none' })
    const resource = { bucket: 'source', object: 'k' }
    const query = presignOssV1({ method: 'GET' }, resource, root, NOW_MS + 1000)
    const bySignedUrl = { method: 'GET', target: `/source/k?${query}`, version: 'none' } as const
    await put(oss, '/source/k', 'x')
    assert.equal((await oss.ask(bySignedUrl)).status, 200)
    const signature = new URLSearchParams(query.toString()).get('Signature')!
    await oss.ask({ method: 'GET', target: '/source/k', headers: { referer } })
    const lines = (await noted()).flat().join('\n')
    assert.ok(!lines.includes('c2VjcmV0') && !lines.includes('tok\n') && !lines.includes('=tok'), lines)
    assert.match(lines, /[?&]Signature=\*\*\*/)
    assert.ok(!lines.includes(signature) && !lines.includes(encodeURIComponent(signature)))
    assert.match(lines, /x-oss-signature=\*\*\*&x-oss-security-token=\*\*\*/)
  })

  it('is one line of as many fields, whatever a client sends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, other) => {
        const message = {
          method: 'GET',
          url: `/b/k?${text}`,
          headers: { referer: text, 'user-agent': other, host: other },
          rawHeaders: ['Referer', text, 'User-Agent', other],
          httpVersion: '1.1',
        } as unknown as IncomingMessage
        const line = accessLogLine({
          head: headOf(message),
          clientIp: '::1',
          requestId: 'r',
          operation: 'GetObject',
          bucket: 'b',
          object: text,
          principal: { is: 'unknownRole', roleArn: other, sessionName: text },
          accessKeyId: other,
          accountId: '1',
          receivedMs: NOW_MS,
          status: 200,
          errorCode: undefined,
          sentBytes: 1,
          requestMs: 1.5,
          serverMs: 1.2,
          objectBytes: undefined,
          deltaBytes: 0,
          storageClass: undefined,
        })
        assert.ok(!/[\r\n]/.test(line))
        assert.equal(fieldsOf(line).length, 28)
      }),
    )
  })
})

describe('lines', () => {
  const to = { targetBucket: 'target', targetPrefix: 'log-' }
  const quiet = { announce: async () => undefined }

  async function withTarget(records: RecordStore = memoryRecordStore()): Promise<Oss> {
    const oss = await runningObjects({ records, blobs: memoryBlobStore() })
    await put(oss, '/target', '')
    return oss
  }

  it('are an object once an hour', async () => {
    const oss = await withTarget()
    try {
      oss.accessLogs.start()
      const minutes = async (count: number) => {
        for (let minute = 0; minute < count; minute++) {
          oss.clock.advance(60_000)
          for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
        }
      }
      oss.accessLogs.note('source', to, 'one')
      await minutes(1)
      oss.accessLogs.note('source', to, 'two')
      oss.accessLogs.note('other', to, 'three')
      await minutes(58)
      assert.deepEqual(await logsIn(oss, 'target'), [])
      await minutes(1)
      const logs = await logsIn(oss, 'target')
      assert.deepEqual(
        logs.map(({ lines }) => lines),
        [['three'], ['one', 'two']],
      )
      assert.match(logs[0]!.name, /^log-other2026-01-01-09-00-00-[0-9a-f-]{36}$/)
      await minutes(60)
      assert.equal((await logsIn(oss, 'target')).length, 2)
      await oss.accessLogs.close()
      assert.equal(oss.clock.pendingTimers, 0)
    } finally {
      await oss.stop()
    }
  })

  it('that were kept are written by the next platform, and by it once', async () => {
    const oss = await withTarget()
    try {
      oss.accessLogs.note('source', to, 'kept')
      await oss.accessLogs.close()
      oss.clock.advance(1)
      const next = new AccessLogs({ ...oss.store, listeners: quiet })
      next.note('source', to, 'new')
      await next.keep()
      for (let twice = 0; twice < 2; twice++) assert.ok(await next.deliver())
      assert.deepEqual(
        (await logsIn(oss, 'target')).map(({ lines }) => lines),
        [['kept', 'new']],
      )
      assert.deepEqual(await oss.records.list({ prefix: 'objects/access-log/', limit: 9 }), [])
    } finally {
      await oss.stop()
    }
  })

  it('wait in memory while records cannot be written, up to a bound', async () => {
    const real = memoryRecordStore()
    let isFull = false
    const commit = (writes: Parameters<RecordStore['commit']>[0]) =>
      isFull ? Promise.reject(new Error('the disk is full')) : real.commit(writes)
    const records: RecordStore = {
      get: (key) => real.get(key),
      list: (range) => real.list(range),
      commit,
      close: () => real.close(),
    }
    const oss = await withTarget(records)
    try {
      isFull = true
      oss.accessLogs.note('source', to, 'first')
      await oss.accessLogs.keep()
      const long = 'x'.repeat(1024 * 1024)
      for (let count = 0; count < 20; count++) oss.accessLogs.note('source', to, long)
      assert.equal(oss.accessLogs.dropped, 5)
      await oss.accessLogs.keep()
      isFull = false
      await oss.accessLogs.keep()
      assert.ok(await oss.accessLogs.deliver())
      const [log] = await logsIn(oss, 'target')
      assert.deepEqual([log!.lines[0], log!.lines.length], ['first', 16])
    } finally {
      await oss.stop()
    }
  })

  it('are kept ahead of their minute when there are many, by one commit at a time', async () => {
    const real = memoryRecordStore()
    let commits = 0
    const records: RecordStore = {
      get: (key) => real.get(key),
      list: (range) => real.list(range),
      commit: (writes) => {
        commits++
        return real.commit(writes)
      },
      close: () => real.close(),
    }
    const oss = await withTarget(records)
    try {
      commits = 0
      for (let count = 0; count < 1000; count++) oss.accessLogs.note('source', to, 'x'.repeat(1000))
      await oss.accessLogs.keep()
      assert.equal(commits, 1)
      const pieces = await records.list<{ text: string }>({ prefix: 'objects/access-log/', limit: 9 })
      assert.equal(pieces.map(({ value }) => value.text).join('').length, 1_001_000)
    } finally {
      await oss.stop()
    }
  })

  it('stay where they are while their log cannot be written, and go when its bucket has gone', async () => {
    const oss = await withTarget()
    try {
      let isFull = true
      const listeners = {
        async announce() {
          if (isFull) throw new AnnouncementsFull('too many wait')
          return undefined
        },
      }
      const logs = new AccessLogs({ ...oss.store, listeners })
      logs.note('source', to, 'line')
      logs.note('source', { ...to, targetBucket: 'gone' }, 'lost')
      await logs.keep()
      assert.equal(await logs.deliver(), false)
      assert.deepEqual(await oss.blobIds(), [])
      assert.equal((await oss.records.list({ prefix: 'objects/access-log/', limit: 9 })).length, 1)
      isFull = false
      assert.ok(await logs.deliver())
      assert.deepEqual(
        (await logsIn(oss, 'target')).map(({ lines }) => lines),
        [['line']],
      )
    } finally {
      await oss.stop()
    }
  })
})
