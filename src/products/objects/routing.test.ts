// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the vendor's placeholders
/** RoutingRules: their document, which holds for a request, and where it leads; mirrors have a file of their own. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { presignOssV1 } from '../../wire/signatures/oss-v1.ts'
import { type Answer, type Ask, NOW_MS, root, runningObjects } from './objects.testing.ts'
import { passedQuery } from './routed-request.ts'
import { mayHold, renamed } from './routing.ts'

let oss: Awaited<ReturnType<typeof runningObjects>>
before(async () => {
  oss = await runningObjects({ records: memoryRecordStore(), blobs: memoryBlobStore() })
  await put('/site', '', { 'x-oss-acl': 'public-read' })
  await put('/site/there', 'bytes')
  await put('/site/other/there', 'other bytes')
  await put('/site/secret', 'secret', { 'x-oss-object-acl': 'private' })
})
after(() => oss.stop())

const put = (target: string, body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  oss.ask({ method: 'PUT', target, body, headers })
const get = (target: string, more: Partial<Ask> = {}): Promise<Answer> =>
  oss.ask({ method: 'GET', target, version: 'none', ...more })

const rule = (number: number, condition: string, redirect: string): string =>
  `<RoutingRule><RuleNumber>${number}</RuleNumber><Condition>${condition}</Condition><Redirect>${redirect}</Redirect></RoutingRule>`
const putRules = (...rules: string[]): Promise<Answer> =>
  put(
    '/site?website',
    `<WebsiteConfiguration><RoutingRules>${rules.join('')}</RoutingRules></WebsiteConfiguration>`,
  )
const status = (code: number): string => `<HttpErrorCodeReturnedEquals>${code}</HttpErrorCodeReturnedEquals>`
const external = (more = ''): string =>
  `<RedirectType>External</RedirectType><HostName>a.example</HostName>${more}`
const mirror = (more = '', url = 'http://a.example/'): string =>
  `<RedirectType>Mirror</RedirectType><MirrorURL>${url}</MirrorURL>${more}`
const many = (count: number, text: string): string => text.repeat(count)

describe('a document of rules', () => {
  it('is read back as it was put, in the order of the numbers', async () => {
    const header = '<IncludeHeader><Key>host</Key><Equals>h</Equals></IncludeHeader>'
    const ends =
      '<IncludeHeader><Key>x-a</Key><StartsWith>s</StartsWith><EndsWith>e</EndsWith></IncludeHeader>'
    const second = rule(
      7,
      `<KeyPrefixEquals>a/</KeyPrefixEquals><KeySuffixEquals>.x</KeySuffixEquals>${status(404)}${header}${ends}`,
      '<RedirectType>Mirror</RedirectType><PassQueryString>true</PassQueryString><ReplaceKeyPrefixWith>b/</ReplaceKeyPrefixWith><EnableReplacePrefix>true</EnableReplacePrefix>' +
        '<MirrorURL>https://a.example/dir/</MirrorURL><MirrorPassQueryString>false</MirrorPassQueryString><MirrorFollowRedirect>false</MirrorFollowRedirect><MirrorCheckMd5>true</MirrorCheckMd5>' +
        '<MirrorHeaders><PassAll>true</PassAll><Pass>a</Pass><Pass>b</Pass><Remove>c</Remove><Set><Key>d</Key><Value>1 2</Value></Set></MirrorHeaders>',
    )
    const first = rule(
      2,
      status(403),
      '<RedirectType>AliCDN</RedirectType><ReplaceKeyWith>p/${key}.s</ReplaceKeyWith><Protocol>https</Protocol><HostName>a.example</HostName><HttpRedirectCode>301</HttpRedirectCode>',
    )
    assert.equal((await putRules(second, first)).status, 200)
    const read = (await oss.ask({ method: 'GET', target: '/site?website' })).body.toString()
    assert.equal(read.slice(read.indexOf('<RoutingRule>'), read.indexOf('</RoutingRules>')), first + second)
    assert.equal((await oss.ask({ method: 'DELETE', target: '/site?website' })).status, 204)
    assert.equal((await get('/site/nothing')).code, 'NoSuchKey')
  })

  const wrong: [what: string, rules: string[], code: string][] = [
    ['no number', ['<RoutingRule><Condition/><Redirect/></RoutingRule>'], 'MalformedXML'],
    ['no type', [rule(1, '', '<HostName>a.example</HostName>')], 'MalformedXML'],
    ['a number that is none', [rule(0, '', external())], 'InvalidArgument'],
    ['one number twice', [rule(1, '', external()), rule(1, '', external())], 'InvalidArgument'],
    ['too many', Array.from({ length: 21 }, (_, at) => rule(at + 1, '', external())), 'InvalidArgument'],
    ['a type that is none', [rule(1, '', '<RedirectType>Up</RedirectType>')], 'InvalidArgument'],
    ['a status of no refusal', [rule(1, status(200), external())], 'InvalidArgument'],
    [
      'a code that leads nowhere',
      [rule(1, '', external('<HttpRedirectCode>305</HttpRedirectCode>'))],
      'InvalidArgument',
    ],
    ['a protocol of another kind', [rule(1, '', external('<Protocol>ftp</Protocol>'))], 'InvalidArgument'],
    ['a host that is none', [rule(1, '', external().replace('a.example', 'a.example/x'))], 'InvalidArgument'],
    ['a redirect to itself', [rule(1, '', '<RedirectType>External</RedirectType>')], 'InvalidArgument'],
    [
      'two ways to rename',
      [
        rule(
          1,
          '',
          external('<ReplaceKeyWith>a</ReplaceKeyWith><ReplaceKeyPrefixWith>b</ReplaceKeyPrefixWith>'),
        ),
      ],
      'InvalidArgument',
    ],
    [
      'a name and a prefix',
      [
        rule(
          1,
          '',
          external('<ReplaceKeyWith>a</ReplaceKeyWith><EnableReplacePrefix>true</EnableReplacePrefix>'),
        ),
      ],
      'InvalidArgument',
    ],
    [
      'a flag that is none',
      [rule(1, '', external('<PassQueryString>yes</PassQueryString>'))],
      'InvalidArgument',
    ],
    ['a mirror of what is there', [rule(1, '', mirror())], 'InvalidArgument'],
    ['a mirror of what is denied', [rule(1, status(403), mirror())], 'InvalidArgument'],
    ['a mirror without a slash', [rule(1, status(404), mirror('', 'http://a.example'))], 'InvalidArgument'],
    [
      'a mirror with a password',
      [rule(1, status(404), mirror('', 'http://a:b@a.example/'))],
      'InvalidArgument',
    ],
    ['a mirror with a query', [rule(1, status(404), mirror('', 'http://a.example/?a=/'))], 'InvalidArgument'],
    ['a mirror of a file', [rule(1, status(404), mirror('', 'file:///etc/'))], 'InvalidArgument'],
    [
      'too many headers',
      [rule(1, status(404), mirror(`<MirrorHeaders>${many(11, '<Pass>a</Pass>')}</MirrorHeaders>`))],
      'InvalidArgument',
    ],
    [
      'a header that is none',
      [rule(1, status(404), mirror('<MirrorHeaders><Pass>a b</Pass></MirrorHeaders>'))],
      'InvalidArgument',
    ],
    [
      'a header of two lines',
      [
        rule(
          1,
          status(404),
          mirror('<MirrorHeaders><Set><Key>a</Key><Value>1\r\nb: 2</Value></Set></MirrorHeaders>'),
        ),
      ],
      'InvalidArgument',
    ],
    [
      'a header that frames',
      [
        rule(
          1,
          status(404),
          mirror('<MirrorHeaders><Set><Key>Content-Length</Key><Value>1</Value></Set></MirrorHeaders>'),
        ),
      ],
      'InvalidArgument',
    ],
    [
      'too many conditions',
      [rule(1, many(11, '<IncludeHeader><Key>a</Key></IncludeHeader>'), external())],
      'InvalidArgument',
    ],
    [
      'what is not built',
      [rule(1, status(404), mirror('<MirrorUsingRole>true</MirrorUsingRole>'))],
      'NotImplemented',
    ],
    [
      'scripts',
      [
        rule(1, '', external()).replace(
          '</RoutingRule>',
          '<LuaConfig><Script>a.lua</Script></LuaConfig></RoutingRule>',
        ),
      ],
      'NotImplemented',
    ],
  ]
  for (const [what, rules, code] of wrong)
    it(`with ${what} is refused`, async () => assert.equal((await putRules(...rules)).code, code))

  it('may say what it does not want of what is not built', async () => {
    const off = '<MirrorUsingRole>false</MirrorUsingRole><MirrorSNI></MirrorSNI>'
    assert.equal((await putRules(rule(1, status(404), mirror(off)))).status, 200)
  })
})

describe('a rule', () => {
  const locationOf = async (target: string, more: Partial<Ask> = {}) => {
    const { status, headers } = await get(target, more)
    return [status, headers.location]
  }

  it('leads away from what is not there, whoever asks', async () => {
    await putRules(rule(1, status(404), external()))
    assert.deepEqual(await locationOf('/site/no%20thing/%2B'), [302, 'http://a.example/no%20thing/%2B'])
    assert.deepEqual(await locationOf('/site/no', { version: 'v4' }), [302, 'http://a.example/no'])
    assert.equal((await get('/site/there')).body.toString(), 'bytes')
    assert.equal((await get('/site/nothing?versionId=null', { version: 'v1' })).code, 'NoSuchVersion')
    assert.equal((await oss.ask({ method: 'HEAD', target: '/site/nothing' })).status, 404)
  })

  it('says how what it leads to is called', async () => {
    const prefix = `<KeyPrefixEquals>abc/</KeyPrefixEquals>${status(404)}`
    for (const [more, to] of [
      ['<Protocol>https</Protocol><HttpRedirectCode>301</HttpRedirectCode>', 'https://a.example/abc/t.txt'],
      ['<ReplaceKeyPrefixWith>def/</ReplaceKeyPrefixWith>', 'http://a.example/def/t.txt'],
      ['<EnableReplacePrefix>true</EnableReplacePrefix>', 'http://a.example/t.txt'],
      [
        '<ReplaceKeyPrefixWith>def/</ReplaceKeyPrefixWith><EnableReplacePrefix>false</EnableReplacePrefix>',
        'http://a.example/abc/t.txt',
      ],
      ['<ReplaceKeyWith>prefix/${key}.suffix</ReplaceKeyWith>', 'http://a.example/prefix/abc/t.txt.suffix'],
    ] as const) {
      await putRules(rule(1, prefix, external(more)))
      assert.deepEqual(await locationOf('/site/abc/t.txt'), [more.includes('301') ? 301 : 302, to])
      assert.equal((await get('/site/other')).code, 'NoSuchKey')
    }
  })

  it('stays on the host, and in the bucket, where it names none', async () => {
    await putRules(
      rule(1, status(404), '<RedirectType>External</RedirectType><ReplaceKeyWith>there</ReplaceKeyWith>'),
    )
    assert.deepEqual(await locationOf('/site/nothing'), [302, `http://localhost:${oss.port}/site/there`])
    const host = `site.localhost:${oss.port}`
    assert.deepEqual(await locationOf('/nothing', { headers: { host } }), [302, `http://${host}/there`])
  })

  it('passes the query on where it says so, but nothing of a signature', async () => {
    await putRules(rule(1, status(404), external('<PassQueryString>true</PassQueryString>')))
    assert.deepEqual(await locationOf('/site/k?a=b&c=%20d'), [302, 'http://a.example/k?a=b&c=%20d'])
    const query = presignOssV1({ method: 'GET' }, { bucket: 'site', object: 'k' }, root, NOW_MS + 1000)
    assert.deepEqual(await locationOf(`/site/k?${query}&a=b`), [302, 'http://a.example/k?a=b'])
    await putRules(rule(1, status(404), external()))
    assert.deepEqual(await locationOf('/site/k?a=b'), [302, 'http://a.example/k'])
  })

  it('is asked in the order of its number, and the first that holds is followed', async () => {
    const to = (host: string) => external().replace('a.example', host)
    await putRules(
      rule(3, '', to('any.example')),
      rule(2, status(403), to('denied.example')),
      rule(1, `<KeySuffixEquals>.jpg</KeySuffixEquals>${status(404)}`, to('jpg.example')),
    )
    for (const [name, host] of [
      ['secret', 'denied'],
      ['a.jpg', 'jpg'],
      ['nothing', 'any'],
      ['there', 'any'],
    ])
      assert.deepEqual(await locationOf(`/site/${name}`), [302, `http://${host}.example/${name}`])
  })

  it('looks at headers', async () => {
    const header = (tests: string): string => `<IncludeHeader><Key>X-Kind</Key>${tests}</IncludeHeader>`
    const tests = '<StartsWith>im</StartsWith><EndsWith>ge</EndsWith>'
    await putRules(rule(1, status(404) + header(tests), external()))
    for (const [value, code] of [
      ['image', 302],
      ['imag', 404],
      ['x-image', 404],
    ] as const)
      assert.equal((await get('/site/nothing', { headers: { 'x-kind': value } })).status, code)
    assert.equal((await get('/site/nothing')).status, 404)
  })

  it('shows another object in place of one, to those that may read it', async () => {
    const internal = (name: string) =>
      `<RedirectType>Internal</RedirectType><ReplaceKeyWith>${name}</ReplaceKeyWith>`
    await putRules(rule(1, status(404), internal('other/${key}')))
    assert.equal((await get('/site/there')).body.toString(), 'bytes')
    await oss.ask({ method: 'DELETE', target: '/site/there' })
    assert.equal((await get('/site/there')).body.toString(), 'other bytes')
    assert.equal((await get('/site/nothing')).code, 'NoSuchKey')
    await putRules(rule(1, status(404), internal('secret')))
    assert.equal((await get('/site/there')).code, 'AccessDenied')
    assert.equal((await get('/site/there', { version: 'v1' })).body.toString(), 'secret')
    await put('/site/there', 'bytes')
  })

  it('comes before the page of a site that says what is not there', async () => {
    await put('/site/error.html', 'an error')
    const page = '<ErrorDocument><Key>error.html</Key></ErrorDocument>'
    const rules = rule(1, `<KeyPrefixEquals>away/</KeyPrefixEquals>${status(404)}`, external())
    const site = `<WebsiteConfiguration>${page}<RoutingRules>${rules}</RoutingRules></WebsiteConfiguration>`
    assert.equal((await put('/site?website', site)).status, 200)
    assert.equal((await get('/site/nothing')).body.toString(), 'an error')
    assert.equal((await get('/site/away/k')).status, 302)
  })
})

describe('for every name', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 })

  it('a condition holds for what begins and ends as it says, and for nothing else', () => {
    fc.assert(
      fc.property(text, text, text, text, (prefix, middle, suffix, other) => {
        const condition = { prefix, suffix, headers: [] }
        assert.ok(mayHold(condition, { object: prefix + middle + suffix, headers: {} }))
        const holds = mayHold(condition, { object: other, headers: {} })
        assert.equal(holds, other.startsWith(prefix) && other.endsWith(suffix))
      }),
    )
  })

  it('a prefix is replaced once, and a name as it is', () => {
    fc.assert(
      fc.property(text, text, text, (prefix, rest, given) => {
        const object = prefix + rest
        assert.equal(renamed(object, { prefix }, { prefixWith: given }), given + rest)
        assert.equal(renamed(object, { prefix }, { replacesPrefix: true }), rest)
        assert.equal(renamed(object, { prefix }, { replacesPrefix: false, prefixWith: given }), object)
        assert.equal(renamed(object, { prefix }, { keyWith: 'a/${key}/${key}' }), `a/${object}/${object}`)
      }),
    )
  })

  it('no parameter of a signature is passed on, however it is written', () => {
    const secret = fc.constantFrom(
      'Signature',
      'signature',
      '%53ignature',
      'x-oss-signature',
      'security-token',
      'OSSAccessKeyId',
    )
    const plain = fc.constantFrom('a=1', 'b', 'Signatur=2', 'x=%26')
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            plain,
            secret.map((name) => `${name}=secret`),
          ),
        ),
        (items) => {
          const passed = passedQuery(items.join('&'))
          const expected = items.filter((item) => !item.endsWith('=secret'))
          assert.equal(passed, expected.length === 0 ? '' : `?${expected.join('&')}`)
        },
      ),
    )
  })
})
