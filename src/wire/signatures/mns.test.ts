import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mnsV2Signature, signMns } from '../../lib/signing/mns.ts'
import type { SignedRequest } from './compare.ts'
import { parseMns, verifyMns } from './mns.ts'

const request = (method: string, target: string, headers: Record<string, string> = {}): SignedRequest => {
  const [rawPath = '', rawQuery = ''] = target.split('?')
  return { method, rawPath, rawQuery, headers }
}

// The vectors are those of the vendor's unit tests (gateway-mns, aliyun-sdk-mns 2.0.0), facts of the algorithms.
describe('V2', () => {
  it('signs as the vendor does', () => {
    const date = 'Tue, 03 Jun 2025 11:23:48 GMT'
    assert.equal(
      mnsV2Signature(request('POST', '/queues/TestQueue', { date, 'x-mns-abcdef': 'abcDEF' }), 'sk1'),
      'cAThPWnbphg3hDe3ZHDADTgkgyE=',
    )
    assert.equal(
      mnsV2Signature(request('GET', '/queues/TestQueue', { date }), 'testSk'),
      'uDJQXbk2xOhH95MDXmgbAGdtyE4=',
    )
  })

  it('covers the query as it was sent', () => {
    const sent = request('GET', '/queues/q/messages?waitseconds=1', { date: 'x' })
    const signature = mnsV2Signature(sent, 's')
    const authorization = { version: 'v2', accessKeyId: 'k', signature } as const
    assert.ok(verifyMns(sent, authorization, 's', 0))
    assert.ok(!verifyMns({ ...sent, rawQuery: 'waitSeconds=1' }, authorization, 's', 0))
    assert.ok(!verifyMns(sent, authorization, 'other', 0))
  })
})

const v4 = (accessKeyId: string, date: string, region: string, signature: string) =>
  parseMns(
    `MNS4-HMAC-SHA256 Credential=${accessKeyId}/${date}/${region}/mns/aliyun_v4_request,Signature=${signature}`,
  )!

describe('V4', () => {
  const vectors = [
    {
      name: 'a query',
      sent: request(
        'POST',
        '/queues/TestQueue/?param1=abc&PARAM2=d%20%20ef&PARAM3=%5Bdef%5D%23bbb&PARAM4=%E4%B8%AD%E6%96%87%E5%8F%82%E6%95%B0',
      ),
      secret: 'sk1',
      at: '2025-06-03T10:52:35Z',
      given: v4(
        'ak1',
        '20250603',
        'region1',
        '1fc6013f158d4c3aba09570895a2a93c8445c2c5213d82a1463baf602cf0d945',
      ),
    },
    {
      name: 'headers',
      sent: request('PUT', '/queues/TestQueue123456', {
        'x-mns-abc': 'kkk',
        'x-mns-sss': '2015-06-06xFFF',
        'x-kkk-def': 'jjj',
      }),
      secret: 'skkkkkkk1111111111',
      at: '2025-12-03T11:23:48Z',
      given: v4(
        'akkkkk1111111111',
        '20251203',
        'region2',
        '04f1e5f929b5aaac3af6a54970f591581ecd2aade2562f926c5f2ec5d5c8cfad',
      ),
    },
    {
      name: 'content headers',
      sent: request('GET', '/queues', {
        'x-mns-version': '2015-06-30',
        'x-mns-ttt': '1',
        'x-mns-uuuuu': 'FALse',
        'content-type': 'application/json',
        'content-md5': '0d9d2ce750000593eb34f00',
      }),
      secret: 'skkkkkk2222222222',
      at: '2025-12-04T06:32:35Z',
      given: v4(
        'akkkkk222222222',
        '20251204',
        'eu-west-1',
        '294f776a2d5726df679b54b081ab8126a199a2545c8c8a7a875adff0b386e458',
      ),
    },
    {
      name: 'a path to encode',
      sent: request('POST', '/queues/Test%20Queue@123'),
      secret: 'testSk',
      at: '2025-06-03T10:52:35Z',
      given: v4(
        'testAk',
        '20250603',
        'testRegion',
        '87de7499365a31e767cdc0c726a893c72c860e415876f7f92914197ac3795833',
      ),
    },
  ]
  for (const { name, sent, secret, at, given } of vectors) {
    it(`signs ${name} as the vendor does`, () => {
      assert.ok(verifyMns(sent, given, secret, Date.parse(at)))
      assert.ok(!verifyMns(sent, given, `${secret}x`, Date.parse(at)))
      assert.ok(!verifyMns({ ...sent, method: 'DELETE' }, given, secret, Date.parse(at)))
      assert.ok(!verifyMns(sent, given, secret, Date.parse(at) + 86_400_000))
    })
  }
})

it('takes no other header for a signature', () => {
  for (const header of [
    '',
    'MNS',
    'MNS a',
    'MNS a:',
    'OSS a:b',
    'MNS4-HMAC-SHA256 Credential=a/20250603/r/mns/aliyun_v4_request',
    'MNS4-HMAC-SHA256 Credential=a/20250603/r/oss/aliyun_v4_request,Signature=00',
  ]) {
    assert.equal(parseMns(header), undefined)
  }
})

it('what is signed here verifies, and not for another path or day', () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z')
  const credentials = { accessKeyId: 'ak', accessKeySecret: 'sk' }
  const sent = request('GET', '/queues/q/messages?waitseconds=1&peekonly=true', {
    'content-type': 'text/xml',
  })
  const headers = signMns({ ...sent, headers: { 'content-type': 'text/xml' } }, credentials, {
    nowMs,
    region: 'cn-hangzhou',
  })
  const given = parseMns(headers['authorization']!)!
  assert.equal(given.accessKeyId, 'ak')
  assert.ok(verifyMns({ ...sent, headers }, given, 'sk', nowMs))
  assert.ok(!verifyMns({ ...sent, headers, rawPath: '/queues/other' }, given, 'sk', nowMs))
  assert.ok(!verifyMns({ ...sent, headers }, given, 'sk', nowMs + 86_400_000))
})
