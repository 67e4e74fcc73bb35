import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type EventFacts, eventOf, isText } from './event.ts'

const facts = (overrides: Partial<EventFacts>): EventFacts => ({
  method: 'GET',
  target: '/',
  httpVersion: '1.1',
  headers: {},
  body: Buffer.alloc(0),
  clientIp: '127.0.0.1',
  accountId: '1',
  triggerId: 't',
  domainName: 'hello.fcapp.localhost',
  requestId: 'r',
  nowMs: 0,
  ...overrides,
})
const parsed = (overrides: Partial<EventFacts>) => JSON.parse(eventOf(facts(overrides)).toString())

test('an event is the v1 envelope of the vendor, in the order of a captured one', () => {
  const event = eventOf({
    method: 'POST',
    target: '/a%20b?parameter1=value1&parameter2=value1&parameter2=value2',
    httpVersion: '1.1',
    headers: { 'User-Agent': 'PostmanRuntime/7.32.3', Header2: 'value1,value2' },
    body: Buffer.from('Hello FC!'),
    clientIp: '11.11.11.11',
    accountId: '123456',
    triggerId: '1e875ca5',
    domainName: 'hello.fcapp.localhost',
    requestId: '1-64f6cd87-1-1',
    nowMs: 1693896071895,
  }).toString()
  assert.equal(
    event,
    JSON.stringify({
      version: 'v1',
      rawPath: '/a%20b',
      headers: { 'User-Agent': 'PostmanRuntime/7.32.3', Header2: 'value1,value2' },
      queryParameters: { parameter1: 'value1', parameter2: 'value1,value2' },
      body: 'Hello FC!',
      isBase64Encoded: false,
      requestContext: {
        accountId: '123456',
        triggerId: '1e875ca5',
        domainName: 'hello.fcapp.localhost',
        domainPrefix: 'hello',
        requestId: '1-64f6cd87-1-1',
        time: '2023-09-05T06:41:11Z',
        timeEpoch: '1693896071895',
        http: {
          method: 'POST',
          path: '/a b',
          protocol: 'HTTP/1.1',
          sourceIp: '11.11.11.11',
          userAgent: 'PostmanRuntime/7.32.3',
        },
      },
    }),
  )
})

test('any text body comes through as it was, any other as base64 of its bytes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
      fc.constantFrom(
        undefined,
        'text/plain',
        'application/json',
        'image/png',
        'multipart/form-data; boundary=x',
      ),
      (body, contentType) => {
        const event = parsed({
          body,
          headers: contentType === undefined ? {} : { 'Content-Type': contentType },
        })
        const got = Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8')
        assert.deepEqual(got, body)
        const isUtf8 = Buffer.from(body.toString('utf8')).equals(body)
        const binary = /^(image|multipart)/.test(contentType ?? '')
        assert.equal(event.isBase64Encoded, body.length > 0 && (binary || !isUtf8))
      },
    ),
  )
})

for (const [contentType, text] of [
  [undefined, true],
  ['text/html; charset=utf-8', true],
  ['application/json', true],
  ['application/x-www-form-urlencoded', true],
  ['application/vnd.api+json', true],
  ['image/svg+xml', true],
  ['image/png', false],
  ['IMAGE/JPEG', false],
  ['application/octet-stream', false],
  ['application/pdf', false],
  ['application/zip', false],
  ['multipart/form-data; boundary=x', false],
] as const) {
  test(`a body of ${contentType ?? 'no type'} that is ASCII is ${text ? 'text' : 'binary'}`, () => {
    assert.equal(isText(Buffer.from('abc'), contentType), text)
  })
}

test('query parameters are decoded as forms are, and repeated ones are joined in their order', () => {
  fc.assert(
    fc.property(fc.webQueryParameters(), (query) => {
      const expected: Record<string, string> = {}
      for (const [name, value] of new URLSearchParams(`?${query}`)) {
        Object.defineProperty(expected, name, {
          value: Object.hasOwn(expected, name) ? `${expected[name]},${value}` : value,
          configurable: true,
          enumerable: true,
          writable: true,
        })
      }
      assert.deepEqual(parsed({ target: `/?${query}` }).queryParameters, JSON.parse(JSON.stringify(expected)))
    }),
  )
})

test('any path is given encoded and decoded', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (segments) => {
      const path = `/${segments.join('/')}`
      const rawPath = `/${segments.map(encodeURIComponent).join('/')}`
      const event = parsed({ target: rawPath })
      assert.equal(event.rawPath, rawPath)
      assert.equal(event.requestContext.http.path, path)
    }),
  )
})

test('what is badly encoded becomes replacement characters, and never fails', () => {
  const event = parsed({ target: '/%zz%ff?a=%e4%bd&b=100%' })
  assert.equal(event.rawPath, '/%zz%ff')
  assert.equal(event.requestContext.http.path, '/%zz\ufffd')
  assert.deepEqual(event.queryParameters, { a: '\ufffd', b: '100%' })
  fc.assert(
    fc.property(
      fc.string({
        unit: fc
          .integer({ min: 0x21, max: 0xff })
          .filter((code) => code !== 0x7f)
          .map((code) => String.fromCharCode(code)),
      }),
      (text) => {
        const { rawPath, requestContext } = parsed({ target: `/${text}` })
        assert.match(rawPath, /^[\x21-\x7e]+$/)
        assert.ok(requestContext.http.path.startsWith('/'))
      },
    ),
  )
})

test('a parameter may have any name, even one that objects have already', () => {
  const { queryParameters } = parsed({ target: '/?__proto__=1&constructor=2&=3&&toString' })
  assert.deepEqual(Object.entries(queryParameters), [
    ['__proto__', '1'],
    ['constructor', '2'],
    ['', '3'],
    ['toString', ''],
  ])
})

test('UTF-8 that a client put into a path as it is arrives encoded in rawPath and as text in path', () => {
  const event = parsed({ target: `/${Buffer.from('函数').toString('latin1')}` })
  assert.equal(event.rawPath, '/%E5%87%BD%E6%95%B0')
  assert.equal(event.requestContext.http.path, '/函数')
})
