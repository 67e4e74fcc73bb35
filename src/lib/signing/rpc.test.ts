import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rpcSignature, rpcStringToSign, signRpc } from './rpc.ts'

describe('the signature of version 1.0', () => {
  /** The example of AssumeRole in the vendor's reference of STS. */
  const parameters = {
    SignatureVersion: '1.0',
    Format: 'JSON',
    Timestamp: '2015-09-01T05:57:34Z',
    RoleArn: 'acs:ram::1234567890123:role/firstrole',
    RoleSessionName: 'client',
    AccessKeyId: 'testid',
    SignatureMethod: 'HMAC-SHA1',
    Version: '2015-04-01',
    Action: 'AssumeRole',
    SignatureNonce: '571f8fb8-506e-11e5-8e12-b8e8563dc8d2',
  }

  it('is that of the vendor for its own example', () => {
    const stringToSign = rpcStringToSign('GET', Object.entries(parameters))
    assert.match(
      stringToSign,
      /^GET&%2F&AccessKeyId%3Dtestid%26Action%3DAssumeRole%26Format%3DJSON%26RoleArn%3Dacs%253Aram/,
    )
    assert.equal(rpcSignature('testsecret', stringToSign), 'gNI7b0AyKZHxDgjBGPDgJ1Ce3L4=')
  })

  it('comes with all that it needs, and is not signed itself', () => {
    const {
      SignatureVersion: _,
      SignatureMethod: __,
      Timestamp,
      AccessKeyId: ___,
      SignatureNonce,
      ...api
    } = parameters
    const signed = signRpc(
      { method: 'GET', parameters: api },
      { accessKeyId: 'testid', accessKeySecret: 'testsecret' },
      { nowMs: Date.parse(Timestamp), nonce: SignatureNonce },
    )
    assert.deepEqual(signed, { ...parameters, Signature: 'gNI7b0AyKZHxDgjBGPDgJ1Ce3L4=' })
    assert.equal(
      rpcStringToSign('GET', Object.entries(signed)),
      rpcStringToSign('GET', Object.entries(parameters)),
    )
  })
})
