/** Settings of buckets by ali-oss: who pays, acceleration; what it has no call for, as the Go SDK v2 sends it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sharedPlatform } from '../conformance.fixture.ts'
import { user } from '../identity/identity.fixture.ts'
import { ossClient, refused, type Sdk } from './objects.fixture.ts'

let oss: Sdk
const bed = sharedPlatform({}, async ({ platform }) => {
  oss = ossClient(platform, { bucket: 'settings', authorizationV4: true })
  await oss.putBucket('settings', { acl: 'public-read' })
})

/** The SDK's own request, with its signature, of an operation that it has no call for. */
function bucketRequest(method: string, subResource: string, content?: string): Promise<Sdk> {
  const params = oss._bucketRequestParams(method, 'settings', subResource, {})
  return oss.request({
    ...params,
    ...(content === undefined ? {} : { content, mime: 'xml' }),
    xmlResponse: content === undefined,
    successStatuses: [200],
  })
}

const byNobody = async (key: string): Promise<number> =>
  (await fetch(`${bed.platform.endpoints.oss}/settings/${key}`)).status

describe('a bucket', () => {
  it('is paid for by its owner or by requesters, who are then known', async () => {
    await oss.put('k', Buffer.from('x'))
    assert.equal((await oss.getBucketRequestPayment('settings')).payer, 'BucketOwner')
    await oss.putBucketRequestPayment('settings', 'Requester')
    assert.equal((await oss.getBucketRequestPayment('settings')).payer, 'Requester')
    assert.equal(await byNobody('k'), 403)
    const asPayer = await oss.get('k', { headers: { 'x-oss-request-payer': 'requester' } })
    assert.equal(asPayer.content.toString(), 'x')
    await oss.putBucketRequestPayment('settings', 'BucketOwner')
    assert.equal(await byNobody('k'), 200)
  })

  it('has access logs', async () => {
    assert.deepEqual((({ enable, prefix }) => ({ enable, prefix }))(await oss.getBucketLogging('settings')), {
      enable: false,
      prefix: null,
    })
    await oss.putBucketLogging('settings', 'logs/')
    const { enable, prefix } = await oss.getBucketLogging('settings')
    assert.deepEqual({ enable, prefix }, { enable: true, prefix: 'logs/' })
    await oss.deleteBucketLogging('settings')
    assert.equal((await oss.getBucketLogging('settings')).enable, false)
    const other = '<LoggingEnabled><TargetBucket>nowhere</TargetBucket></LoggingEnabled>'
    assert.deepEqual(
      await refused(bucketRequest('PUT', 'logging', `<BucketLoggingStatus>${other}</BucketLoggingStatus>`)),
      { code: 'InvalidTargetBucketForLogging', status: 400 },
    )
  })

  it('is accelerated or not', async () => {
    assert.deepEqual(await refused(bucketRequest('GET', 'transferAcceleration')), {
      code: 'NoSuchTransferAccelerationConfiguration',
      status: 404,
    })
    await bucketRequest(
      'PUT',
      'transferAcceleration',
      '<TransferAccelerationConfiguration><Enabled>true</Enabled></TransferAccelerationConfiguration>',
    )
    assert.equal((await bucketRequest('GET', 'transferAcceleration')).data.Enabled, 'true')
    assert.equal((await oss.getBucketInfo('settings')).bucket.TransferAcceleration, 'Enabled')
  })

  it('is told by those whose policies say so, action by action', async () => {
    const keys = await user(bed.platform, 'settings-reader', [
      {
        Effect: 'Allow',
        Action: ['oss:GetBucketLogging', 'oss:GetBucketRequestPayment', 'oss:PutBucketLogging'],
        Resource: 'acs:oss:*:*:settings',
      },
    ])
    const reader = ossClient({ ...bed.platform, ...keys }, { bucket: 'settings' })
    assert.equal((await reader.getBucketLogging('settings')).enable, false)
    assert.equal((await reader.getBucketRequestPayment('settings')).payer, 'BucketOwner')
    await reader.putBucketLogging('settings', 'logs/')
    const refusals = await Promise.all(
      [
        reader.putBucketRequestPayment('settings', 'Requester'),
        reader.deleteBucketLogging('settings'),
        reader.putBucketWebsite('settings', { index: 'index.html' }),
      ].map((no) => refused(no)),
    )
    for (const refusal of refusals) assert.deepEqual(refusal, { code: 'AccessDenied', status: 403 })
    await oss.deleteBucketLogging('settings')
  })
})
