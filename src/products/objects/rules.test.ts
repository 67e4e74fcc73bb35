/** What buckets are told to allow, and what time does to objects: over the wire, with a clock that is moved. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { presignOssV1 } from '../../wire/signatures/oss-v1.ts'
import { lifecycle } from './lifecycle.ts'
import { type Answer, type Ask, NOW_MS, root, runningObjects } from './objects.testing.ts'
import { isRefererAllowed, matches } from './referer.ts'

const DAY_MS = 86_400_000

let oss: Awaited<ReturnType<typeof runningObjects>>
before(async () => {
  oss = await runningObjects({ records: memoryRecordStore(), blobs: memoryBlobStore() })
})
after(() => oss.stop())

const put = (target: string, body: string, more: Partial<Ask> = {}): Promise<Answer> =>
  oss.ask({ method: 'PUT', target, body, ...more })
const unsigned = (method: string, target: string, headers: Record<string, string> = {}): Promise<Answer> =>
  oss.ask({ method, target, headers, version: 'none', ...(method === 'PUT' ? { body: 'x' } : {}) })

describe('what ACLs grant to anyone', () => {
  const cases: [bucket: string, object: string, read: number, write: number][] = [
    ['private', 'default', 403, 403],
    ['private', 'public-read', 200, 403],
    ['private', 'public-read-write', 200, 200],
    ['public-read', 'default', 200, 403],
    ['public-read', 'private', 403, 403],
    ['public-read-write', 'default', 200, 200],
    ['public-read-write', 'private', 403, 403],
  ]
  for (const [bucketAcl, objectAcl, read, write] of cases) {
    it(`bucket ${bucketAcl}, object ${objectAcl}: reading is ${read}, writing ${write}`, async () => {
      const bucket = `acl-${bucketAcl}`
      const at = `/${bucket}/${objectAcl}`
      assert.equal((await put(`/${bucket}`, '', { headers: { 'x-oss-acl': bucketAcl } })).status, 200)
      assert.equal((await put(at, 'x', { headers: { 'x-oss-object-acl': objectAcl } })).status, 200)
      assert.equal((await unsigned('GET', at)).status, read)
      assert.equal((await unsigned('HEAD', at)).status, read)
      for (const target of [`/${bucket}`, `${at}?acl`, `${at}?tagging`, `/${bucket}?cors`, '/'])
        assert.equal((await unsigned('GET', target)).code, 'AccessDenied', target)
      assert.equal((await unsigned('PUT', `${at}?acl`)).code, 'AccessDenied')
      assert.equal((await unsigned('PUT', at)).status, write)
      assert.equal((await unsigned('GET', `/${bucket}/nothing`)).status, bucketAcl === 'private' ? 403 : 404)
    })
  }

  it('does not reach where a symlink leads, what many deletions name, or what a form overwrites', async () => {
    await put('/acl-wide', '', { headers: { 'x-oss-acl': 'public-read-write' } })
    await put('/acl-wide/secret', 'secret', { headers: { 'x-oss-object-acl': 'private' } })
    const linked = await unsigned('PUT', '/acl-wide/link?symlink', { 'x-oss-symlink-target': 'secret' })
    assert.equal(linked.status, 200)
    for (const method of ['GET', 'HEAD'])
      assert.equal((await unsigned(method, '/acl-wide/link')).code, 'AccessDenied')
    const copied = await unsigned('PUT', '/acl-wide/copy', { 'x-oss-copy-source': '/acl-wide/link' })
    assert.equal(copied.code, 'AccessDenied')
    assert.equal((await oss.ask({ method: 'GET', target: '/acl-wide/link' })).body.toString(), 'secret')
    const many = '<Delete><Object><Key>link</Key></Object><Object><Key>secret</Key></Object></Delete>'
    const deleted = await oss.ask({ method: 'POST', target: '/acl-wide?delete', body: many, version: 'none' })
    assert.equal(deleted.code, 'AccessDenied')
    const form = (key: string) => {
      const field = `--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n${key}\r\n`
      const file = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n'
      const headers = { 'content-type': 'multipart/form-data; boundary=b' }
      return oss.ask({ method: 'POST', target: '/acl-wide', body: field + file, headers, version: 'none' })
    }
    assert.equal((await form('secret')).code, 'AccessDenied')
    assert.equal((await form('free')).status, 204)
    assert.equal((await oss.ask({ method: 'GET', target: '/acl-wide/secret' })).body.toString(), 'secret')
  })

  it('does not reach what a copy reads', async () => {
    await put('/acl-open', '', { headers: { 'x-oss-acl': 'public-read-write' } })
    await put('/acl-secret', '')
    await put('/acl-secret/k', 'secret')
    const stolen = await unsigned('PUT', '/acl-open/k', { 'x-oss-copy-source': '/acl-secret/k' })
    assert.equal(stolen.code, 'AccessDenied')
  })
})

describe('policies', () => {
  it('that deny win over those who signed, and those that allow over ACLs', async () => {
    const asked: string[] = []
    const other = await runningObjects({
      records: memoryRecordStore(),
      blobs: memoryBlobStore(),
      policies: {
        answer({ principal, action, resource, bucketPolicy }) {
          asked.push(`${action} ${resource}${bucketPolicy ?? ''}`)
          if (['oss:DeleteObject', 'oss:ListBuckets'].includes(action)) return 'deny'
          return principal || resource.endsWith('/fc-code/open') ? 'allow' : 'undecided'
        },
        flawOf: () => undefined,
      },
    })
    try {
      const ask = (method: string, target: string, version?: 'none') =>
        other.ask({
          method,
          target,
          ...(method === 'PUT' ? { body: 'x' } : {}),
          ...(version ? { version } : {}),
        })
      assert.equal((await ask('PUT', '/fc-code/open')).status, 200)
      assert.equal((await ask('PUT', '/fc-code/shut')).status, 200)
      assert.equal((await ask('DELETE', '/fc-code/open')).code, 'AccessDenied')
      assert.equal((await ask('GET', '/fc-code/shut', 'none')).code, 'AccessDenied')
      const resources = 'acs:oss:cn-hangzhou:1234567890123456'
      assert.ok(asked.includes(`oss:PutObject ${resources}:fc-code/open`))
      assert.equal((await ask('GET', '/')).code, 'AccessDenied')
      assert.equal((await other.ask({ method: 'PUT', target: '/made' })).status, 200)
      assert.equal(
        (await other.ask({ method: 'PUT', target: '/mine', version: 'none' })).code,
        'AccessDenied',
      )
      assert.ok(asked.includes(`oss:ListBuckets ${resources}:*`))
      assert.ok(asked.includes(`oss:PutBucket ${resources}:made`))
      const policy = '{"of":"fc-code"}'
      assert.equal((await other.ask({ method: 'PUT', target: '/fc-code?policy', body: policy })).status, 200)
      await ask('GET', '/fc-code/open', 'none')
      assert.ok(asked.includes(`oss:GetObject ${resources}:fc-code/open${policy}`))
    } finally {
      await other.stop()
    }
  })
})

describe('referers', () => {
  it('are matched as the vendor’s wildcards have it', () => {
    for (const [pattern, text, expected] of [
      ['http://a.example', 'http://a.example', true],
      ['http://*.example', 'http://b.c.example', true],
      ['http://a?.example', 'http://ab.example', true],
      ['http://a?.example', 'http://a.example', false],
      ['*a*b*', 'xaxbx', true],
      ['*a*b', 'xaxbx', false],
      ['', 'x', false],
      [`${'*a'.repeat(30)}b`, 'a'.repeat(2000), false],
    ] as const)
      assert.equal(matches(pattern, text), expected, pattern)
    const setting = {
      allowEmpty: false,
      truncateQuery: true,
      allowed: ['http://a.example/*'],
      denied: ['*/no'],
    }
    assert.ok(isRefererAllowed(setting, 'http://a.example/x?y'))
    assert.ok(!isRefererAllowed(setting, 'http://a.example/no?y'))
    assert.ok(!isRefererAllowed(setting, undefined))
  })

  it('are asked of anyone and of signed URLs, not of those who sign their requests', async () => {
    await put('/shown', '', { headers: { 'x-oss-acl': 'public-read' } })
    await put('/shown/k', 'x')
    const list = '<RefererList><Referer>http://a.example</Referer></RefererList>'
    const setting = `<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer>${list}</RefererConfiguration>`
    assert.equal((await put('/shown?referer', setting)).status, 200)
    const url = `/shown/k?${presignOssV1({ method: 'GET' }, { bucket: 'shown', object: 'k' }, root, NOW_MS + 1000)}`
    for (const target of ['/shown/k', url]) {
      assert.equal((await unsigned('GET', target)).code, 'AccessDenied')
      assert.equal((await unsigned('GET', target, { referer: 'http://b.example' })).code, 'AccessDenied')
      assert.equal((await unsigned('GET', target, { referer: 'http://a.example?q' })).status, 200)
    }
    assert.equal((await oss.ask({ method: 'GET', target: '/shown/k' })).status, 200)
  })
})

describe('a bucket that is a web site', () => {
  const site = (more: string) =>
    `<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix>${more}</IndexDocument><ErrorDocument><Key>error.html</Key></ErrorDocument></WebsiteConfiguration>`
  before(async () => {
    await put('/site', '', { headers: { 'x-oss-acl': 'public-read' } })
    for (const key of ['index.html', 'sub/index.html', 'page.html'])
      await put(`/site/${key}`, `this is ${key}`)
    await put('/site/hidden/index.html', 'secret', { headers: { 'x-oss-object-acl': 'private' } })
  })
  const seen = async (path: string) => {
    const { status, body, headers } = await unsigned('GET', `/site${path}`)
    return [status, headers.location ?? body.toString()]
  }

  it('shows its pages to those that do not sign, and its listing to nobody else than its owner', async () => {
    assert.equal((await put('/site?website', site('<SupportSubDir>true</SupportSubDir>'))).status, 200)
    assert.deepEqual(await seen('/'), [200, 'this is index.html'])
    assert.deepEqual(await seen('/page.html'), [200, 'this is page.html'])
    assert.deepEqual(await seen('/sub/'), [200, 'this is sub/index.html'])
    assert.deepEqual(await seen('/sub'), [302, 'sub/'])
    assert.equal((await seen('/nothing'))[0], 404)
    await put('/site/error.html', 'not here')
    for (const path of ['/nothing', '/nothing/', '/sub/nothing'])
      assert.deepEqual(await seen(path), [404, 'not here'])
    assert.equal((await unsigned('GET', '/site/hidden/')).code, 'AccessDenied')
    assert.match((await oss.ask({ method: 'GET', target: '/site' })).body.toString(), /<ListBucketResult>/)
    assert.equal((await oss.ask({ method: 'GET', target: '/site/nothing' })).code, 'NoSuchKey')
  })

  it('does with folders what it is told', async () => {
    await put('/site?website', site(''))
    assert.deepEqual(await seen('/sub/'), [200, 'this is index.html'])
    assert.equal((await seen('/sub'))[0], 404)
    await put('/site?website', site('<SupportSubDir>true</SupportSubDir><Type>2</Type>'))
    assert.deepEqual(await seen('/sub'), [200, 'this is index.html'])
    await put('/site?website', site('<SupportSubDir>true</SupportSubDir><Type>1</Type>'))
    assert.equal((await seen('/sub'))[0], 404)
  })
})

describe('settings that are not right', () => {
  for (const [kind, document, code] of [
    ['cors', '<CORSConfiguration/>', 'MalformedXML'],
    [
      'cors',
      '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>',
      'MalformedXML',
    ],
    ['cors', 'no xml', 'MalformedXML'],
    ['lifecycle', '<LifecycleConfiguration/>', 'MalformedXML'],
    [
      'lifecycle',
      '<LifecycleConfiguration><Rule><Prefix>a</Prefix><Status>Enabled</Status><Expiration><Days>0</Days></Expiration></Rule></LifecycleConfiguration>',
      'MalformedXML',
    ],
    ['policy', '{', 'InvalidPolicyDocument'],
    ['policy', '{"Version":"1","Statement":[]}', 'InvalidPolicyDocument'],
    ['policy', '{"Version":"1","Statement":[null]}', 'InvalidPolicyDocument'],
    ['policy', 'null', 'InvalidPolicyDocument'],
    ['website', '<WebsiteConfiguration/>', 'MalformedXML'],
    ['encryption', '<ServerSideEncryptionRule/>', 'MalformedXML'],
    ['versioning', '<VersioningConfiguration><Status>On</Status></VersioningConfiguration>', 'MalformedXML'],
    ['referer', '<RefererConfiguration/>', 'MalformedXML'],
    ['tagging', '<Tagging/>', 'MalformedXML'],
    ['tagging', `<Tagging>${' '.repeat(1024 * 1024)}</Tagging>`, 'EntityTooLarge'],
  ] as const) {
    it(`${kind} ${document.slice(0, 60)}: ${code}`, async () => {
      assert.equal((await put(`/fc-code?${kind}`, document)).code, code)
    })
  }
})

describe('time', () => {
  const days = (count: number) => oss.clock.jump(count * DAY_MS)
  const ask = (method: string, target: string, more: Partial<Ask> = {}) =>
    oss.ask({
      method,
      target,
      ...(method === 'GET' || method === 'HEAD' ? {} : { body: '' }),
      ...now(),
      ...more,
    })
  /** The clock of the client goes with that of the server. */
  const now = () => ({ headers: { 'x-oss-date': new Date(oss.clock.now()).toUTCString() } })

  it('thaws what was archived, and freezes it again', async () => {
    await put('/fc-code/cold', 'x', { headers: { 'x-oss-storage-class': 'Archive' } })
    const restored = async () => (await ask('HEAD', '/fc-code/cold')).headers['x-oss-restore']
    const restore = () =>
      ask('POST', '/fc-code/cold?restore', { body: '<RestoreRequest><Days>2</Days></RestoreRequest>' })
    assert.equal((await ask('GET', '/fc-code/cold')).code, 'InvalidObjectState')
    assert.equal((await restore()).status, 202)
    assert.equal(await restored(), 'ongoing-request="true"')
    assert.equal((await restore()).code, 'RestoreAlreadyInProgress')
    oss.clock.jump(60_000)
    assert.match(String(await restored()), /^ongoing-request="false", expiry-date=".* GMT"$/)
    assert.equal((await ask('GET', '/fc-code/cold')).body.toString(), 'x')
    assert.equal((await restore()).status, 200)
    days(3)
    assert.equal((await ask('GET', '/fc-code/cold')).code, 'InvalidObjectState')
    const copied = await ask('PUT', '/fc-code/copy', {
      headers: { ...now().headers, 'x-oss-copy-source': '/fc-code/cold' },
    })
    assert.equal(copied.code, 'InvalidObjectState')
  })

  it('takes what lifecycle rules say', async () => {
    const rule = (id: string, prefix: string, does: string) =>
      `<Rule><ID>${id}</ID><Prefix>${prefix}</Prefix><Status>Enabled</Status>${does}</Rule>`
    const rules = [
      rule(
        'gone',
        'logs/',
        '<Tag><Key>keep</Key><Value>no</Value></Tag><Expiration><Days>2</Days></Expiration>',
      ),
      rule(
        'cold',
        'old/',
        '<Transition><Days>1</Days><StorageClass>IA</StorageClass></Transition><Transition><Days>3</Days><StorageClass>Archive</StorageClass></Transition>',
      ),
      rule('parts', 'up/', '<AbortMultipartUpload><Days>1</Days></AbortMultipartUpload>'),
    ]
    assert.equal((await ask('PUT', '/timed')).status, 200)
    const at = { ...now() }
    for (const key of ['logs/a', 'other/a', 'old/a']) await ask('PUT', `/timed/${key}`, { body: 'x' })
    await ask('PUT', '/timed/logs/b', { headers: { ...at.headers, 'x-oss-tagging': 'keep=no' }, body: 'x' })
    await ask('POST', '/timed/up/k?uploads')
    const document = `<LifecycleConfiguration>${rules.join('')}</LifecycleConfiguration>`
    assert.equal((await ask('PUT', '/timed?lifecycle', { body: document })).status, 200)
    const apply = lifecycle(oss.store)
    const classOf = async () => (await ask('HEAD', '/timed/old/a')).headers['x-oss-storage-class']
    const blobs = (await oss.blobIds()).length
    await apply()
    assert.equal(await classOf(), 'Standard')
    days(1)
    await apply()
    assert.equal(await classOf(), 'IA')
    assert.match(
      (await ask('GET', '/timed?uploads')).body.toString(),
      /<IsTruncated>false<\/IsTruncated><\/List/,
    )
    assert.equal((await ask('GET', '/timed/logs/b')).status, 200)
    days(1)
    await apply()
    assert.equal((await ask('GET', '/timed/logs/b')).code, 'NoSuchKey')
    assert.equal((await oss.blobIds()).length, blobs - 1)
    days(1)
    await apply()
    assert.equal(await classOf(), 'Archive')
    for (const key of ['logs/a', 'other/a']) assert.equal((await ask('GET', `/timed/${key}`)).status, 200)
  })

  it('takes old versions, and markers that hide nothing', async () => {
    await ask('PUT', '/aged')
    const enabled = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    await ask('PUT', '/aged?versioning', { body: enabled })
    const rule =
      '<Rule><Prefix></Prefix><Status>Enabled</Status><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration><NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays></NoncurrentVersionExpiration></Rule>'
    await ask('PUT', '/aged?lifecycle', { body: `<LifecycleConfiguration>${rule}</LifecycleConfiguration>` })
    const versions = async () =>
      (await ask('GET', '/aged?versions')).body.toString().match(/<(Version|DeleteMarker)>/g)?.length ?? 0
    await ask('PUT', '/aged/k', { body: '1' })
    days(5)
    await ask('PUT', '/aged/k', { body: '2' })
    const apply = lifecycle(oss.store)
    await apply()
    assert.equal(await versions(), 2, 'it is not older than its successor')
    days(2)
    await apply()
    assert.equal(await versions(), 1)
    assert.equal((await ask('GET', '/aged/k')).body.toString(), '2')
    await ask('DELETE', '/aged/k')
    days(1)
    await apply()
    assert.equal(await versions(), 2)
    days(1)
    await apply()
    days(1)
    await apply()
    assert.equal(await versions(), 0)
  })
})
