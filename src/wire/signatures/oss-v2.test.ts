/** OSS V2 against a second, plain implementation of the reference. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { SignedRequest } from './compare.ts'
import { parseOssV2, verifyOssV2 } from './oss-v2.ts'

const secret = 'plainsecret'
const escapeAll = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) =>
      /[A-Za-z0-9\-_.~]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')

interface Plain {
  method: string
  bucket: string
  key: string
  query: [string, string][]
  meta: string
}

function plainV2({ method, bucket, key, query, meta }: Plain, additional: readonly string[]): SignedRequest {
  const headers: Record<string, string> = {
    host: 'localhost',
    date: 'Thu, 01 Jan 2026 00:00:00 GMT',
    'content-type': 'text/plain',
    range: 'bytes=0-1',
    'x-oss-meta-a': meta,
  }
  const names = [...additional, 'x-oss-meta-a'].sort()
  const items = query
    .map(([name, value]) => (value === '' ? escapeAll(name) : `${escapeAll(name)}=${escapeAll(value)}`))
    .sort()
  const text = [
    method,
    '',
    'text/plain',
    headers['date'],
    ...names.map((name) => `${name}:${headers[name]!.trim()}`),
    additional.join(';'),
    escapeAll(`/${bucket}/${key}`) + (items.length === 0 ? '' : `?${items.join('&')}`),
  ].join('\n')
  const signature = createHmac('sha256', secret).update(text).digest('base64')
  const more = additional.length === 0 ? '' : `AdditionalHeaders:${additional.join(';')},`
  headers['authorization'] = `OSS2 AccessKeyId:plain,${more}Signature:${signature}`
  const rawQuery = query.map(([name, value]) => `${escapeAll(name)}=${escapeAll(value)}`).join('&')
  return { method, rawPath: `/${bucket}/${key}`, rawQuery, headers }
}

const name = fc.stringMatching(/^[a-z+/ é-]{1,6}$/)
const plain: fc.Arbitrary<Plain> = fc.record({
  method: fc.constantFrom('GET', 'PUT'),
  bucket: fc.stringMatching(/^[a-z][a-z0-9-]{2,8}$/),
  key: name,
  query: fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,5}$/), fc.oneof(fc.constant(''), name)), {
    maxLength: 4,
    selector: ([key]) => key,
  }),
  meta: fc.stringMatching(/^[!-~]{0,8}$/),
})

describe('a plain client of V2', () => {
  it('is understood, and only as it signed', () => {
    fc.assert(
      fc.property(plain, fc.constantFrom([], ['range']), (request, additional) => {
        const signed = plainV2(request, additional)
        const given = parseOssV2(signed)!
        const resource = { bucket: request.bucket, object: request.key }
        assert.ok(verifyOssV2(signed, given, secret, resource))
        assert.ok(!verifyOssV2(signed, given, 'other', resource))
        assert.ok(!verifyOssV2(signed, given, secret, { ...resource, object: `${request.key}x` }))
        assert.ok(!verifyOssV2({ ...signed, rawQuery: `${signed.rawQuery}&more=1` }, given, secret, resource))
        assert.ok(!verifyOssV2({ ...signed, method: 'DELETE' }, given, secret, resource))
        if (additional.length > 0) {
          const headers = { ...signed.headers, range: 'bytes=0-2' }
          assert.ok(!verifyOssV2({ ...signed, headers }, given, secret, resource))
        }
      }),
    )
  })

  it('signs URLs with the time they end in the place of the date', () => {
    const query =
      'x-oss-signature-version=OSS2&x-oss-expires=1767225600&x-oss-access-key-id=plain&x-oss-signature='
    const signedQuery = 'x-oss-access-key-id=plain&x-oss-expires=1767225600&x-oss-signature-version=OSS2'
    const text = `GET\n\n\n1767225600\n\n%2Fbkt%2Fa%20b?${signedQuery}`
    const signature = createHmac('sha256', secret).update(text).digest('base64')
    const rawQuery = query + encodeURIComponent(signature)
    const request = { method: 'GET', rawPath: '/bkt/a%20b', rawQuery, headers: { host: 'localhost' } }
    const given = parseOssV2(request)!
    assert.deepEqual(given.when, { is: 'url', expiresAtMs: 1_767_225_600_000 })
    assert.ok(verifyOssV2(request, given, secret, { bucket: 'bkt', object: 'a b' }))
    const later = { ...request, rawQuery: rawQuery.replace('1767225600', '1767225601') }
    assert.ok(!verifyOssV2(later, parseOssV2(later)!, secret, { bucket: 'bkt', object: 'a b' }))
  })

  for (const authorization of ['OSS2 ', 'OSS2 AccessKeyId:a', 'OSS2 Signature:b', 'OSS2 x']) {
    it(`is not well formed with ${authorization}`, () => {
      assert.equal(
        parseOssV2({ method: 'GET', rawPath: '/', rawQuery: '', headers: { authorization } }),
        undefined,
      )
    })
  }
})
