import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import type { RecordStore } from '../../ports/records.ts'
import { presignOssV1 } from '../../wire/signatures/oss-v1.ts'
import { ACCOUNT_ID, type Answer, type Ask, NOW_MS, root, runningObjects, signed } from './objects.testing.ts'
import { isObjectStorageRequest } from './objects-product.ts'

const md5 = (body: string): string => createHash('md5').update(body).digest('base64')

let oss: Awaited<ReturnType<typeof runningObjects>>
before(async () => {
  oss = await runningObjects({ records: memoryRecordStore(), blobs: memoryBlobStore() })
})
after(() => oss.stop())

const put = (target: string, body: string | Buffer, more: Partial<Ask> = {}): Promise<Answer> =>
  oss.ask({ method: 'PUT', target, body, ...more })
const get = (target: string, more: Partial<Ask> = {}): Promise<Answer> =>
  oss.ask({ method: 'GET', target, ...more })

describe('an object', () => {
  for (const version of ['v1', 'v2', 'v4'] as const) {
    it(`is read as it was written (${version})`, async () => {
      const target = `/fc-code/dir/a%20b%2B${version}%E4%BD%A0.txt`
      const headers = {
        'content-type': 'text/plain',
        'content-md5': md5('hello'),
        'cache-control': 'no-cache',
        'x-oss-meta-uid': '7',
        'x-oss-meta-name': Buffer.from('你').toString('latin1'),
      }
      const written = await put(target, 'hello', { headers, version })
      assert.equal(written.status, 200)
      assert.equal(written.headers.etag, '"5D41402ABC4B2A76B9719D911017C592"')
      const read = await get(target, { version })
      assert.equal(read.body.toString(), 'hello')
      const head = await oss.ask({ method: 'HEAD', target, version })
      assert.equal(head.body.length, 0)
      for (const { status, headers: got } of [read, head]) {
        assert.equal(status, 200)
        assert.equal(got['content-length'], '5')
        assert.equal(got['x-oss-meta-name'], headers['x-oss-meta-name'])
        assert.equal(got['last-modified'], 'Thu, 01 Jan 2026 00:00:00 GMT')
        assert.equal(got['x-oss-object-type'], 'Normal')
        assert.equal(got['x-oss-hash-crc64ecma'], written.headers['x-oss-hash-crc64ecma'])
        for (const name of ['content-type', 'content-md5', 'cache-control', 'x-oss-meta-uid'] as const) {
          assert.equal(got[name], headers[name])
        }
      }
    })
  }

  it('has the CRC-64 that clients verify', async () => {
    assert.equal(
      (await put('/fc-code/crc', '123456789')).headers['x-oss-hash-crc64ecma'],
      '11051210869376104954',
    )
  })

  it('that replaces another is all that is left', async () => {
    const before = (await oss.blobIds()).length
    await put('/fc-code/twice', 'one')
    await put('/fc-code/twice', 'two')
    assert.equal((await get('/fc-code/twice')).body.toString(), 'two')
    assert.equal((await oss.blobIds()).length, before + 1)
  })

  it('written by many at once is that of one of them, and leaves no other bytes', async () => {
    const before = (await oss.blobIds()).length
    const bodies = Array.from({ length: 8 }, (_, index) => `body ${index}`)
    const answers = await Promise.all(bodies.map((body) => put('/fc-code/raced', body)))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.ok(bodies.includes((await get('/fc-code/raced')).body.toString()))
    assert.equal((await oss.blobIds()).length, before + 1)
  })

  it('is not overwritten when the client forbids it', async () => {
    const headers = { 'x-oss-forbid-overwrite': 'true' }
    assert.equal((await put('/fc-code/once', 'one', { headers })).status, 200)
    const before = (await oss.blobIds()).length
    const second = await put('/fc-code/once', 'two', { headers })
    assert.deepEqual([second.status, second.code], [409, 'FileAlreadyExists'])
    assert.equal((await get('/fc-code/once')).body.toString(), 'one')
    assert.equal((await oss.blobIds()).length, before)
  })

  it('is gone when it is deleted, and deleting it again is no error', async () => {
    await put('/fc-code/gone', 'x')
    const before = (await oss.blobIds()).length
    assert.equal((await oss.ask({ method: 'DELETE', target: '/fc-code/gone' })).status, 204)
    assert.equal((await oss.blobIds()).length, before - 1)
    assert.equal((await oss.ask({ method: 'DELETE', target: '/fc-code/gone' })).status, 204)
    assert.equal((await get('/fc-code/gone')).code, 'NoSuchKey')
  })

  it('is labelled as the reader asks', async () => {
    await put('/fc-code/label', 'x')
    const read = await get('/fc-code/label?response-content-type=text%2Fcsv&response-cache-control=no-store')
    assert.equal(read.headers['content-type'], 'text/csv')
    assert.equal(read.headers['cache-control'], 'no-store')
    assert.equal((await get('/fc-code/label?response-content-type=a%0Ab')).code, 'InvalidArgument')
  })
})

describe('a part of an object', () => {
  const standard = { 'x-oss-range-behavior': 'standard' }
  const cases: [Record<string, string>, number, string, string | undefined][] = [
    [{ range: 'bytes=0-3' }, 206, '0123', 'bytes 0-3/10'],
    [{ range: 'bytes=8-' }, 206, '89', 'bytes 8-9/10'],
    [{ range: 'bytes=-3' }, 206, '789', 'bytes 7-9/10'],
    [{ range: 'bytes=-30' }, 206, '0123456789', 'bytes 0-9/10'],
    [{ range: 'bytes=5-99' }, 206, '56789', 'bytes 5-9/10'],
    [{ range: 'bytes=10-12' }, 200, '0123456789', undefined],
    [{ range: 'bytes=4-2' }, 200, '0123456789', undefined],
    [{ range: 'lines=1-2' }, 200, '0123456789', undefined],
    [{ range: 'bytes=-0' }, 200, '0123456789', undefined],
  ]
  before(() => put('/fc-code/ten', '0123456789'))
  for (const [headers, status, body, contentRange] of cases) {
    it(`${headers['range']} is ${status} ${body}`, async () => {
      const read = await get('/fc-code/ten', { headers })
      assert.deepEqual(
        [read.status, read.body.toString(), read.headers['content-range']],
        [status, body, contentRange],
      )
      assert.equal(read.headers['content-length'], String(body.length))
    })
  }
  it('that is not there is refused when the client wants the behaviour of the standard', async () => {
    const read = await get('/fc-code/ten', { headers: { range: 'bytes=10-12', ...standard } })
    assert.deepEqual(
      [read.status, read.code, read.headers['content-range']],
      [416, 'InvalidRange', 'bytes */10'],
    )
  })
})

describe('a condition of the reader', () => {
  const etag = '"781E5E245D69B566979B86E28D23F2C7"'
  const cases: [string, string, number][] = [
    ['if-match', etag, 200],
    ['if-match', etag.replaceAll('"', ''), 200],
    ['if-match', '"OTHER"', 412],
    ['if-none-match', etag, 304],
    ['if-none-match', '*', 304],
    ['if-none-match', '"OTHER"', 200],
    ['if-modified-since', 'Thu, 01 Jan 2026 00:00:00 GMT', 304],
    ['if-modified-since', 'Wed, 31 Dec 2025 23:59:59 GMT', 200],
    ['if-modified-since', 'not a date', 200],
    ['if-unmodified-since', 'Thu, 01 Jan 2026 00:00:00 GMT', 200],
    ['if-unmodified-since', 'Wed, 31 Dec 2025 23:59:59 GMT', 412],
  ]
  before(() => put('/fc-code/ten', '0123456789'))
  for (const [name, value, status] of cases) {
    it(`${name}: ${value} is ${status}`, async () => {
      for (const method of ['GET', 'HEAD']) {
        const answer = await oss.ask({ method, target: '/fc-code/ten', headers: { [name]: value } })
        assert.equal(answer.status, status)
        if (status === 304) assert.equal(answer.headers.etag, etag)
        if (status === 412) assert.equal(answer.code, 'PreconditionFailed')
      }
    })
  }
})

describe('an upload that is not whole or not right leaves nothing', () => {
  const cases: [string, Partial<Ask>, number, string][] = [
    ['another MD5', { headers: { 'content-md5': md5('other') } }, 400, 'InvalidDigest'],
    ['an MD5 that is none', { headers: { 'content-md5': 'abc' } }, 400, 'InvalidDigest'],
    [
      'another SHA-256',
      { headers: { 'x-oss-content-sha256': '0'.repeat(64) }, version: 'v4' },
      400,
      'InvalidDigest',
    ],
    ['too large, announced', { body: 'x'.repeat(1001) }, 400, 'EntityTooLarge'],
    [
      'too large, in chunks',
      { body: 'x'.repeat(1001), headers: { 'transfer-encoding': 'chunked' } },
      400,
      'EntityTooLarge',
    ],
    ['a name that is too long', { target: `/fc-code/${'k'.repeat(1024)}` }, 400, 'InvalidObjectName'],
    ['a name that begins with a slash', { target: '/fc-code//k' }, 400, 'InvalidObjectName'],
    ['a bucket that is not there', { target: '/nowhere/k' }, 404, 'NoSuchBucket'],
    ['too much metadata', { headers: { 'x-oss-meta-a': 'x'.repeat(8192) } }, 400, 'InvalidArgument'],
    ['a copy of nothing', { headers: { 'x-oss-copy-source': '/fc-code/nothing' } }, 404, 'NoSuchKey'],
    ['a copy from nowhere', { headers: { 'x-oss-copy-source': 'nothing' } }, 400, 'InvalidArgument'],
    ['a callback that is none', { headers: { 'x-oss-callback': 'e30=' } }, 400, 'InvalidArgument'],
    ['a storage class that is none', { headers: { 'x-oss-storage-class': 'Warm' } }, 400, 'InvalidArgument'],
    ['an ACL that is none', { headers: { 'x-oss-object-acl': 'everybody' } }, 400, 'InvalidArgument'],
    ['tags that are none', { headers: { 'x-oss-tagging': 'a=1&a=2' } }, 400, 'InvalidTag'],
    [
      'a cipher that is none',
      { headers: { 'x-oss-server-side-encryption': 'ROT13' } },
      400,
      'InvalidEncryptionAlgorithmError',
    ],
  ]
  for (const [what, wanted, status, code] of cases) {
    it(what, async () => {
      const before = await oss.blobIds()
      const answer = await put('/fc-code/never', 'hello', wanted)
      assert.deepEqual([answer.status, answer.code], [status, code])
      assert.deepEqual(await oss.blobIds(), before)
      assert.equal((await get('/fc-code/never')).code, 'NoSuchKey')
    })
  }

  it('without a length', async () => {
    const headers = Object.entries(signed({ method: 'PUT', target: '/fc-code/never' }, 'localhost'))
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const socket = connect(oss.port, '127.0.0.1')
    socket.end(`PUT /fc-code/never HTTP/1.1\r\n${lines}connection: close\r\n\r\n`)
    assert.match(await text(socket), /^HTTP\/1\.1 411 [\s\S]*<Code>MissingContentLength</)
    assert.equal((await get('/fc-code/never')).code, 'NoSuchKey')
  })

  it('too large by far, which a client hears that listens only when it has sent everything', async () => {
    const chunked = { 'transfer-encoding': 'chunked' }
    const headers = Object.entries(
      signed({ method: 'PUT', target: '/fc-code/never', headers: chunked }, 'localhost'),
    )
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const socket = connect(oss.port, '127.0.0.1')
    socket.pause()
    const write = (data: string) =>
      new Promise<void>((resolve, reject) => {
        socket.write(data, (error) => (error ? reject(error) : resolve()))
      })
    // Failing to write fails the promise; the event says the same.
    socket.on('error', () => {})
    await write(`PUT /fc-code/never HTTP/1.1\r\n${lines}\r\n`)
    for (let sent = 0; sent < 300; sent++) await write(`10000\r\n${'x'.repeat(0x10000)}\r\n`)
    await write('0\r\n\r\n')
    assert.match(await text(socket), /^HTTP\/1\.1 400 [\s\S]*<Code>EntityTooLarge</)
    assert.equal((await get('/fc-code/never')).code, 'NoSuchKey')
  })

  for (const framing of ['content-length', 'transfer-encoding'] as const) {
    it(`cut off in the middle (${framing})`, async () => {
      const before = await oss.blobIds()
      const wanted: Ask = {
        method: 'PUT',
        target: '/fc-code/never',
        headers:
          framing === 'content-length' ? { 'content-length': '100' } : { 'transfer-encoding': 'chunked' },
        body: '',
      }
      const headers = Object.entries(signed(wanted, 'localhost')).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      )
      const seen = oss.answered.length
      const socket = connect(oss.port, '127.0.0.1')
      socket.on('error', () => {})
      const part = framing === 'content-length' ? 'hello' : '5\r\nhello\r\n'
      socket.write(`PUT /fc-code/never HTTP/1.1\r\n${headers.join('')}\r\n${part}`, () => socket.end())
      const deadline = Date.now() + 10_000
      while (oss.answered.length === seen && Date.now() < deadline)
        await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual([oss.answered.at(-1)?.operation, oss.answered.at(-1)?.status], ['PutObject', 400])
      assert.deepEqual(await oss.blobIds(), before)
      assert.equal((await get('/fc-code/never')).code, 'NoSuchKey')
    })
  }

  it('when its record cannot be kept', async () => {
    const records = memoryRecordStore()
    let broken = false
    const failing: RecordStore = {
      ...records,
      commit: (writes) => (broken ? Promise.reject(new Error('the disk is full')) : records.commit(writes)),
    }
    const other = await runningObjects({ records: failing, blobs: memoryBlobStore() })
    try {
      broken = true
      assert.equal((await other.ask({ method: 'PUT', target: '/fc-code/k', body: 'x' })).status, 500)
      assert.deepEqual(await other.blobIds(), [])
    } finally {
      await other.stop()
    }
  })
})

describe('buckets', () => {
  it('can be made, and made again', async () => {
    for (const headers of [{}, { 'x-oss-acl': 'private' }] as Record<string, string>[]) {
      const made = await oss.ask({ method: 'PUT', target: '/my-bucket/', headers, body: '' })
      assert.deepEqual([made.status, made.headers.location], [200, '/my-bucket'])
    }
    assert.equal((await put('/my-bucket/k', 'x')).status, 200)
  })

  it('are well named, of a class and with an ACL that there is', async () => {
    const make = (target: string, more: Partial<Ask> = {}) =>
      oss.ask({ method: 'PUT', target, body: '', ...more })
    assert.equal((await make('/My_Bucket')).code, 'InvalidBucketName')
    assert.equal((await make('/other', { headers: { 'x-oss-acl': 'everybody' } })).code, 'InvalidArgument')
    const of = (text: string) => `<CreateBucketConfiguration>${text}</CreateBucketConfiguration>`
    assert.equal(
      (await make('/other', { body: of('<StorageClass>Warm</StorageClass>') })).code,
      'InvalidArgument',
    )
    assert.equal((await make('/other', { body: '<Create' })).code, 'MalformedXML')
    assert.equal((await make('/other', { body: '<Other/>' })).code, 'MalformedXML')
    assert.equal((await get('/other')).code, 'NoSuchBucket')
  })

  it('are deleted when they are empty, and only then', async () => {
    const remove = () => oss.ask({ method: 'DELETE', target: '/to-be-deleted' })
    await oss.ask({ method: 'PUT', target: '/to-be-deleted', body: '' })
    await put('/to-be-deleted/k', 'x')
    assert.deepEqual(
      [(await remove()).code, (await put('/to-be-deleted/k', 'y')).status],
      ['BucketNotEmpty', 200],
    )
    await oss.ask({ method: 'DELETE', target: '/to-be-deleted/k' })
    await oss.ask({ method: 'POST', target: '/to-be-deleted/k?uploads', body: '' })
    assert.equal((await remove()).code, 'BucketNotEmpty')
    const uploads = await get('/to-be-deleted?uploads')
    const uploadId = /<UploadId>(.*?)</.exec(uploads.body.toString())![1]
    await oss.ask({ method: 'DELETE', target: `/to-be-deleted/k?uploadId=${uploadId}` })
    assert.equal((await remove()).status, 204)
    assert.equal((await remove()).code, 'NoSuchBucket')
  })

  it('are listed in pages, with the endpoint the client came by', async () => {
    const first = (await get('/?max-keys=1')).body.toString()
    assert.match(first, /<IsTruncated>true<\/IsTruncated><NextMarker>fc-code<\/NextMarker>/)
    const rest = (await get('/?marker=fc-code&prefix=my')).body.toString()
    assert.match(rest, /<Name>my-bucket<\/Name>/)
    assert.match(rest, new RegExp(`<ExtranetEndpoint>localhost:${oss.port}</ExtranetEndpoint>`))
    assert.match(rest, /<CreationDate>2026-01-01T00:00:00\.000Z<\/CreationDate>/)
    assert.match(rest, /<IsTruncated>false<\/IsTruncated>/)
    assert.equal((await get('/?max-keys=1001')).code, 'InvalidArgument')
  })
})

describe('what is not offered is refused, never taken for something else', () => {
  for (const [method, target] of [
    ['PUT', '/fc-code/ten?acl&worm'],
    ['PUT', '/fc-code?inventory&inventoryId=a'],
    ['POST', '/fc-code?worm'],
    ['POST', '/fc-code?metaQuery&comp=query'],
    ['PUT', '/fc-code/ten?retention'],
    ['POST', '/fc-code/ten?seal'],
    ['POST', '/fc-code/ten?asyncFetch'],
    ['GET', '/fc-code/ten?x-oss-process=video%2Fsnapshot'],
    ['GET', '/fc-code/ten?x-oss-process=image%2Fformat%2Cheic'],
    ['PUT', '/fc-code/ten?x-oss-process=image%2Finfo'],
    ['HEAD', '/fc-code/ten?x-oss-process=image%2Finfo'],
    ['POST', '/fc-code/ten?append&position=0&callback=e30%3D'],
    ['DELETE', '/fc-code?replication&comp=delete'],
    ['GET', '/fc-code?cname'],
    ['GET', '/?cloudboxes'],
    ['GET', '/?tag-key=a'],
    ['GET', '/fc-code/ten?x-oss-ac-source-ip=127.0.0.1'],
  ] as const) {
    it(`${method} ${target}`, async () => {
      await put('/fc-code/ten', '0123456789')
      const answer = await oss.ask({ method, target, ...(method === 'GET' ? {} : { body: 'x' }) })
      assert.deepEqual([answer.status, answer.code], [501, 'NotImplemented'])
      assert.equal((await get('/fc-code/ten')).body.toString(), '0123456789')
    })
  }
})

describe('who may', () => {
  const token = (securityToken: string) => ({ ...root, accessKeyId: 'STS.x', securityToken })
  const cases: [string, Partial<Ask>, number, string][] = [
    ['nobody unsigned', { version: 'none' }, 403, 'AccessDenied'],
    ['nobody unknown', { credentials: { ...root, accessKeyId: 'x' } }, 403, 'InvalidAccessKeyId'],
    [
      'nobody with another secret',
      { credentials: { ...root, accessKeySecret: 'x' } },
      403,
      'SignatureDoesNotMatch',
    ],
    ['nobody with a forged token', { credentials: token('forged') }, 403, 'InvalidSecurityToken'],
    ['nobody with an old token', { credentials: token('expired') }, 403, 'SecurityTokenExpired'],
    [
      'nobody of another time',
      { headers: { 'x-oss-date': 'Thu, 01 Jan 2026 00:16:00 GMT' } },
      403,
      'RequestTimeTooSkewed',
    ],
    ['nobody without a time', { headers: { 'x-oss-date': 'noon' } }, 403, 'AccessDenied'],
  ]
  before(() => put('/fc-code/ten', '0123456789'))
  for (const [what, wanted, status, code] of cases) {
    for (const version of wanted.version ? [wanted.version] : (['v1', 'v4'] as const)) {
      it(`${what} (${version})`, async () => {
        const skewed = code === 'RequestTimeTooSkewed' && version === 'v4'
        const headers = skewed ? { 'x-oss-date': '20260101T001600Z' } : (wanted.headers ?? {})
        for (const method of ['GET', 'HEAD', 'DELETE']) {
          const answer = await oss.ask({ target: '/fc-code/ten', ...wanted, method, headers, version })
          assert.deepEqual([answer.status, answer.code], [status, code])
        }
        assert.equal((await get('/fc-code/ten')).status, 200)
      })
    }
  }

  it('a function in its role, everything', async () => {
    assert.equal((await get('/fc-code/ten', { credentials: token('role') })).status, 200)
  })

  it('an upload grant, put what it is for and nothing else', async () => {
    const credentials = token('upload')
    const granted = `/fc-code/${ACCOUNT_ID}/tmp/a.zip`
    for (const version of ['v1', 'v4'] as const) {
      assert.equal((await put(granted, 'zip', { credentials, version })).status, 200)
      for (const [method, target] of [
        ['GET', granted],
        ['HEAD', granted],
        ['DELETE', granted],
        ['PUT', `${granted}?acl`],
        ['PUT', '/fc-code/ten'],
        ['PUT', `/my-bucket/${ACCOUNT_ID}/tmp/a.zip`],
        ['PUT', '/fc-code'],
        ['GET', '/'],
      ] as const) {
        const answer = await oss.ask({
          method,
          target,
          credentials,
          version,
          ...(method === 'PUT' ? { body: 'x' } : {}),
        })
        assert.deepEqual([method, target, answer.status, answer.code], [method, target, 403, 'AccessDenied'])
      }
    }
    assert.equal((await get(granted)).body.toString(), 'zip')
  })

  it('whoever has a presigned URL, for what it is and until it ends', async () => {
    const resource = { bucket: 'fc-code', object: 'ten' }
    const sign = (expiresAtMs: number, method = 'GET') =>
      `/fc-code/ten?${presignOssV1({ method }, resource, root, expiresAtMs)}`
    const ask = (method: string, target: string) => oss.ask({ method, target, version: 'none' })
    assert.equal((await ask('GET', sign(NOW_MS + 1000))).body.toString(), '0123456789')
    assert.equal((await ask('GET', sign(NOW_MS - 1000))).code, 'AccessDenied')
    assert.equal((await ask('DELETE', sign(NOW_MS + 1000))).code, 'SignatureDoesNotMatch')
    assert.equal((await ask('GET', sign(NOW_MS + 1000).replace('ten', 'once'))).code, 'SignatureDoesNotMatch')
  })
})

describe('every answer', () => {
  it('has a request id of 24 hex digits and the name of the server', async () => {
    const answers = await Promise.all([
      put('/fc-code/id', 'x'),
      get('/fc-code/id'),
      get('/fc-code/nope'),
      oss.ask({ method: 'HEAD', target: '/fc-code/nope' }),
      oss.ask({ method: 'DELETE', target: '/fc-code/nope' }),
      get('/fc-code/%ff', { version: 'none' }),
    ])
    const ids = answers.map(({ headers }) => headers['x-oss-request-id'])
    for (const id of ids) assert.match(String(id), /^[0-9A-F]{24}$/)
    assert.equal(new Set(ids).size, ids.length)
    for (const { headers } of answers) assert.equal(headers.server, 'AliyunOSS')
  })

  it('that refuses is XML, with what helps to find out why', async () => {
    const missing = await get('/fc-code/a%26b')
    assert.equal(missing.headers['content-type'], 'application/xml')
    assert.equal(
      missing.body.toString(),
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>' +
        `<RequestId>${missing.headers['x-oss-request-id']}</RequestId><HostId>localhost:${oss.port}</HostId><Key>a&amp;b</Key></Error>`,
    )
    const mismatch = await get('/fc-code/ten', { credentials: { ...root, accessKeySecret: 'x' } })
    assert.match(
      mismatch.body.toString(),
      /<StringToSign>GET\n\n\nThu, 01 Jan 2026 00:00:00 GMT\nx-oss-date:.*\n\/fc-code\/ten<\/StringToSign>/,
    )
  })

  it('to HEAD that refuses has the document in a header', async () => {
    const answer = await oss.ask({ method: 'HEAD', target: '/fc-code/nope' })
    assert.deepEqual([answer.status, answer.body.length, answer.code], [404, 0, 'NoSuchKey'])
  })
})

describe('a request at another port is for Object Storage', () => {
  const cases: [boolean, Record<string, string>, string][] = [
    [true, { authorization: 'OSS a:b' }, ''],
    [true, { authorization: 'OSS4-HMAC-SHA256 Credential=a' }, ''],
    [true, { host: 'fc-code.oss-cn-hangzhou.aliyuncs.com' }, ''],
    [true, { host: '.oss-cn-hangzhou.aliyuncs.com' }, ''],
    [true, {}, 'OSSAccessKeyId=a&Expires=1&Signature=b'],
    [true, {}, 'x-oss-credential=a&x-oss-signature=b'],
    [false, { authorization: 'FC a:b' }, ''],
    [false, { authorization: 'ACS3-HMAC-SHA256 Credential=a', host: 'x.oss-cn-hangzhou.aliyuncs.com' }, ''],
    [false, { host: '127.0.0.1:9000' }, 'prefix=OSSAccessKeyId'],
    [false, { host: 'boss-1.example.com' }, ''],
    [false, {}, ''],
  ]
  for (const [expected, headers, rawQuery] of cases) {
    it(`${expected ? 'when' : 'not when'} it has ${JSON.stringify(headers)} ${rawQuery}`, () => {
      assert.equal(isObjectStorageRequest({ headers, rawQuery }), expected)
    })
  }
})
