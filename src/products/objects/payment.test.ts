/** Who pays for a bucket's requests, and whether it is accelerated: what is told is read back, and holds. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { type Answer, runningObjects } from './objects.testing.ts'

let oss: Awaited<ReturnType<typeof runningObjects>>
before(async () => {
  oss = await runningObjects({ records: memoryRecordStore(), blobs: memoryBlobStore() })
  for (const bucket of ['pay', 'other', 'fast'])
    await put(`/${bucket}`, '', { 'x-oss-acl': 'public-read-write' })
  await put('/pay/k', 'bytes')
})
after(() => oss.stop())

const put = (target: string, body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  oss.ask({ method: 'PUT', target, body, headers })
const get = (target: string): Promise<Answer> => oss.ask({ method: 'GET', target })
const byNobody = (method: string, target: string, headers: Record<string, string> = {}): Promise<Answer> =>
  oss.ask({ method, target, headers, version: 'none', ...(method === 'GET' ? {} : { body: 'x' }) })
const payer = (who: string): Promise<Answer> =>
  put(
    '/pay?requestPayment',
    `<RequestPaymentConfiguration><Payer>${who}</Payer></RequestPaymentConfiguration>`,
  )

describe('a bucket whose requesters pay', () => {
  it('is there for those that sign, with the header that says so and without', async () => {
    assert.match((await get('/pay?requestPayment')).body.toString(), /<Payer>BucketOwner<\/Payer>/)
    assert.equal((await byNobody('GET', '/pay/k')).status, 200)
    assert.equal((await payer('Requester')).status, 200)
    assert.match((await get('/pay?requestPayment')).body.toString(), /<Payer>Requester<\/Payer>/)
    for (const target of ['/pay/k', '/pay/k?x-oss-request-payer=requester'])
      assert.equal((await get(target)).body.toString(), 'bytes')
    const headers = { 'x-oss-request-payer': 'requester' }
    assert.equal((await oss.ask({ method: 'GET', target: '/pay/k', headers })).status, 200)
  })

  it('is shut to nobody in particular, also where a copy or a form would lead there', async () => {
    await payer('Requester')
    for (const [method, target, headers] of [
      ['GET', '/pay/k'],
      ['GET', '/pay/k?x-oss-request-payer=requester'],
      ['PUT', '/pay/new'],
      ['DELETE', '/pay/k'],
      ['PUT', '/other/stolen', { 'x-oss-copy-source': '/pay/k' }],
    ] as const)
      assert.equal((await byNobody(method, target, headers)).code, 'AccessDenied', `${method} ${target}`)
    const form =
      '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nf\r\n' +
      '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n'
    const posted = await oss.ask({
      method: 'POST',
      target: '/pay',
      body: form,
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      version: 'none',
    })
    assert.equal(posted.code, 'AccessDenied')
    assert.equal((await get('/pay/k')).body.toString(), 'bytes')
    await payer('BucketOwner')
    assert.equal((await byNobody('GET', '/pay/k')).status, 200)
  })

  it('is told so in one of two words', async () => {
    for (const wrong of ['Nobody', '', 'requester']) assert.equal((await payer(wrong)).code, 'MalformedXML')
    assert.equal((await put('/pay?requestPayment', '<Payer/>')).code, 'MalformedXML')
    assert.equal((await byNobody('PUT', '/pay?requestPayment')).code, 'AccessDenied')
    assert.match((await get('/pay?requestPayment')).body.toString(), /<Payer>BucketOwner<\/Payer>/)
  })
})

describe('transfer acceleration', () => {
  const accelerate = (enabled: string): Promise<Answer> =>
    put(
      '/fast?transferAcceleration',
      `<TransferAccelerationConfiguration><Enabled>${enabled}</Enabled></TransferAccelerationConfiguration>`,
    )

  it('is not there until somebody says whether it is on', async () => {
    const nothing = await get('/fast?transferAcceleration')
    assert.deepEqual([nothing.status, nothing.code], [404, 'NoSuchTransferAccelerationConfiguration'])
    assert.equal((await accelerate('perhaps')).code, 'MalformedXML')
    for (const [enabled, status] of [
      ['true', 'Enabled'],
      ['false', 'Disabled'],
    ] as const) {
      assert.equal((await accelerate(enabled)).status, 200)
      const read = (await get('/fast?transferAcceleration')).body.toString()
      assert.match(read, new RegExp(`<Enabled>${enabled}</Enabled>`))
      const info = (await get('/fast?bucketInfo')).body.toString()
      assert.match(info, new RegExp(`<TransferAcceleration>${status}</TransferAcceleration>`))
    }
  })
})
