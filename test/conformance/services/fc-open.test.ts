/** API 2021-04-06, through `@alicloud/fc-open20210406`: the same services and functions, in its own shapes. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import { openModels, openOptions as options, type Sdk, zipOf } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { createIn, openRefused, saying, sharedServices } from './services.fixture.ts'

const bed = sharedServices()

/** A model of the SDK by its name. */
const make = (model: string, fields: object = {}): Sdk => new openModels[model](fields)
const asked = (operation: string, fields: object = {}): Sdk => make(`${operation}Request`, fields)
async function code(text: string): Promise<Sdk> {
  return make('Code', { zipFile: await zipOf(saying(text)) })
}
const say = async (service: string, name: string, qualifier?: string): Promise<string> => {
  const { body } = await bed.open.invokeFunction(
    service,
    name,
    asked('InvokeFunction', { qualifier, body: Buffer.from('x') }),
  )
  return Buffer.from(body).toString()
}

test('services have tags, versions and aliases', async () => {
  const { open, platform } = bed
  const created = await open.createService(asked('CreateService', { serviceName: 's', description: 'd' }))
  assert.deepEqual(
    [created.body.serviceName, created.body.description, created.body.internetAccess],
    ['s', 'd', true],
  )
  const { etag } = created.headers
  await openRefused(
    open.createService(asked('CreateService', { serviceName: 's' })),
    409,
    'ServiceAlreadyExists',
  )
  await openRefused(
    open.updateServiceWithOptions(
      's',
      asked('UpdateService', { description: 'e' }),
      make('UpdateServiceHeaders', { ifMatch: 'other' }),
      options,
    ),
    412,
    'PreconditionFailed',
  )
  const updated = await open.updateServiceWithOptions(
    's',
    asked('UpdateService', { description: 'e' }),
    make('UpdateServiceHeaders', { ifMatch: etag }),
    options,
  )
  assert.equal(updated.body.description, 'e')
  assert.equal((await open.getService('s', asked('GetService'))).body.description, 'e')
  await openRefused(
    open.getService('t', asked('GetService')),
    404,
    'ServiceNotFound',
    /^service 't' does not exist$/,
  )
  assert.equal(
    (await open.listServices(asked('ListServices', { prefix: 's', limit: 1 }))).body.services.length,
    1,
  )

  const resourceArn = `acs:fc:${platform.region}:${platform.accountId}:services/s`
  await open.tagResource(asked('TagResource', { resourceArn: 'services/s', tags: { a: 'b', c: 'd' } }))
  await open.untagResource(asked('UntagResource', { resourceArn, tagKeys: ['c'], all: false }))
  assert.deepEqual((await open.getResourceTags(asked('GetResourceTags', { resourceArn }))).body.tags, {
    a: 'b',
  })
  const tagged = (await open.listTaggedResources(asked('ListTaggedResources'))).body.resources
  assert.deepEqual(
    tagged.map(({ resourceArn, tags }: Sdk) => ({ resourceArn, tags })),
    [{ resourceArn, tags: { a: 'b' } }],
  )

  await createIn(bed.fc2, 's', 'f', saying('one'))
  const published = await open.publishServiceVersion(
    's',
    asked('PublishServiceVersion', { description: 'v' }),
  )
  assert.deepEqual([published.body.versionId, published.body.description], ['1', 'v'])
  await openRefused(
    open.publishServiceVersion('s', asked('PublishServiceVersion')),
    409,
    'VersionPublishError',
  )
  await open.updateFunction('s', 'f', asked('UpdateFunction', { code: await code('two') }))
  await open.publishServiceVersion('s', asked('PublishServiceVersion'))
  const versions = (await open.listServiceVersions('s', asked('ListServiceVersions', { limit: 1 }))).body
  assert.deepEqual(
    [versions.versions[0].versionId, versions.nextToken, versions.direction],
    ['2', '1', 'BACKWARD'],
  )
  assert.equal((await open.getService('s', asked('GetService', { qualifier: '1' }))).body.description, 'v')

  const alias = await open.createAlias('s', asked('CreateAlias', { aliasName: 'prod', versionId: '1' }))
  assert.equal(await say('s', 'f', 'prod'), 'one')
  await open.updateAlias(
    's',
    'prod',
    asked('UpdateAlias', { versionId: '2', additionalVersionWeight: { 1: 0 } }),
  )
  assert.equal(await say('s', 'f', 'prod'), 'two')
  assert.equal((await open.getAlias('s', 'prod')).body.versionId, '2')
  assert.equal((await open.listAliases('s', asked('ListAliases'))).body.aliases[0].aliasName, 'prod')
  await openRefused(
    open.deleteAliasWithOptions(
      's',
      'prod',
      make('DeleteAliasHeaders', { ifMatch: alias.headers.etag }),
      options,
    ),
    412,
    'PreconditionFailed',
  )
  assert.equal((await open.deleteAlias('s', 'prod')).statusCode, 204)
  assert.equal((await open.deleteServiceVersion('s', '1')).statusCode, 204)
  await openRefused(open.deleteServiceVersion('s', '1'), 404, 'VersionNotFound')
  await openRefused(open.deleteService('s'), 409, 'ServiceNotEmpty')
  await open.deleteFunction('s', 'f')
  await open.deleteServiceVersion('s', '2')
  assert.equal((await open.deleteService('s')).statusCode, 204)
})

test('functions are created, read at a qualifier, changed, called and deleted', async () => {
  const { open } = bed
  await open.createService(asked('CreateService', { serviceName: 'functions' }))
  const input = {
    functionName: 'f',
    runtime: 'nodejs20',
    handler: 'index.handler',
    memorySize: 512,
    cpu: 0.5,
    instanceType: 'c1',
    instanceLifecycleConfig: make('InstanceLifecycleConfig', {
      preStop: make('LifecycleHook', { handler: 'index.handler', timeout: 5 }),
    }),
    code: await code('one'),
  }
  const { body: created } = await open.createFunction('functions', asked('CreateFunction', input))
  assert.deepEqual(
    [
      created.functionName,
      created.memorySize,
      created.cpu,
      created.instanceType,
      created.instanceLifecycleConfig.preStop.timeout,
    ],
    ['f', 512, 0.5, 'c1', 5],
  )
  await openRefused(
    open.createFunction('functions', asked('CreateFunction', input)),
    409,
    'FunctionAlreadyExists',
  )
  await open.publishServiceVersion('functions', asked('PublishServiceVersion'))
  const { body: updated } = await open.updateFunction(
    'functions',
    'f',
    asked('UpdateFunction', { code: await code('two'), timeout: 9, instanceConcurrency: 1 }),
  )
  assert.deepEqual([updated.timeout, updated.cpu], [9, 0.5])
  const get = async (qualifier?: string) =>
    (await open.getFunction('functions', 'f', asked('GetFunction', { qualifier }))).body
  assert.deepEqual([(await get()).timeout, (await get('1')).timeout], [9, 3])
  const found = (await open.getFunctionCode('functions', 'f', asked('GetFunctionCode', { qualifier: '1' })))
    .body
  assert.equal(found.checksum, (await get('1')).codeChecksum)
  assert.equal((await fetch(found.url)).status, 200)
  const listed = await open.listFunctions('functions', asked('ListFunctions', { qualifier: '1', limit: 5 }))
  assert.equal(listed.body.functions[0].functionName, 'f')
  assert.deepEqual([await say('functions', 'f'), await say('functions', 'f', '1')], ['two', 'one'])

  const taken = await open.invokeFunctionWithOptions(
    'functions',
    'f',
    asked('InvokeFunction', { body: Buffer.from('x') }),
    make('InvokeFunctionHeaders', { xFcInvocationType: 'Async', xFcStatefulAsyncInvocationId: 'one' }),
    options,
  )
  assert.deepEqual([taken.statusCode, taken.headers['x-fc-stateful-async-invocation-id']], [202, 'one'])
  await openRefused(
    say('functions', 'g'),
    404,
    'FunctionNotFound',
    /^function 'g' does not exist in service 'functions'$/,
  )
  await openRefused(say('functions', 'f', 'nobody'), 404, 'AliasNotFound')

  const { body: instances } = await open.listInstances(
    'functions',
    'f',
    asked('ListInstances', { qualifier: '1' }),
  )
  assert.deepEqual(
    instances.instances.map(({ versionId }: Sdk) => versionId),
    ['1'],
  )
  const deleting = make('DeleteFunctionHeaders', { ifMatch: 'other' })
  await openRefused(
    open.deleteFunctionWithOptions('functions', 'f', deleting, options),
    412,
    'PreconditionFailed',
  )
  assert.equal((await open.deleteFunction('functions', 'f')).statusCode, 204)
})

test('triggers have a config that is text', async () => {
  const { open, platform } = bed
  await open.createService(asked('CreateService', { serviceName: 'triggers' }))
  await createIn(bed.fc2, 'triggers', 'f', {
    'index.js': `exports.handler = (req, resp) => resp.send(req.path)`,
  })
  const trigger = {
    triggerName: 'http',
    triggerType: 'http',
    triggerConfig: '{"authType":"anonymous","methods":["GET"]}',
  }
  const { body } = await open.createTrigger('triggers', 'f', asked('CreateTrigger', trigger))
  assert.deepEqual(JSON.parse(body.triggerConfig), {
    authType: 'anonymous',
    methods: ['GET'],
    disableURLInternet: false,
  })
  assert.equal(body.urlInternet, `${platform.endpoints.fc}/2016-08-15/proxy/triggers/f/`)
  assert.equal(await (await fetch(`${body.urlInternet}a`)).text(), '/a')
  assert.equal((await open.getTrigger('triggers', 'f', 'http')).body.triggerId, body.triggerId)
  const changed = asked('UpdateTrigger', { triggerConfig: '{"authType":"function","methods":["GET"]}' })
  const updated = await open.updateTrigger('triggers', 'f', 'http', changed)
  assert.equal(JSON.parse(updated.body.triggerConfig).authType, 'function')
  assert.equal((await fetch(`${body.urlInternet}a`)).status, 400)
  const listed = await open.listTriggers('triggers', 'f', asked('ListTriggers'))
  assert.equal(typeof listed.body.triggers[0].triggerConfig, 'string')
  await openRefused(
    open.createTrigger(
      'triggers',
      'f',
      asked('CreateTrigger', { ...trigger, triggerName: 't', triggerConfig: '{' }),
    ),
    400,
    'InvalidArgument',
    /JSON/,
  )
  assert.equal((await open.deleteTrigger('triggers', 'f', 'http')).statusCode, 204)
})

test('configs are put for a qualifier of the query', async () => {
  const { open } = bed
  await open.createService(asked('CreateService', { serviceName: 'configs' }))
  await createIn(bed.fc2, 'configs', 'f', saying('x'))
  await open.publishServiceVersion('configs', asked('PublishServiceVersion'))
  const name = ['configs', 'f'] as const
  const put = await open.putFunctionAsyncInvokeConfig(
    ...name,
    asked('PutFunctionAsyncInvokeConfig', {
      qualifier: '1',
      maxAsyncRetryAttempts: 2,
      statefulInvocation: true,
    }),
  )
  assert.deepEqual(
    [
      put.body.service,
      put.body.function,
      put.body.qualifier,
      put.body.maxAsyncRetryAttempts,
      put.body.statefulInvocation,
    ],
    ['configs', 'f', '1', 2, true],
  )
  const ofOne = { qualifier: '1' }
  const got = await open.getFunctionAsyncInvokeConfig(...name, asked('GetFunctionAsyncInvokeConfig', ofOne))
  assert.equal(got.body.maxAsyncRetryAttempts, 2)
  const listed = await open.listFunctionAsyncInvokeConfigs(...name, asked('ListFunctionAsyncInvokeConfigs'))
  assert.deepEqual(
    listed.body.configs.map(({ qualifier }: Sdk) => qualifier),
    ['1'],
  )
  await open.deleteFunctionAsyncInvokeConfig(...name, asked('DeleteFunctionAsyncInvokeConfig', ofOne))
  await openRefused(
    open.getFunctionAsyncInvokeConfig(...name, asked('GetFunctionAsyncInvokeConfig', ofOne)),
    404,
    'AsyncConfigNotExists',
  )

  const cap = asked('PutFunctionOnDemandConfig', { maximumInstanceCount: 3, qualifier: 'LATEST' })
  assert.equal((await open.putFunctionOnDemandConfig(...name, cap)).body.maximumInstanceCount, 3)
  const capped = await open.getFunctionOnDemandConfig(...name, asked('GetFunctionOnDemandConfig'))
  assert.equal(capped.body.resource, 'services/configs.LATEST/functions/f')
  assert.equal((await open.listOnDemandConfigs(asked('ListOnDemandConfigs'))).body.configs.length, 1)
  await open.deleteFunctionOnDemandConfig(...name, asked('DeleteFunctionOnDemandConfig'))
  await openRefused(
    open.getFunctionOnDemandConfig(...name, asked('GetFunctionOnDemandConfig')),
    404,
    'OnDemandConfigNotFound',
  )
  const provision = await open.getProvisionConfig(...name, asked('GetProvisionConfig', ofOne))
  assert.deepEqual([provision.body.resource, provision.body.target], ['services/configs.1/functions/f', 0])
  assert.deepEqual((await open.listProvisionConfigs(asked('ListProvisionConfigs'))).body.provisionConfigs, [])
})

test('stateful asynchronous invocations are kept, listed, read and stopped', async () => {
  const { open } = bed
  await open.createService(asked('CreateService', { serviceName: 'stateful' }))
  await createIn(bed.fc2, 'stateful', 'f', saying('x'))
  await open.publishServiceVersion('stateful', asked('PublishServiceVersion'))
  const name = ['stateful', 'f'] as const
  const config = { qualifier: '1', statefulInvocation: true }
  await open.putFunctionAsyncInvokeConfig(...name, asked('PutFunctionAsyncInvokeConfig', config))
  await open.putFunctionAsyncInvokeConfig(...name, asked('PutFunctionAsyncInvokeConfig'))
  const functions = asked('ListStatefulAsyncInvocationFunctions', { limit: 10 })
  const { body: listed } = await open.listStatefulAsyncInvocationFunctions(functions)
  assert.deepEqual(
    listed.data.map(({ serviceName, functionName, qualifier }: Sdk) => [
      serviceName,
      functionName,
      qualifier,
    ]),
    [['stateful', 'f', '1']],
  )

  const send = (id: string, qualifier: string, headers: object, more: object = {}) =>
    open.invokeFunctionWithOptions(
      ...name,
      asked('InvokeFunction', { body: Buffer.from(id), qualifier }),
      make('InvokeFunctionHeaders', {
        xFcInvocationType: 'Async',
        xFcStatefulAsyncInvocationId: id,
        commonHeaders: more,
        ...headers,
      }),
      options,
    )
  const get = async (id: string, qualifier?: string) =>
    (await open.getStatefulAsyncInvocation(...name, id, asked('GetStatefulAsyncInvocation', { qualifier })))
      .body
  await send('by-config', '1', {})
  await send('by-header', 'LATEST', { xFcStatefulAsyncInvocationEnable: 'true' })
  for (const id of ['by-config', 'by-header'])
    await until(async () => (await get(id)).status === 'Succeeded', { what: `${id} to succeed` })
  assert.equal((await get('by-config', '1')).qualifier, '1')
  await openRefused(get('by-config', 'LATEST'), 404, 'StatefulAsyncInvocationNotFound')
  await openRefused(send('by-config', '1', {}), 409, 'StatefulAsyncInvocationAlreadyExists')

  await send('delayed', '1', {}, { 'x-fc-async-delay': '600' })
  const list = async (fields: object) => {
    const query = asked('ListStatefulAsyncInvocations', { sortOrderByTime: 'asc', ...fields })
    return (await open.listStatefulAsyncInvocations(...name, query)).body.invocations
  }
  const idsOf = (invocations: Sdk[]) => invocations.map(({ invocationId }) => invocationId)
  assert.deepEqual(idsOf(await list({})), ['by-config', 'by-header', 'delayed'])
  assert.deepEqual(idsOf(await list({ qualifier: '1', status: 'Succeeded' })), ['by-config'])
  const [withPayload] = await list({ invocationIdPrefix: 'by-h', includePayload: true })
  assert.deepEqual([withPayload.invocationPayload, withPayload.events[0].eventId], ['by-header', 1])
  const stop = (id: string, qualifier?: string) =>
    open.stopStatefulAsyncInvocation(...name, id, asked('StopStatefulAsyncInvocation', { qualifier }))
  await openRefused(stop('delayed', 'LATEST'), 404, 'StatefulAsyncInvocationNotFound')
  assert.equal((await stop('delayed')).statusCode, 200)
  assert.equal((await get('delayed')).status, 'Stopped')
  await openRefused(stop('by-config'), 400, 'InvalidArgument')
})

test('layers, the account and bindings answer', async () => {
  const { open } = bed
  const input = { Code: await code('x'), compatibleRuntime: ['nodejs20'] }
  const published = await open.createLayerVersion(
    'l',
    asked('CreateLayerVersion', { ...input, code: input.Code }),
  )
  assert.deepEqual([published.body.version, published.body.acl], [1, 0])
  assert.equal((await open.getLayerVersion('l', '1')).body.arnV2, published.body.arn)
  assert.equal((await open.listLayers(asked('ListLayers'))).body.layers.length, 1)
  assert.equal(
    (await open.listLayerVersions('l', asked('ListLayerVersions', { startVersion: 1 }))).body.layers.length,
    1,
  )
  assert.equal((await open.putLayerACL('l', asked('PutLayerACL', { public: true }))).statusCode, 204)
  assert.equal((await open.getLayerVersion('l', '1')).body.acl, 1)
  assert.equal((await open.deleteLayerVersion('l', '1')).statusCode, 204)
  assert.deepEqual((await open.getAccountSettings()).body.availableAZs, [])
  assert.deepEqual(
    (await open.listReservedCapacities(asked('ListReservedCapacities'))).body.reservedCapacities,
    [],
  )
  await open.createService(asked('CreateService', { serviceName: 'bindings' }))
  assert.deepEqual((await open.listVpcBindings('bindings')).body.vpcIds, [])
  await openRefused(open.listVpcBindings('absent'), 404, 'ServiceNotFound')
})

test('custom domains have routes to functions of services', async () => {
  const { open } = bed
  await open.createService(asked('CreateService', { serviceName: 'domains' }))
  await createIn(bed.fc2, 'domains', 'f', saying('x'))
  const routeConfig = make('RouteConfig', {
    routes: [make('PathConfig', { path: '/*', serviceName: 'domains', functionName: 'f' })],
  })
  const { body } = await open.createCustomDomain(
    asked('CreateCustomDomain', { domainName: 'open.test', protocol: 'HTTP', routeConfig }),
  )
  assert.deepEqual(
    [body.routeConfig.routes[0].serviceName, body.routeConfig.routes[0].functionName],
    ['domains', 'f'],
  )
  assert.equal((await open.getCustomDomain('open.test')).body.domainName, 'open.test')
  const emptied = asked('UpdateCustomDomain', { routeConfig: make('RouteConfig', { routes: [] }) })
  assert.deepEqual((await open.updateCustomDomain('open.test', emptied)).body.routeConfig.routes, [])
  assert.equal((await open.listCustomDomains(asked('ListCustomDomains'))).body.customDomains.length, 1)
  assert.equal((await open.deleteCustomDomain('open.test')).statusCode, 204)
  await openRefused(open.getCustomDomain('open.test'), 404, 'DomainNameNotFound')
})

describe('the operations', () => {
  test('that are not built say so', async () => {
    const { open } = bed
    const name = ['s', 'f'] as const
    for (const call of [
      () => open.createVpcBinding('s', asked('CreateVpcBinding', { vpcId: 'v' })),
      () => open.deleteVpcBinding('s', 'v'),
      () => open.registerEventSource(...name, asked('RegisterEventSource', { sourceArn: 'a' })),
      () => open.listEventSources(...name, asked('ListEventSources')),
      () => open.deregisterEventSource(...name, 'acs:x:y/z', asked('DeregisterEventSource')),
      () => open.claimGPUInstance(asked('ClaimGPUInstance')),
      () => open.releaseGPUInstance('i'),
    ])
      await openRefused(call(), 501, 'NotImplemented')
  })

  test('of the SDK are all known here, and no others', async () => {
    const source = await readFile(createRequire(import.meta.url).resolve('@alicloud/fc-open20210406'), 'utf8')
    const { operations20210406 } = await import('../../../src/products/functions/api-2021-04-06/index.ts')
    const ofSdk = new Set([...source.matchAll(/action: "(\w+)"/g)].map(([, action]) => action!))
    assert.equal(ofSdk.size, 66)
    const here = new Set(operations20210406.map(({ name }) => name))
    assert.deepEqual([...here].sort(), [...ofSdk].sort())
  })
})
