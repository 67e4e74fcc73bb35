/** What is not built says so by name; what `s deploy` reads besides; and the API of 2016 as far as code upload needs it. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, describe, test } from 'node:test'
import {
  createFunction,
  fc2Client,
  fc3Client,
  invoke,
  models,
  type Sdk,
  zipOf,
} from '../../clients.fixture.ts'
import { assertRefused, refusal, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'

const require = createRequire(import.meta.url)
const bed = sharedPlatform()
const echo = { 'index.js': 'exports.handler = async (event) => event' }

describe('an operation that is not built', () => {
  const calls: Record<string, (client: Sdk) => Promise<unknown>> = {
    changeResourceGroup: (c) => c.changeResourceGroup(requestWith('ChangeResourceGroup', {})),
    createSession: (c) => c.createSession('f', requestWith('CreateSession', {})),
    createVpcBinding: (c) => c.createVpcBinding('f', requestWith('CreateVpcBinding', { vpcId: 'v' })),
    deleteSession: (c) => c.deleteSession('f', 's', request('DeleteSession')),
    deleteVpcBinding: (c) => c.deleteVpcBinding('f', 'vpc-1'),
    getSession: (c) => c.getSession('f', 's', request('GetSession')),
    listSessions: (c) => c.listSessions('f', request('ListSessions')),
    pauseSession: (c) => c.pauseSession('f', 's', request('PauseSession')),
    resumeSession: (c) => c.resumeSession('f', 's', request('ResumeSession')),
    updateSession: (c) => c.updateSession('f', 's', requestWith('UpdateSession', {})),
  }
  for (const [name, call] of Object.entries(calls)) {
    test(`answers NotImplemented: ${name}`, () =>
      assertRefused(call(bed.client), 501, 'NotImplemented', new RegExp(`'${name}'`, 'i')))
  }
})

describe('the instances of a function', () => {
  test('are listed while they are there, by version, id and status', async () => {
    const { client } = bed
    const list = async (fields: object = {}) =>
      (await client.listInstances('seen', request('ListInstances', fields))).body.instances
    await createFunction(client, { functionName: 'seen', files: echo })
    assert.deepEqual(await list(), [])
    const { headers } = await invoke(client, 'seen')
    const [instance, ...others] = await list({ withAllActive: true })
    assert.deepEqual(
      [instance.instanceId, instance.versionId, instance.qualifier, instance.status, others.length],
      [headers['x-fc-instance-id'], '0', 'LATEST', 'Running', 0],
    )
    assert.ok(Math.abs(instance.createdTimeMs - Date.now()) < 60_000)
    assert.equal((await list({ instanceIds: [instance.instanceId], limit: '10' })).length, 1)
    assert.deepEqual(await list({ instanceIds: ['c-1'] }), [])
    assert.deepEqual(await list({ instanceStatus: ['Destroyed'] }), [])
    assert.deepEqual(await list({ endTimeMs: 1 }), [])
    await assertRefused(list({ qualifier: '7' }), 404, 'VersionNotFound')
    await assertRefused(client.listInstances('no', request('ListInstances')), 404, 'FunctionNotFound')
  })
})

describe('what `s deploy` and `s info` read besides', () => {
  before(() => createFunction(bed.client, { functionName: 'read', files: echo }))

  test('says that nothing is configured', async () => {
    const { client } = bed
    const scaling = (
      await client.getScalingConfig('read', request('GetScalingConfig', { qualifier: 'LATEST' }))
    ).body
    assert.deepEqual([scaling.currentInstances, scaling.targetInstances], [0, 0])
    const provision = (await client.getProvisionConfig('read', request('GetProvisionConfig'))).body
    assert.deepEqual([provision.current, provision.target], [0, 0])
    assert.deepEqual((await client.listScalingConfigs(request('ListScalingConfigs'))).body.scalingConfigs, [])
    assert.deepEqual(
      (await client.listProvisionConfigs(request('ListProvisionConfigs'))).body.provisionConfigs,
      [],
    )
    assert.deepEqual((await client.listVpcBindings('read')).body.vpcIds, [])
    assert.deepEqual(
      (await client.listConcurrencyConfigs(request('ListConcurrencyConfigs'))).body.configs,
      [],
    )
    assert.deepEqual(
      (await client.listAsyncInvokeConfigs(request('ListAsyncInvokeConfigs'))).body.configs,
      [],
    )
    await assertRefused(client.listVpcBindings('absent'), 404, 'FunctionNotFound')
    await assertRefused(
      client.getScalingConfig('absent', request('GetScalingConfig')),
      404,
      'FunctionNotFound',
    )
  })

  test('and DescribeRegions answers the one region that this platform is', async () => {
    const { body } = await bed.client.describeRegions(request('DescribeRegions', { acceptLanguage: 'en' }))
    assert.deepEqual(
      body.regions.region.map(({ regionId }: Sdk) => regionId),
      [bed.platform.region],
    )
  })
})

describe('the SDK of 2023 with wrong credentials', () => {
  const listWith = (differs: object) =>
    refusal(fc3Client({ ...bed.platform, ...differs }).listFunctions(request('ListFunctions')))

  test('is refused: an unknown key, and a wrong secret', async () => {
    const unknown = await listWith({ accessKeyId: 'LTAInobody' })
    assert.deepEqual([unknown.status, unknown.code], [403, 'InvalidAccessKeyID'])
    const wrong = await listWith({ accessKeySecret: 'guessed' })
    assert.deepEqual([wrong.status, wrong.code], [403, 'SignatureNotMatch'])
  })
})

describe('the API of 2016, through `@alicloud/fc2`', () => {
  const tokenOf = async () => (await fc2Client(bed.platform).getTempBucketToken()).data

  /** The OSS client that `s` and fc2 upload with. */
  function ossClient(token: Sdk, endpoint: string): Sdk {
    const OSS = createRequire(require.resolve('@alicloud/fc2'))('ali-oss')
    return new OSS({
      endpoint,
      bucket: token.ossBucket,
      accessKeyId: token.credentials.AccessKeyId,
      accessKeySecret: token.credentials.AccessKeySecret,
      stsToken: token.credentials.SecurityToken,
      secure: false,
    })
  }

  for (const place of ['fc', 'oss'] as const) {
    test(`tempBucketToken, an upload to the ${place} endpoint, and a function made of it`, async () => {
      const token = await tokenOf()
      assert.match(token.credentials.AccessKeyId, /^STS\./)
      assert.ok(Date.parse(token.credentials.Expiration) > Date.now())
      assert.equal(token.ossRegion, `oss-${bed.platform.region}`)
      const objectName = `${bed.platform.accountId}/${token.objectName}`
      const zip = Buffer.from(
        await zipOf({ 'index.js': `exports.handler = async () => '${place}'` }),
        'base64',
      )
      const stored = await ossClient(token, bed.platform.endpoints[place]).put(objectName, zip)
      assert.equal(stored.res.status, 200)
      assert.match(stored.res.headers.etag, /^"[0-9A-F]{32}"$/)

      const created = await createFunction(bed.client, {
        functionName: `uploaded-${place}`,
        files: {},
        code: new models.InputCodeLocation({
          ossBucketName: token.ossBucket,
          ossObjectName: objectName,
          checksum: stored.res.headers['x-oss-hash-crc64ecma'],
        }),
      })
      assert.equal(created.body.codeSize, zip.length)
      assert.equal((await invoke(bed.client, `uploaded-${place}`)).body, place)
    })
  }

  test('an upload grant is good for uploading its object and for nothing else', async () => {
    const token = await tokenOf()
    const oss = ossClient(token, bed.platform.endpoints.oss)
    const refused = async (promise: Promise<unknown>) =>
      promise.then(
        () => assert.fail('it was not refused'),
        (error: Sdk) => [error.status, error.code],
      )
    assert.deepEqual(await refused(oss.put('another/account.zip', Buffer.from('x'))), [403, 'AccessDenied'])
    const forger = ossClient(
      { ...token, credentials: { ...token.credentials, AccessKeySecret: 'guessed' } },
      bed.platform.endpoints.oss,
    )
    const own = `${bed.platform.accountId}/${token.objectName}`
    assert.deepEqual(await refused(forger.put(own, Buffer.from('x'))), [403, 'SignatureDoesNotMatch'])

    const misused = fc3Client(bed.platform, {
      accessKeyId: token.credentials.AccessKeyId,
      accessKeySecret: token.credentials.AccessKeySecret,
      securityToken: token.credentials.SecurityToken,
    })
    await assertRefused(misused.listFunctions(request('ListFunctions')), 403, 'AccessDenied')
  })

  test('what is unknown of it is refused in its own words', async () => {
    const fc2 = fc2Client(bed.platform)
    const refused = (promise: Promise<unknown>): Promise<Sdk> =>
      promise.then(
        () => assert.fail('it was not refused'),
        (error) => error,
      )
    for (const attempt of [() => fc2.get('/nothing'), () => fc2.post('/services/s/functions/f', {})]) {
      const error = await refused(attempt())
      assert.equal(error.code, 'PathNotSupported', error.stack)
      assert.equal(error.name, 'FCPathNotSupportedError')
      assert.match(error.message, /2016-08-15.*is not supported/)
    }
    const forged = await refused(
      fc2Client({ ...bed.platform, accessKeySecret: 'guessed' }).getTempBucketToken(),
    )
    assert.equal(forged.code, 'SignatureNotMatch')
  })
})
