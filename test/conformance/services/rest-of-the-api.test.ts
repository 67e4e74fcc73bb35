/** Triggers, configs, layers and the account, through `@alicloud/fc2`; and that none of its methods is unknown here. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { type Sdk, zipOf } from '../../clients.fixture.ts'
import { http } from '../conformance.fixture.ts'
import { createIn, refused, saying, sharedServices } from './services.fixture.ts'

const bed = sharedServices()

describe('triggers', () => {
  const config = { authType: 'anonymous', methods: ['GET', 'POST'] }
  const create = (fields: object = {}) =>
    bed.fc2.createTrigger('triggers', 'f', {
      triggerName: 'http',
      triggerType: 'http',
      triggerConfig: config,
      ...fields,
    })

  test('have a config that is an object, and say where they are reached', async () => {
    const { fc2, platform } = bed
    await fc2.createService('triggers')
    await createIn(fc2, 'triggers', 'f', saying('x'))
    const created = await create({ description: 'd', invocationRole: 'acs:ram::1:role/r' })
    const { triggerId, createdTime, lastModifiedTime, ...rest } = created.data
    assert.ok(triggerId && createdTime && lastModifiedTime)
    const url = `${platform.endpoints.fc}/2016-08-15/proxy/triggers/f/`
    assert.deepEqual(rest, {
      triggerName: 'http',
      triggerType: 'http',
      triggerConfig: { ...config, disableURLInternet: false },
      qualifier: 'LATEST',
      description: 'd',
      invocationRole: 'acs:ram::1:role/r',
      targetArn: `acs:fc:${platform.region}:${platform.accountId}:services/triggers.LATEST/functions/f`,
      domainName: '127.0.0.1',
      urlInternet: url,
      urlIntranet: url,
    })
    assert.deepEqual((await fc2.getTrigger('triggers', 'f', 'http')).data, created.data)
    const updated = await fc2.updateTrigger('triggers', 'f', 'http', {
      triggerConfig: { authType: 'function', methods: ['PUT'] },
    })
    assert.deepEqual(updated.data.triggerConfig, {
      authType: 'function',
      methods: ['PUT'],
      disableURLInternet: false,
    })
    assert.equal(updated.data.description, 'd')
    await refused(
      fc2.updateTrigger('triggers', 'f', 'http', {}, { 'if-match': created.headers.etag }),
      412,
      'PreconditionFailed',
    )

    await fc2.publishVersion('triggers')
    const ofVersion = await create({ triggerName: 'b', qualifier: '1' })
    assert.match(ofVersion.data.targetArn, /services\/triggers\.1\/functions\/f$/)
    assert.match(ofVersion.data.urlInternet, /\/2016-08-15\/proxy\/triggers\.1\/f\/$/)
    const names = ({ data }: Sdk) => data.triggers.map(({ triggerName }: Sdk) => triggerName)
    const first = await fc2.listTriggers('triggers', 'f', { limit: 1 })
    assert.deepEqual(names(first), ['b'])
    const rest2 = await fc2.listTriggers('triggers', 'f', { limit: 1, nextToken: first.data.nextToken })
    assert.deepEqual(names(rest2), ['http'])
    assert.deepEqual(names(await fc2.listTriggers('triggers', 'f', { startKey: 'c' })), ['http'])

    await refused(
      fc2.deleteFunction('triggers', 'f'),
      409,
      'FunctionNotEmpty',
      /^function 'f' has active triggers$/,
    )
    for (const name of ['b', 'http']) assert.equal((await fc2.deleteTrigger('triggers', 'f', name)).data, '')
    await refused(
      fc2.deleteTrigger('triggers', 'f', 'http'),
      404,
      'TriggerNotFound',
      /'f' of service 'triggers'/,
    )
    await fc2.deleteFunction('triggers', 'f')
  })

  test('are refused in the vendor’s words', async () => {
    const { fc2 } = bed
    await refused(create(), 404, 'FunctionNotFound', /in service 'triggers'$/)
    await refused(
      fc2.createTrigger('absent', 'f', { triggerName: 't', triggerType: 'http' }),
      404,
      'ServiceNotFound',
    )
    await createIn(fc2, 'triggers', 'f', saying('x'))
    await create()
    await refused(create(), 409, 'TriggerAlreadyExists')
    await refused(create({ triggerName: 't' }), 400, 'InvalidArgument', /already has an HTTP trigger/)
    await refused(
      create({ triggerName: 't', qualifier: 'prod' }),
      404,
      'AliasNotFound',
      /^alias 'prod' of service 'triggers' does not exist$/,
    )
    await refused(create({ triggerName: 't', triggerType: 'nothing' }), 400, 'InvalidArgument', /TriggerType/)
    await refused(create({ triggerName: 't', triggerConfig: { authType: 'x' } }), 400, 'InvalidArgument')
    await refused(fc2.getTrigger('triggers', 'f', 't'), 404, 'TriggerNotFound')
    await refused(fc2.listTriggers('triggers', 'g'), 404, 'FunctionNotFound')
  })
})

describe('configs', () => {
  before(async () => {
    // Hooks of a file do not wait for one another.
    while (!bed.fc2) await new Promise((resolve) => setImmediate(resolve))
    await bed.fc2.createService('configs')
    for (const name of ['f', 'g']) await createIn(bed.fc2, 'configs', name, saying('x'))
  })

  test('cap the instances of a function', async () => {
    const { fc2 } = bed
    const resource = (name: string) => `services/configs.LATEST/functions/${name}`
    await refused(fc2.getOnDemandConfig('configs', 'f', 'LATEST'), 404, 'OnDemandConfigNotFound')
    const put = await fc2.putOnDemandConfig('configs', 'f', 'LATEST', { maximumInstanceCount: 0 })
    assert.deepEqual(put.data, { resource: resource('f'), maximumInstanceCount: 0 })
    await refused(fc2.invokeFunction('configs', 'f', ''), 429, 'ResourceExhausted')
    await fc2.putOnDemandConfig('configs', 'f', 'LATEST', { maximumInstanceCount: 1 })
    assert.equal((await fc2.invokeFunction('configs', 'f', '')).data, 'x')
    assert.equal((await fc2.getOnDemandConfig('configs', 'f')).data.maximumInstanceCount, 1)
    await fc2.putOnDemandConfig('configs', 'g', '', { maximumInstanceCount: 2 })
    const first = await fc2.listOnDemandConfigs({ limit: 1 })
    assert.deepEqual(first.data.configs, [{ resource: resource('f'), maximumInstanceCount: 1 }])
    const rest = await fc2.listOnDemandConfigs({ nextToken: first.data.nextToken })
    assert.deepEqual(rest.data, { configs: [{ resource: resource('g'), maximumInstanceCount: 2 }] })
    assert.equal((await fc2.listOnDemandConfigs({ prefix: resource('g') })).data.configs.length, 1)
    await fc2.deleteOnDemandConfig('configs', 'f', 'LATEST')
    await refused(fc2.getOnDemandConfig('configs', 'f', 'LATEST'), 404, 'OnDemandConfigNotFound')
    await refused(
      fc2.putOnDemandConfig('configs', 'f', 'prod', { maximumInstanceCount: 1 }),
      501,
      'NotImplemented',
    )
    await refused(
      fc2.putOnDemandConfig('configs', 'h', '', { maximumInstanceCount: 1 }),
      404,
      'FunctionNotFound',
    )
    await refused(fc2.putOnDemandConfig('configs', 'f', '', {}), 400, 'InvalidArgument')
  })

  test('keep instances ready, and no function goes while one is asked for', async () => {
    const { fc2 } = bed
    const { data } = await fc2.getProvisionConfig('configs', 'f', 'LATEST')
    assert.deepEqual(data, { resource: 'services/configs.LATEST/functions/f', target: 0, current: 0 })
    assert.deepEqual((await fc2.listProvisionConfigs({ serviceName: 'configs' })).data.provisionConfigs, [])
    const put = await fc2.putProvisionConfig('configs', 'f', 'LATEST', { target: 1 })
    assert.deepEqual([put.data.resource, put.data.target], ['services/configs.LATEST/functions/f', 1])
    assert.equal((await fc2.getProvisionConfig('configs', 'f', 'LATEST')).data.target, 1)
    const [listed] = (await fc2.listProvisionConfigs({ serviceName: 'configs' })).data.provisionConfigs
    assert.deepEqual([listed.resource, listed.target], [put.data.resource, 1])
    assert.deepEqual((await fc2.listProvisionConfigs({ serviceName: 'other' })).data.provisionConfigs, [])
    await refused(fc2.deleteFunction('configs', 'f'), 409, 'ProvisionConfigExist')
    assert.equal((await fc2.putProvisionConfig('configs', 'f', 'LATEST', { target: 0 })).data.target, 0)
    assert.deepEqual((await fc2.listProvisionConfigs({ serviceName: 'configs' })).data.provisionConfigs, [])
    await refused(fc2.getProvisionConfig('configs', 'h', 'LATEST'), 404, 'FunctionNotFound')
    await refused(fc2.getProvisionConfig('absent', 'h', 'LATEST'), 404, 'ServiceNotFound')
  })

  test('do not keep the instances from being listed', async () => {
    const { fc2 } = bed
    await fc2.publishVersion('configs')
    await fc2.createAlias('configs', 'prod', '1')
    const { headers } = await fc2.invokeFunction('configs', 'f', '', {}, 'prod')
    const instanceId = headers['x-fc-instance-id']
    const list = async (qualifier: string, options: object = {}) =>
      (await fc2.listInstances('configs', 'f', qualifier, options)).data.instances
    assert.deepEqual(await list('prod'), [{ instanceId, versionId: '1' }])
    assert.deepEqual(await list('1', { instanceIds: ['c-other'] }), [])
    assert.deepEqual(await list('1', { instanceIds: [instanceId] }), [{ instanceId, versionId: '1' }])
    assert.ok((await list('LATEST')).every(({ versionId }: Sdk) => versionId === '0'))
    await refused(fc2.listInstances('configs', 'f', 'nobody'), 404, 'AliasNotFound')
  })
})

describe('layers', () => {
  test('are published, listed, used and deleted', async () => {
    const { fc2, platform } = bed
    const code = {
      zipFile: await zipOf({ 'nodejs/node_modules/greeting/index.js': 'module.exports = "layered"' }),
    }
    const published = await fc2.publishLayerVersion('greet', {
      code,
      compatibleRuntime: ['nodejs20'],
      description: 'd',
    })
    const arn = `acs:fc:${platform.region}:${platform.accountId}:layers/greet/versions/1`
    const { arnV2, version, layerName, acl, description, codeSize, codeChecksum } = published.data
    assert.deepEqual(
      [published.data.arn, arnV2, version, layerName, acl, description],
      [arn, arn, 1, 'greet', 0, 'd'],
    )
    assert.ok(codeSize > 0 && codeChecksum)
    const comparable = ({ data: { code: _, ...layer } }: Sdk) => layer
    assert.deepEqual(comparable(await fc2.getLayerVersion('greet', 1)), comparable(published))
    assert.deepEqual(comparable(await fc2.getLayerVersionByArn(arn)), comparable(published))
    assert.equal((await fc2.listLayers({ prefix: 'gre' })).data.layers[0].arn, arn)
    assert.equal((await fc2.listLayerVersions('greet', { limit: 10 })).data.layers[0].arnV2, arn)
    await fc2.createService('layers')
    const greet = `exports.handler = (event, context, callback) => callback(null, require('greeting'))`
    const { data } = await createIn(fc2, 'layers', 'f', { 'index.js': greet }, { layers: [arn] })
    assert.deepEqual([data.layers, data.layersArnV2], [[arn], [arn]])
    assert.equal((await fc2.invokeFunction('layers', 'f', '')).data, 'layered')
    assert.equal((await fc2.putLayerACL('greet', { public: true })).data, '')
    assert.equal((await fc2.getLayerVersion('greet', 1)).data.acl, 1)
    assert.equal((await fc2.listLayers({ public: true })).data.layers[0].arn, arn)
    await fc2.putLayerACL('greet', { public: false })
    assert.deepEqual((await fc2.listLayers({ public: true })).data.layers, [])
    assert.equal((await fc2.deleteLayerVersion('greet', 1)).data, '')
    await refused(fc2.getLayerVersion('greet', 1), 404, 'LayerVersionNotFound')
    await refused(fc2.putLayerACL('greet', { public: true }), 404, 'LayerNotFound')
    await refused(fc2.publishLayerVersion('greet', { code }), 400, 'InvalidArgument', /CompatibleRuntime/)
  })
})

describe('custom domains', () => {
  test('lead to functions of services by routes', async () => {
    const { fc2, platform } = bed
    await fc2.createService('domains')
    const handler = `exports.handler = (req, resp) => resp.send(req.method + ' ' + req.url + ' ' + req.path)`
    await createIn(fc2, 'domains', 'f', { 'index.js': handler })
    const created = await fc2.createCustomDomain('a.services.test')
    assert.deepEqual(
      [created.data.domainName, created.data.protocol, created.data.routeConfig],
      ['a.services.test', 'HTTP', { routes: [] }],
    )
    const routes = [{ path: '/f/*', serviceName: 'domains', functionName: 'f', methods: ['GET'] }]
    const updated = await fc2.updateCustomDomain('a.services.test', { routeConfig: { routes } })
    assert.deepEqual(updated.data.routeConfig.routes, [{ ...routes[0], qualifier: 'LATEST' }])
    assert.deepEqual((await fc2.getCustomDomain('a.services.test')).data, updated.data)
    const listed = await fc2.listCustomDomains({ prefix: 'a.', startKey: 'a' })
    assert.deepEqual(listed.data.customDomains, [updated.data])
    const answer = await http(platform.endpoints.edge, {
      path: '/f/x?y',
      headers: { Host: 'a.services.test' },
    })
    assert.deepEqual([answer.status, answer.text], [200, 'GET /f/x?y /f/x'])
    // Only on the endpoint of the API is a page kept as a file.
    assert.equal(answer.headers['content-disposition'], undefined)

    await refused(fc2.createCustomDomain('a.services.test'), 409, 'DomainNameAlreadyExists')
    const toNothing = { routeConfig: { routes: [{ path: '/', serviceName: 'domains', functionName: 'g' }] } }
    await refused(
      fc2.updateCustomDomain('a.services.test', toNothing),
      404,
      'FunctionNotFound',
      /^function 'g' of service 'domains' does not exist$/,
    )
    assert.equal((await fc2.deleteCustomDomain('a.services.test')).data, '')
    await refused(fc2.getCustomDomain('a.services.test'), 404, 'DomainNameNotFound')
  })
})

describe('the account', () => {
  test('has neither zones nor reserved capacity', async () => {
    const { fc2 } = bed
    assert.deepEqual((await fc2.getAccountSettings()).data, { availableAZs: [], defaultRole: '' })
    assert.deepEqual((await fc2.listReservedCapacities()).data, { reservedCapacities: [] })
    assert.deepEqual((await fc2.getAccountConfigs({ config: ['CodeSizeLimit'] })).data, {
      CodeSizeLimit: 524_288_000,
    })
    assert.deepEqual((await fc2.getAccountConfigs({ config: 'Other' })).data, {})
  })

  test('may upload code for a service and make a function of it', async () => {
    const { fc2, platform } = bed
    await fc2.createService('uploads')
    const { data } = await fc2.getTempCodeBucketPermission('uploads', 'f', 'e1')
    assert.ok(data.credentials.SecurityToken && data.codeSizeLimit > 0)
    // What the SDK does by itself, but for its endpoint, which is a constant.
    const OSS = createRequire(createRequire(import.meta.url).resolve('@alicloud/fc2'))('ali-oss')
    const oss = new OSS({
      endpoint: platform.endpoints.oss,
      accessKeyId: data.credentials.AccessKeyId,
      accessKeySecret: data.credentials.AccessKeySecret,
      stsToken: data.credentials.SecurityToken,
      bucket: data.ossBucket,
      refreshSTSTokenInterval: 1e9,
    })
    const file = join(platform.dataDir, 'upload.zip')
    await writeFile(file, Buffer.from(await zipOf(saying('uploaded')), 'base64'))
    const ossObjectName = `${platform.accountId}/uploads/${data.objectName}`
    await oss.put(ossObjectName, file)
    await createIn(fc2, 'uploads', 'f', {}, { code: { ossBucketName: data.ossBucket, ossObjectName } })
    assert.equal((await fc2.invokeFunction('uploads', 'f', '')).data, 'uploaded')
    await refused(fc2.getTempCodeBucketPermission('absent', 'f', 'e1'), 404, 'ServiceNotFound')
    assert.ok((await fc2.getTempBucketToken()).data.objectName)
  })
})

test('every method of the SDK that makes a request finds its operation', async () => {
  const { fc2 } = bed
  const own = Object.getOwnPropertyNames(Object.getPrototypeOf(fc2))
  // What is no request: plumbing, and what asks for several of the others (or for a constant host) in turn.
  const others = new Set([
    'constructor',
    'buildHeaders',
    'request',
    'get',
    'post',
    'put',
    'delete',
    'websocket',
    'largeFunctionHelper',
    'uploadCodeToTmpOssBucket',
    'normalizeParams',
    'publishLayerVersionForBigCode',
    'instanceExec',
  ])
  const takesObject = new Set([
    'createFunction',
    'updateFunction',
    'createTrigger',
    'updateTrigger',
    'tagResource',
  ])
  const asked: string[] = []
  for (const name of own.filter((method) => !others.has(method))) {
    // A name is a right argument for all of them; what is wrong with the rest is told by the operation that was found.
    const code = await Promise.resolve(
      fc2[name]('x', name === 'createFunction' ? {} : 'y', takesObject.has(name) ? {} : 'z'),
    ).then(
      () => '',
      (error: { code?: string }) => error.code ?? assert.fail(`${name}: ${error}`),
    )
    assert.notEqual(code, 'PathNotSupported', name)
    asked.push(name)
  }
  assert.equal(asked.length, 57, asked.join(' '))
})
