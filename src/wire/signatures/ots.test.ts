import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { otsSignature, otsV4Key, otsV4Signature, signOts } from '../../lib/signing/ots.ts'
import { otsAuthorization, verifyOts } from './ots.ts'

const request = {
  method: 'POST',
  rawPath: '/GetRow',
  rawQuery: '',
  headers: {
    host: 'here',
    'x-ots-date': ' 2026-01-01T00:00:00.000Z ',
    'x-ots-accesskeyid': 'ak',
    'content-type': 'x',
  },
}

describe('the signature of Table Store', () => {
  it('is over the operation, the method and the headers of the product, sorted and trimmed', () => {
    const text = '/GetRow\nPOST\n\nx-ots-accesskeyid:ak\nx-ots-date:2026-01-01T00:00:00.000Z\n'
    const expected = createHmac('sha1', 'secret').update(text).digest('base64')
    assert.equal(otsSignature(request, 'secret'), expected)
    const headers = { ...request.headers, 'x-ots-signature': expected }
    assert.deepEqual(verifyOts({ ...request, headers }, 'secret'), { accessKeyId: 'ak', key: 'secret' })
    assert.equal(verifyOts({ ...request, headers }, 'other'), undefined)
    assert.equal(verifyOts({ ...request, headers, rawPath: '/PutRow' }, 'secret'), undefined)
    assert.equal(verifyOts(request, 'secret'), undefined)
  })

  it('of version 4 is made with the text of a key for the day and region, which signs the answer too', () => {
    const scope = { date: '20260101', region: 'cn-hangzhou' }
    const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
    const key = hmac(
      hmac(hmac(hmac('aliyun_v4secret', '20260101'), 'cn-hangzhou'), 'ots'),
      'aliyun_v4_request',
    )
    assert.equal(otsV4Key('secret', scope), key.toString('base64'))
    const headers = {
      ...request.headers,
      'x-ots-signdate': scope.date,
      'x-ots-signregion': scope.region,
    }
    const signature = otsV4Signature({ ...request, headers }, key.toString('base64'))
    const signed = { ...request, headers: { ...headers, 'x-ots-signaturev4': signature } }
    assert.deepEqual(verifyOts(signed, 'secret'), { accessKeyId: 'ak', key: key.toString('base64') })
    assert.equal(verifyOts(signed, 'other'), undefined)
    const otherDay = { ...signed, headers: { ...signed.headers, 'x-ots-signdate': '20260102' } }
    assert.equal(verifyOts(otherDay, 'secret'), undefined)
  })

  it('of an answer is over its headers and the operation, with the signature last', () => {
    const headers = { 'x-ots-requestid': 'r', 'x-ots-date': 'd' }
    const text = 'x-ots-date:d\nx-ots-requestid:r\n/GetRow'
    const expected = createHmac('sha1', 'secret').update(text).digest('base64')
    assert.equal(
      otsAuthorization(headers, '/GetRow', { accessKeyId: 'ak', key: 'secret' }),
      `OTS ak:${expected}`,
    )
  })
})

it('what is signed here verifies, and not for another operation or body', () => {
  const credentials = { accessKeyId: 'ak', accessKeySecret: 'secret', securityToken: 't' }
  const wanted = { operation: 'GetRow', instance: 'i', body: Buffer.from('b') }
  const headers = signOts(wanted, credentials, 0)
  const sent = { method: 'POST', rawPath: '/GetRow', rawQuery: '', headers }
  assert.deepEqual(verifyOts(sent, 'secret'), { accessKeyId: 'ak', key: 'secret' })
  assert.equal(verifyOts({ ...sent, rawPath: '/PutRow' }, 'secret'), undefined)
  const otherBody = { ...headers, 'x-ots-contentmd5': 'x' }
  assert.equal(verifyOts({ ...sent, headers: otherBody }, 'secret'), undefined)
})
