import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { fcSignature, fcStringToSign, signFc, signFcUrl } from '../../lib/signing/fc.ts'
import type { SignedRequest } from './compare.ts'
import { isFcUrl, isMd5Of, parseFc, verifyFc } from './fc.ts'

const credentials = { accessKeyId: 'akID', accessKeySecret: 'S9MWOBG0AOWHSO9HPASP216QOPHT5YR4NLH3A' }
const NOW_MS = Date.parse('2026-01-01T00:00:00Z')

const verifies = (request: SignedRequest, secret = credentials.accessKeySecret): boolean => {
  const given = parseFc(request)
  return given !== undefined && verifyFc(request, given, secret)
}

const vector = {
  method: 'GET',
  rawPath: '/2016-08-15/proxy/service.LATEST/func/abc%20123',
  rawQuery:
    'a=123+45&x-fc-access-key-id=akID&x-fc-expires=1583221068&x-fc-security-token=stsToken&x=xyz&x=456' +
    `&x-fc-signature=${encodeURIComponent('QFdNhz0Dl+onUM/MvpX940WFH3H8OHayZHbby1c01aI=')}`,
  headers: {
    'content-md5': 'ef5b43a0fe1d5b401b62c3ba33a7a3d6',
    'content-type': 'text/json',
    'x-fc-trace-id': 'trace-id',
  },
}

describe('the FC signature', () => {
  it('signs a URL as the Go SDK does', () => {
    assert.equal(
      fcStringToSign({ ...vector, dateLine: '1583221068', form: 'proxy' }),
      'GET\nef5b43a0fe1d5b401b62c3ba33a7a3d6\ntext/json\n1583221068\nx-fc-trace-id:trace-id\n' +
        '/2016-08-15/proxy/service.LATEST/func/abc 123\na=123 45\nx-fc-access-key-id=akID\n' +
        'x-fc-expires=1583221068\nx-fc-security-token=stsToken\nx=456\nx=xyz',
    )
    assert.ok(verifies(vector))
    assert.equal(verifies({ ...vector, method: 'POST' }), false)
    assert.equal(verifies({ ...vector, rawQuery: vector.rawQuery.replace('x=456', 'x=457') }), false)
  })

  it('reads who signed a URL, and until when', () => {
    assert.deepEqual(parseFc(vector), {
      accessKeyId: 'akID',
      securityToken: 'stsToken',
      signature: 'QFdNhz0Dl+onUM/MvpX940WFH3H8OHayZHbby1c01aI=',
      when: { is: 'url', expiresAtMs: 1583221068000, dateLine: '1583221068' },
    })
  })

  it('writes headers and query items in order', () => {
    const text = fcStringToSign({
      method: 'GET',
      rawPath: '/path/action%20with-escaped~chars_here.ext',
      rawQuery: 'key1=xyz&key1=abc&key2=123&foo=bar',
      headers: { 'x-fc-foo': '123', 'x-fc-bar': 'xyz', date: 'd' },
      dateLine: 'd',
      form: 'proxy',
    })
    assert.equal(
      text,
      'GET\n\n\nd\nx-fc-bar:xyz\nx-fc-foo:123\n/path/action with-escaped~chars_here.ext\n' +
        'foo=bar\nkey1=abc\nkey1=xyz\nkey2=123',
    )
  })

  it('leaves the query of an API call out', () => {
    const request = { method: 'GET', rawPath: '/2016-08-15/services', rawQuery: 'limit=5', headers: {} }
    const headers = signFc(request, credentials, NOW_MS)
    assert.ok(verifies({ ...request, headers }))
    assert.ok(verifies({ ...request, rawQuery: '', headers }))
  })

  for (const rawQuery of ['', 'a=', 'a', 'a=1&b=']) {
    it(`takes the query '${rawQuery}' of a proxied call as Node's and as Go's SDK sign it`, () => {
      const request = { method: 'POST', rawPath: '/2016-08-15/proxy/s/f/', rawQuery, headers: { date: 'x' } }
      for (const goStyle of [false, true]) {
        const text = fcStringToSign({ ...request, dateLine: 'x', form: 'proxy', goStyle })!
        const authorization = `FC akID:${fcSignature(credentials.accessKeySecret, text)}`
        assert.ok(verifies({ ...request, headers: { ...request.headers, authorization } }))
      }
    })
  }

  it('of a path that was signed as it is on the wire verifies, and not for another path', () => {
    const request = {
      method: 'GET',
      rawPath: '/2016-08-15/layerarn/a%3Ab',
      rawQuery: '',
      headers: { date: 'x' },
    }
    const text = fcStringToSign({ ...request, dateLine: 'x', form: 'api', encodedPath: true })!
    const authorization = `FC akID:${fcSignature(credentials.accessKeySecret, text)}`
    const headers = { ...request.headers, authorization }
    assert.ok(verifies({ ...request, headers }))
    assert.equal(verifies({ ...request, rawPath: '/2016-08-15/layerarn/a:b', headers }), false)
  })

  for (const malformed of ['FC', 'FC akID', 'FC akID:', 'FC :sig', 'OSS a:b']) {
    it(`is not read from '${malformed}'`, () => {
      const headers = { authorization: malformed }
      assert.equal(parseFc({ method: 'GET', rawPath: '/', rawQuery: '', headers }), undefined)
    })
  }

  it('of any request and any URL that we sign verifies, and not with another secret', () => {
    const text = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 8 })
      .map((each) => encodeURIComponent(each.toWellFormed()))
    const request = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
      rawPath: fc
        .tuple(fc.constantFrom('/2016-08-15', '/2016-08-15/proxy'), text)
        .map(([base, rest]) => `${base}/${rest}/f`),
      rawQuery: fc
        .array(fc.tuple(text, text), { maxLength: 3 })
        .map((items) => items.map((item) => item.join('=')).join('&')),
      headers: fc.record({ 'x-fc-invocation-type': fc.constantFrom('Sync', 'Async') }),
      body: fc.string(),
    })
    fc.assert(
      fc.property(request, (unsigned) => {
        const headers = signFc(unsigned, credentials, NOW_MS)
        assert.ok(verifies({ ...unsigned, headers }))
        assert.equal(verifies({ ...unsigned, headers }, 'other'), false)
        assert.equal(verifies({ ...unsigned, rawPath: `${unsigned.rawPath}x`, headers }), false)
        assert.equal(verifies({ ...unsigned, headers: { ...headers, 'x-fc-more': '1' } }), false)
        const rawQuery = signFcUrl(unsigned, credentials, NOW_MS + 60_000)
        assert.ok(isFcUrl(rawQuery))
        assert.ok(verifies({ ...unsigned, rawQuery }))
        assert.equal(
          verifies({ ...unsigned, rawQuery: rawQuery.replace('x-fc-expires=1', 'x-fc-expires=2') }),
          false,
        )
      }),
    )
  })

  it('has the MD5 of the body in any of the spellings of the SDKs', () => {
    const body = Buffer.from('hello')
    const hex = hash('md5', body, 'hex')
    assert.ok(isMd5Of(hex, body))
    assert.ok(isMd5Of(hash('md5', body, 'base64'), body))
    assert.ok(isMd5Of(Buffer.from(hex).toString('base64'), body))
    assert.equal(isMd5Of(hash('md5', 'hellO', 'base64'), body), false)
  })
})
