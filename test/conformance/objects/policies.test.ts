/** Policies in front of Object Storage: those of users and roles, and those of buckets. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sharedPlatform } from '../conformance.fixture.ts'
import { administered, type Keys, role, stsClient, stsModels, user } from '../identity/identity.fixture.ts'
import { ossClient, refused, type Sdk } from './objects.fixture.ts'

const bed = sharedPlatform()
const accountId = '1234567890123456'
const denied = { code: 'AccessDenied', status: 403 }

function clientOf({ accessKeyId, accessKeySecret, securityToken }: Keys, bucket: string): Sdk {
  const keys = { ...bed.platform, accessKeyId, accessKeySecret }
  return ossClient(keys, { bucket, ...(securityToken === undefined ? {} : { stsToken: securityToken }) })
}

/** The owner's client, and two objects in a new bucket. */
async function bucketOf(name: string): Promise<Sdk> {
  const oss = ossClient(bed.platform)
  await oss.putBucket(name)
  oss.useBucket(name)
  await oss.put('in/a.txt', Buffer.from('a'))
  await oss.put('out/b.txt', Buffer.from('b'))
  return oss
}

const getByNobody = async (bucket: string, key: string): Promise<number> =>
  (await fetch(`${bed.platform.endpoints.oss}/${bucket}/${key}`)).status

/** As the SDK wants it: an object. */
const policyOf = (...statements: object[]) => ({ Version: '1', Statement: statements })

describe('a user', () => {
  test('may what the policies say, object by object', async () => {
    const owner = await bucketOf('by-user')
    const keys = await user(bed.platform, 'oss-user', [
      { Effect: 'Allow', Action: ['oss:GetObject', 'oss:PutObject'], Resource: 'acs:oss:*:*:by-user/in/*' },
      {
        Effect: 'Allow',
        Action: 'oss:ListObjects',
        Resource: 'acs:oss:*:*:by-user',
        Condition: { StringLike: { 'oss:Prefix': ['in/*'] } },
      },
    ])
    const oss = clientOf(keys, 'by-user')
    assert.equal(String((await oss.get('in/a.txt')).content), 'a')
    await oss.put('in/new.txt', Buffer.from('n'))
    for (const no of [
      oss.get('out/b.txt'),
      oss.put('out/b.txt', Buffer.from('x')),
      oss.delete('in/a.txt'),
      oss.copy('in/stolen.txt', '/by-user/out/b.txt'),
      oss.list({}),
      oss.listBuckets(),
      oss.putBucket('another'),
      oss.getBucketInfo('by-user'),
    ].map(refused))
      assert.deepEqual(await no, denied)
    const { objects } = await oss.list({ prefix: 'in/' })
    assert.deepEqual(
      objects.map(({ name }: Sdk) => name),
      ['in/a.txt', 'in/new.txt'],
    )
    assert.equal(String((await owner.get('out/b.txt')).content), 'b')
    // From the next request on.
    await administered(bed.platform, 'PUT', 'users/oss-user', { policies: [] })
    assert.deepEqual(await refused(oss.get('in/a.txt')), denied)
  })

  test('reads what an ACL gives to everybody, and signs forms only for what is allowed', async () => {
    const owner = await bucketOf('forms')
    const write = { Effect: 'Allow', Action: 'oss:PutObject', Resource: 'acs:oss:*:*:forms/in/*' }
    const oss = clientOf(await user(bed.platform, 'oss-forms', [write]), 'forms')
    assert.deepEqual(await refused(oss.get('out/b.txt')), denied)
    await owner.putACL('out/b.txt', 'public-read')
    assert.equal(String((await oss.get('out/b.txt')).content), 'b')
    const post = async (key: string): Promise<number> => {
      const { OSSAccessKeyId, Signature, policy } = oss.calculatePostSignature({
        expiration: new Date(Date.now() + 60_000).toISOString(),
        conditions: [['content-length-range', 0, 100]],
      })
      const form = new FormData()
      for (const [name, value] of Object.entries({ key, OSSAccessKeyId, Signature, policy }))
        form.append(name, value as string)
      form.append('file', new Blob(['f']), 'f.txt')
      return (await fetch(`${bed.platform.endpoints.oss}/forms`, { method: 'POST', body: form })).status
    }
    assert.equal(await post('in/form.txt'), 204)
    assert.equal(await post('out/form.txt'), 403)
    assert.deepEqual(await refused(owner.head('out/form.txt')), { code: 'NoSuchKey', status: 404 })
  })
})

describe('a policy of a bucket', () => {
  test('that denies everybody does not lock out the owner, and is over ACLs and policies of users', async () => {
    const owner = await bucketOf('shut')
    await owner.putBucketACL('shut', 'public-read')
    const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
    const oss = clientOf(await user(bed.platform, 'oss-all', [everything]), 'shut')
    assert.equal(await getByNobody('shut', 'in/a.txt'), 200)
    const deny = {
      Effect: 'Deny',
      Action: ['oss:GetObject'],
      Principal: ['*'],
      Resource: [`acs:oss:*:${accountId}:shut/in/*`],
    }
    await owner.putBucketPolicy('shut', policyOf(deny))
    assert.equal(await getByNobody('shut', 'in/a.txt'), 403)
    assert.equal(await getByNobody('shut', 'out/b.txt'), 200)
    assert.deepEqual(await refused(oss.get('in/a.txt')), denied)
    assert.equal(String((await owner.get('in/a.txt')).content), 'a')
    // With a condition it means the owner, too.
    const Condition = { IpAddress: { 'acs:SourceIp': ['127.0.0.0/8', '::1'] } }
    await owner.putBucketPolicy('shut', policyOf({ ...deny, Condition }))
    assert.deepEqual(await refused(owner.get('in/a.txt')), denied)
    await owner.deleteBucketPolicy('shut')
    assert.equal(String((await owner.get('in/a.txt')).content), 'a')
    assert.equal(await getByNobody('shut', 'in/a.txt'), 200)
  })

  test('that allows gives what no other policy does, to whom it names', async () => {
    const owner = await bucketOf('open')
    const roleArn = await role(bed.platform, 'OssReader', { trusts: { RAM: [`acs:ram::${accountId}:root`] } })
    const assumer = await user(bed.platform, 'oss-assumer', [
      { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' },
    ])
    const { Credentials, credentials = Credentials } = (
      await stsClient(bed.platform, assumer).assumeRole(
        new stsModels.AssumeRoleRequest({ roleArn, roleSessionName: 's1' }),
      )
    ).body
    const session = clientOf(credentials, 'open')
    const allow = (Principal: string[]) => ({
      Effect: 'Allow',
      Action: ['oss:GetObject'],
      Principal,
      Resource: ['acs:oss:*:*:open/in/*'],
    })
    assert.deepEqual(await refused(session.get('in/a.txt')), denied)
    await owner.putBucketPolicy('open', policyOf(allow([`arn:sts::${accountId}:assumed-role/OssReader/*`])))
    assert.equal(String((await session.get('in/a.txt')).content), 'a')
    assert.deepEqual(await refused(session.get('out/b.txt')), denied)
    assert.equal(await getByNobody('open', 'in/a.txt'), 403)
    await owner.putBucketPolicy('open', policyOf(allow(['*'])))
    assert.equal(await getByNobody('open', 'in/a.txt'), 200)
    assert.equal(await getByNobody('open', 'out/b.txt'), 403)
  })

  for (const [what, statement] of [
    ['has no principal', { Effect: 'Deny', Action: ['oss:*'], Resource: ['*'] }],
    ['has an effect that is none', { Effect: 'No', Action: ['oss:*'], Resource: ['*'], Principal: ['*'] }],
    [
      'has a condition that nobody knows',
      {
        Effect: 'Deny',
        Action: ['oss:*'],
        Resource: ['*'],
        Principal: ['*'],
        Condition: { Unlike: { 'acs:SourceIp': '1' } },
      },
    ],
  ] as const) {
    test(`that ${what} is refused, and the one before stays`, async () => {
      const owner = await bucketOf('flawed')
      const answer = await refused(owner.putBucketPolicy('flawed', policyOf(statement)))
      assert.deepEqual(answer, { code: 'InvalidPolicyDocument', status: 400 })
      assert.equal((await owner.getBucketPolicy('flawed')).policy, null)
    })
  }
})
