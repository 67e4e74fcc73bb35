/** OSS V1 and V4, against requests recorded from ali-oss, and against a second, plain implementation of the reference. */
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { presignOssV4, signOssV4 } from '../../lib/signing/oss.ts'
import type { SignedRequest } from './compare.ts'
import { type OssResource, ossResources } from './oss-resource.ts'
import { parseOssV1, presignOssV1, verifyOssV1 } from './oss-v1.ts'
import { canonicalQueriesOf, parseOssV4, verifyOssV4 } from './oss-v4.ts'

interface Recorded {
  label: string
  method: string
  target: string
  headers: Record<string, string>
}
const recorded: { recordedAtMs: number; accessKeySecret: string; requests: Recorded[] } = JSON.parse(
  readFileSync(new URL('./recorded-ali-oss.json', import.meta.url), 'utf8'),
)

function requestOf({ method, target, headers }: Recorded): SignedRequest {
  const [rawPath = '', rawQuery = ''] = target.split('?')
  return { method, rawPath, rawQuery, headers }
}

function meant(request: SignedRequest, secret: string): OssResource | undefined {
  const host = typeof request.headers['host'] === 'string' ? request.headers['host'] : undefined
  const candidates = [...ossResources({ rawPath: request.rawPath, host, knownBuckets: ['other', 'my-bkt'] })]
  const v4 = parseOssV4(request)
  if (v4) return candidates.find((resource) => verifyOssV4(request, v4, secret, resource))
  const v1 = parseOssV1(request)
  return v1 && candidates.find((resource) => verifyOssV1(request, v1, secret, resource))
}

const expectedOf: Record<string, OssResource> = {
  put: { bucket: 'my-bkt', object: "dir/a b+c'(你).txt" },
  get: { bucket: 'my-bkt', object: 'k~1.txt' },
  list: { bucket: 'my-bkt' },
  buckets: {},
  acl: { bucket: 'my-bkt', object: 'k' },
  sts: { bucket: 'my-bkt', object: 'k' },
  url: { bucket: 'my-bkt', object: 'a b/你+.txt' },
}

describe('requests of ali-oss', () => {
  for (const request of recorded.requests) {
    it(`${request.label}: verifies for the bucket and key that were meant, and for no other secret`, () => {
      const operation = request.label.split(' ')[2]!
      assert.deepEqual(meant(requestOf(request), recorded.accessKeySecret), expectedOf[operation])
      assert.equal(meant(requestOf(request), 'othersecret'), undefined)
    })

    it(`${request.label}: does not verify once it is changed`, () => {
      const original = requestOf(request)
      const changed: SignedRequest[] = [
        { ...original, method: original.method === 'GET' ? 'PUT' : 'GET' },
        { ...original, rawPath: `${original.rawPath}x` },
        { ...original, rawQuery: `${original.rawQuery}&acl&uploads` },
        { ...original, headers: { ...original.headers, 'x-oss-meta-more': '1' } },
        { ...original, headers: { ...original.headers, 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } },
      ]
      for (const request of changed) assert.equal(meant(request, recorded.accessKeySecret), undefined)
    })
  }

  it('were recorded in all the ways to name a bucket', () => {
    assert.deepEqual(
      new Set(recorded.requests.map(({ label }) => label.split(' ').slice(0, 2).join(' '))),
      new Set(
        ['v1', 'v4'].flatMap((version) =>
          ['ip', 'ipsld', 'path', 'cname'].map((mode) => `${version} ${mode}`),
        ),
      ),
    )
  })
})

describe('a plain client of the reference', () => {
  const secret = 'plainsecret'
  const escapeAll = (text: string): string =>
    [...Buffer.from(text)]
      .map((byte) =>
        /[A-Za-z0-9\-_.~]/.test(String.fromCharCode(byte))
          ? String.fromCharCode(byte)
          : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
      )
      .join('')
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

  function plainV4(
    { method, bucket, key, query, meta }: Plain,
    additional: readonly string[],
    emptyAs: 'bare' | 'equals',
    date = '20260101T000000Z',
  ): SignedRequest {
    const headers: Record<string, string> = {
      host: 'localhost:9000',
      'x-oss-date': date,
      'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
      'x-oss-meta-a': meta,
    }
    const names = ['x-oss-content-sha256', 'x-oss-date', 'x-oss-meta-a', ...additional].sort()
    const items = query
      .map(([name, value]): [string, string] => [escapeAll(name), escapeAll(value)])
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => (value === '' && emptyAs === 'bare' ? name : `${name}=${value}`))
    const path = `/${bucket}/${key}`.split('/').map(escapeAll).join('/')
    const canonical = [
      method,
      path,
      items.join('&'),
      ...names.map((name) => `${name}:${headers[name]!.trim()}`),
      '',
      additional.join(';'),
      'UNSIGNED-PAYLOAD',
    ].join('\n')
    const scope = '20260101/cn-hangzhou/oss/aliyun_v4_request'
    const text = `OSS4-HMAC-SHA256\n${date}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`
    const signing = hmac(
      hmac(hmac(hmac(`aliyun_v4${secret}`, '20260101'), 'cn-hangzhou'), 'oss'),
      'aliyun_v4_request',
    )
    const signature = hmac(signing, text).toString('hex')
    // The order and the blanks are those of oss2 for Python.
    const more = additional.length === 0 ? '' : `, AdditionalHeaders=${additional.join(';')}`
    headers['authorization'] = `OSS4-HMAC-SHA256 Credential=plain/${scope}, Signature=${signature}${more}`
    const rawQuery = query.map(([name, value]) => `${escapeAll(name)}=${escapeAll(value)}`).join('&')
    return { method, rawPath: path, rawQuery, headers }
  }

  function plainV1({ method, bucket, key, meta }: Plain): SignedRequest {
    const date = 'Thu, 01 Jan 2026 00:00:00 GMT'
    const text = `${method}\n\ntext/plain\n${date}\nx-oss-meta-a:${meta.trim()}\n/${bucket}/${key}?acl&uploadId=a+b`
    const authorization = `OSS plain:${createHmac('sha1', secret).update(text).digest('base64')}`
    const path = `/${bucket}/${key}`.split('/').map(escapeAll).join('/')
    const headers = {
      host: 'localhost',
      date,
      'content-type': 'text/plain',
      'x-oss-meta-a': meta,
      authorization,
    }
    return { method, rawPath: path, rawQuery: 'uploadId=a+b&acl=&prefix=unsigned', headers }
  }

  interface Plain {
    method: string
    bucket: string
    key: string
    query: [string, string][]
    meta: string
  }
  const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }).map((text) => text.toWellFormed())
  const plain: fc.Arbitrary<Plain> = fc.record({
    method: fc.constantFrom('GET', 'PUT', 'HEAD', 'DELETE'),
    bucket: fc.stringMatching(/^[a-z][a-z0-9-]{2,8}$/),
    key: fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
    query: fc.uniqueArray(fc.tuple(name, fc.oneof(fc.constant(''), name)), {
      maxLength: 4,
      selector: ([key]) => key,
    }),
    meta: fc.stringMatching(/^[ -~]{0,8}$/),
  })

  it('is understood in V4, however it writes empty values', () => {
    fc.assert(
      fc.property(
        plain,
        fc.constantFrom([], ['host']),
        fc.constantFrom('bare', 'equals'),
        (request, additional, emptyAs) => {
          const signed = plainV4(request, additional, emptyAs)
          const { bucket, key } = request
          assert.deepEqual(meant(signed, secret), { bucket, object: key })
          assert.equal(meant({ ...signed, rawPath: `${signed.rawPath}x` }, secret), undefined)
        },
      ),
    )
  })

  it('is understood in V1, where a plus sign is a plus sign', () => {
    fc.assert(
      fc.property(plain, (request) => {
        const signed = plainV1(request)
        assert.deepEqual(meant(signed, secret), { bucket: request.bucket, object: request.key })
        assert.equal(meant({ ...signed, rawQuery: 'uploadId=a%20b&acl=' }, secret), undefined)
      }),
    )
  })

  it('gets presigned URLs that verify', () => {
    const resource = { bucket: 'my-bkt', object: 'a b.zip' }
    const credentials = { accessKeyId: 'plain', accessKeySecret: secret, securityToken: 'CAIS+/=' }
    const rawQuery = presignOssV1(
      { method: 'GET' },
      resource,
      credentials,
      Date.parse('2026-01-01T00:00:00Z'),
    )
    const request = { method: 'GET', rawPath: '/my-bkt/a%20b.zip', rawQuery, headers: { host: 'localhost' } }
    assert.deepEqual(meant(request, secret), resource)
    const { when, securityToken } = parseOssV1(request)!
    assert.deepEqual(when, { is: 'url', expiresAtMs: Date.parse('2026-01-01T00:00:00Z') })
    assert.equal(securityToken, 'CAIS+/=')
    assert.equal(
      meant({ ...request, rawQuery: rawQuery.replace('Expires=1', 'Expires=2') }, secret),
      undefined,
    )
  })

  it('is not believed when it signs with the key of another day', () => {
    const request = { method: 'GET', bucket: 'my-bkt', key: 'k', query: [] as [string, string][], meta: '' }
    assert.ok(meant(plainV4(request, [], 'bare'), secret))
    assert.equal(meant(plainV4(request, [], 'bare', '20260102T000000Z'), secret), undefined)
  })
})

describe('the ways to write one query', () => {
  it('are bounded, however many values are empty', () => {
    const many = Array.from({ length: 50 }, (_, index) => `k${index}=`).join('&')
    assert.ok(canonicalQueriesOf(many)!.length <= 4)
    assert.ok(canonicalQueriesOf('a=&b=&c=&d=&e=&f=')!.length <= 128)
  })
})

describe('the place a request may mean', () => {
  const places = (rawPath: string, host: string | undefined, knownBuckets: string[] = []): OssResource[] => [
    ...ossResources({ rawPath, host, knownBuckets }),
  ]
  it('is looked for in the host, the path and the buckets there are, in this order', () => {
    assert.deepEqual(places('/b/k/l', 'v.oss-cn-hangzhou.aliyuncs.com', ['c']), [
      { bucket: 'v', object: 'b/k/l' },
      { bucket: 'b', object: 'k/l' },
      { bucket: 'c', object: 'b/k/l' },
    ])
  })
  it('is not read from an address', () => {
    assert.deepEqual(places('/', '127.0.0.1:9000'), [{}])
    assert.deepEqual(places('/', '[::1]:9000'), [{}])
    assert.deepEqual(places('/', '.oss-cn-hangzhou.aliyuncs.com'), [{}])
    assert.deepEqual(places('/b/', undefined), [{ bucket: 'b' }])
  })
  it('is nowhere when the path cannot be decoded', () => {
    assert.deepEqual(places('/b/%ff', 'localhost'), [])
  })
})

describe('what is signed here', () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z')
  const credentials = { accessKeyId: 'ak', accessKeySecret: 'sk', securityToken: 'a/b+c' }
  const resource = { bucket: 'my-bkt', object: "dir/a b+c'(你).txt" }
  const rawPath = `/my-bkt/${encodeURIComponent(resource.object)}`

  it('verifies by its headers for that object only', () => {
    const rawQuery = 'uploadId=a%2Bb&partNumber=1&acl'
    const asked = { method: 'PUT', resource, rawQuery, headers: { 'x-oss-meta-a': 'b' } }
    const headers = signOssV4(asked, credentials, { nowMs, region: 'cn-hangzhou' })
    const request = { method: 'PUT', rawPath, rawQuery, headers }
    const given = parseOssV4(request)!
    assert.equal(given.securityToken, 'a/b+c')
    assert.ok(verifyOssV4(request, given, 'sk', resource))
    assert.ok(!verifyOssV4(request, given, 'sk', { ...resource, object: 'other' }))
    assert.ok(!verifyOssV4({ ...request, rawQuery: 'acl' }, given, 'sk', resource))
  })

  it('verifies as a URL, and says when it ends', () => {
    const asked = { method: 'GET', resource, rawQuery: 'versionId=1' }
    const moment = { nowMs, region: 'cn-hangzhou', expiresSeconds: 60 }
    const rawQuery = presignOssV4(asked, credentials, moment)
    const request = { method: 'GET', rawPath, rawQuery, headers: {} }
    const given = parseOssV4(request)!
    assert.deepEqual(given.when, { is: 'url', dateMs: nowMs, expiresAtMs: nowMs + 60_000 })
    assert.ok(verifyOssV4(request, given, 'sk', resource))
    assert.ok(!verifyOssV4({ ...request, method: 'PUT' }, given, 'sk', resource))
  })
})
