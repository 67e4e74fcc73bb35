import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { acs3Signature, acs3StringToSign, signAcs3, signAcs3ForTrigger } from '../../lib/signing/acs3.ts'
import { parseAcs3, verifyAcs3 } from './acs3.ts'
import { isSkewed, type SignedRequest } from './compare.ts'

const credentials = { accessKeyId: 'testak', accessKeySecret: 'testsecret' }
const NOW_MS = Date.parse('2026-01-01T00:00:00Z')

const verifies = (request: SignedRequest, secret = credentials.accessKeySecret): boolean => {
  const given = parseAcs3(request)
  return given !== undefined && verifyAcs3(request, given, secret)
}

describe('the ACS3 signature', () => {
  it('is that of the official signer', () => {
    const headers = {
      host: '127.0.0.1:8123',
      'x-acs-action': 'ListFunctions',
      'x-acs-version': '2023-03-30',
    }
    const request = {
      method: 'GET',
      rawPath: '/2023-03-30/functions',
      rawQuery: "prefix=a%20b*'(&limit=10",
      headers,
    }
    const signed = signAcs3(request, credentials, { nowMs: NOW_MS, nonce: 'nonce1' })
    assert.equal(
      signed['authorization'],
      'ACS3-HMAC-SHA256 Credential=testak,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;' +
        'x-acs-signature-nonce;x-acs-version,Signature=1b07d23e63ffeb6751fe44477c692acaf64ea29d7b46758a5600760de6ee2024',
    )
    assert.ok(verifies({ ...request, headers: signed }))
  })

  it('of an HTTP trigger has no payload and few headers', () => {
    const canonical = {
      method: 'POST',
      rawPath: '/path/$x',
      rawQuery: 'a=1',
      headers: { 'x-acs-date': '2026-01-01T00:00:00Z' },
      signedHeaders: ['x-acs-date'],
      payload: '',
    }
    assert.equal(
      acs3Signature('testsecret', acs3StringToSign(canonical)!),
      '23034214f204e1590ce282af85625e415ec6c72fa24ac3c4d62ecaab9478c0ee',
    )
  })

  it('of an HTTP trigger verifies whether the dollar sign was encoded or not', () => {
    const request = { method: 'POST', rawPath: '/path/$x', rawQuery: 'a=1', headers: {} }
    const headers = signAcs3ForTrigger(request, credentials, NOW_MS)
    assert.ok(verifies({ ...request, headers }))
    const authorization =
      'ACS3-HMAC-SHA256 Credential=testak,SignedHeaders=x-acs-date,' +
      'Signature=23034214f204e1590ce282af85625e415ec6c72fa24ac3c4d62ecaab9478c0ee'
    assert.ok(verifies({ ...request, headers: { 'x-acs-date': '2026-01-01T00:00:00Z', authorization } }))
  })

  it('is refused when the date is not among the signed headers', () => {
    const canonical = {
      method: 'GET',
      rawPath: '/',
      rawQuery: '',
      headers: { host: 'h', 'x-acs-date': '2026-01-01T00:00:00Z' },
      signedHeaders: ['host'],
      payload: '',
    }
    const signature = acs3Signature('testsecret', acs3StringToSign(canonical)!)
    const authorization = `ACS3-HMAC-SHA256 Credential=testak,SignedHeaders=host,Signature=${signature}`
    assert.equal(verifies({ ...canonical, headers: { ...canonical.headers, authorization } }), false)
  })

  it('does not let one query key stand for two items', () => {
    const request = { method: 'GET', rawPath: '/p', rawQuery: 'a=1&b=2', headers: { host: 'h' } }
    const headers = signAcs3(request, credentials, { nowMs: NOW_MS, nonce: 'n' })
    assert.ok(verifies({ ...request, headers }))
    assert.equal(verifies({ ...request, rawQuery: 'a%3D1%26b=2', headers }), false)
  })

  it('takes header names that mean something to JavaScript for what they are', () => {
    const authorization =
      'ACS3-HMAC-SHA256 Credential=a,SignedHeaders=x-acs-date;__proto__;constructor,Signature=00'
    const headers = { authorization, 'x-acs-date': '2026-01-01T00:00:00Z' }
    assert.equal(verifies({ method: 'GET', rawPath: '/', rawQuery: '', headers }), false)
  })

  for (const malformed of [
    'ACS3-HMAC-SHA256 ',
    'ACS3-HMAC-SHA256 Credential=a,SignedHeaders=b',
    'ACS3-HMAC-SHA256 Credential=a,SignedHeaders=b,Signature=c,More=d',
    'ACS3-HMAC-SHA256 garbage',
    'FC a:b',
  ]) {
    it(`is not read from '${malformed}'`, () => {
      assert.equal(
        parseAcs3({ method: 'GET', rawPath: '/', rawQuery: '', headers: { authorization: malformed } }),
        undefined,
      )
    })
  }
})

describe('any request that we sign', () => {
  const segment = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 8 })
    .map((text) => encodeURIComponent(text.toWellFormed()))
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD'),
    rawPath: fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`),
    rawQuery: fc
      .array(fc.tuple(segment, fc.option(segment)), { maxLength: 4 })
      .map((items) => items.map(([key, value]) => (value === null ? key : `${key}=${value}`)).join('&')),
    headers: fc.record({
      host: fc.stringMatching(/^[a-z0-9.:-]{1,20}$/),
      'content-type': fc.constantFrom('application/json', 'text/plain; charset=utf-8'),
      'x-acs-action': fc.stringMatching(/^[A-Za-z]{1,10}$/),
    }),
    body: fc.string(),
  })

  it('verifies', () => {
    fc.assert(
      fc.property(request, (unsigned) => {
        const headers = signAcs3(unsigned, credentials, { nowMs: NOW_MS, nonce: 'n' })
        return verifies({ ...unsigned, headers })
      }),
    )
  })

  it('does not verify with another secret, nor with one character changed anywhere', () => {
    const flip = (text: string, at: number): string => {
      const index = at % text.length
      const flipped = text[index] === 'q' ? 'r' : 'q'
      return text.slice(0, index) + flipped + text.slice(index + 1)
    }
    fc.assert(
      fc.property(request, fc.nat(), fc.nat(), (unsigned, where, at) => {
        const headers: Record<string, string> = signAcs3(unsigned, credentials, { nowMs: NOW_MS, nonce: 'n' })
        const signed = { ...unsigned, headers }
        assert.equal(verifies(signed, 'othersecret'), false)
        const signedHeaders = Object.keys(headers).filter((name) => name !== 'authorization')
        const changes: (() => SignedRequest)[] = [
          () => ({ ...signed, method: flip(signed.method, at) }),
          () => ({ ...signed, rawPath: `/${flip(`${signed.rawPath.slice(1)}.`, at)}` }),
          () => ({ ...signed, rawQuery: `${signed.rawQuery}&q=1` }),
          ...signedHeaders.map((name) => () => ({
            ...signed,
            headers: { ...headers, [name]: flip(headers[name]!, at) },
          })),
          () => ({
            ...signed,
            headers: {
              ...headers,
              authorization: `${headers['authorization']!.slice(0, -1)}${headers['authorization']!.endsWith('0') ? '1' : '0'}`,
            },
          }),
        ]
        assert.equal(verifies(changes[where % changes.length]!()), false)
      }),
      { numRuns: 500 },
    )
  })

  it('does not verify with one character of its query changed', () => {
    fc.assert(
      fc.property(request, fc.nat(), (unsigned, at) => {
        const rawQuery = `${unsigned.rawQuery === '' ? '' : `${unsigned.rawQuery}&`}key=value`
        const headers = signAcs3({ ...unsigned, rawQuery }, credentials, { nowMs: NOW_MS, nonce: 'n' })
        const letters = [...rawQuery.matchAll(/[A-Za-z0-9]/g)].filter(
          // A digit of an escape may turn it into another spelling of the same character.
          ({ index }) => rawQuery[index - 1] !== '%' && rawQuery[index - 2] !== '%',
        )
        const { index } = letters[at % letters.length]!
        const changed =
          rawQuery.slice(0, index) + (rawQuery[index] === 'q' ? 'r' : 'q') + rawQuery.slice(index + 1)
        assert.ok(verifies({ ...unsigned, rawQuery, headers }))
        assert.equal(verifies({ ...unsigned, rawQuery: changed, headers }), false)
      }),
    )
  })
})

describe('the time of a request', () => {
  it('may be 15 minutes off, either way, and must be a time', () => {
    const quarterMs = 15 * 60_000
    assert.equal(isSkewed(NOW_MS - quarterMs, NOW_MS), false)
    assert.equal(isSkewed(NOW_MS + quarterMs, NOW_MS), false)
    assert.equal(isSkewed(NOW_MS - quarterMs - 1, NOW_MS), true)
    assert.equal(isSkewed(NOW_MS + quarterMs + 1, NOW_MS), true)
    assert.equal(isSkewed(Number.NaN, NOW_MS), true)
  })
})
