/** Functions of services and their invocation, through `@alicloud/fc2`. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createFunction, invoke, models, type Sdk, zipOf } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { assertRefused, logOf, request, requestWith } from '../conformance.fixture.ts'
import { createIn, refused, saying, sharedServices } from './services.fixture.ts'

const bed = sharedServices()
const names = ({ data }: Sdk): string[] => data.functions.map(({ functionName }: Sdk) => functionName)

describe('functions', () => {
  test('are created with the vendor’s defaults, read, changed and deleted', async () => {
    const { fc2 } = bed
    await fc2.createService('crud')
    const code = { zipFile: await zipOf(saying('one')) }
    const created = await fc2.createFunction('crud', {
      functionName: 'f',
      runtime: 'nodejs20',
      handler: 'index.handler',
      initializer: 'index.handler',
      code,
    })
    assert.match(created.headers.etag, /^[0-9a-f]{32}$/)
    const { functionId, createdTime, lastModifiedTime, codeSize, codeChecksum, ...rest } = created.data
    assert.ok(functionId && createdTime && lastModifiedTime && codeSize > 0)
    assert.match(codeChecksum, /^\d+$/)
    assert.deepEqual(rest, {
      functionName: 'f',
      description: '',
      runtime: 'nodejs20',
      handler: 'index.handler',
      timeout: 3,
      initializer: 'index.handler',
      initializationTimeout: 3,
      memorySize: 128,
      cpu: 0.1,
      diskSize: 512,
      gpuMemorySize: null,
      environmentVariables: {},
      instanceType: 'e1',
      instanceConcurrency: 1,
      instanceSoftConcurrency: null,
      layers: [],
      layersArnV2: [],
      instanceLifecycleConfig: {
        preFreeze: { handler: '', timeout: 3 },
        preStop: { handler: '', timeout: 3 },
      },
      caPort: null,
      customRuntimeConfig: null,
      customHealthCheckConfig: null,
      customContainerConfig: null,
      customDNS: null,
    })
    assert.deepEqual((await fc2.getFunction('crud', 'f', {}, 'LATEST')).data, created.data)

    const updated = await fc2.updateFunction('crud', 'f', {
      description: 'changed',
      initializationTimeout: '20',
      memorySize: 512,
      environmentVariables: { A: 'b' },
    })
    assert.deepEqual(
      [updated.data.description, updated.data.initializer, updated.data.initializationTimeout],
      ['changed', 'index.handler', 20],
    )
    // The processor goes with the memory.
    assert.deepEqual([updated.data.memorySize, updated.data.cpu], [512, 0.35])
    assert.equal(updated.data.codeChecksum, codeChecksum)
    const cleared = await fc2.updateFunction('crud', 'f', { environmentVariables: {}, initializer: '' })
    assert.deepEqual([cleared.data.environmentVariables, cleared.data.initializer], [{}, ''])

    const found = await fc2.getFunctionCode('crud', 'f')
    assert.equal(found.data.checksum, codeChecksum)
    const fetched = await fetch(found.data.url)
    assert.equal(Buffer.from(await fetched.arrayBuffer()).toString('base64'), code.zipFile)

    await refused(fc2.deleteFunction('crud', 'f', {}, { 'if-match': 'x' }), 412, 'PreconditionFailed')
    await refused(
      fc2.updateFunction('crud', 'f', { timeout: 9 }, { 'if-match': created.headers.etag }),
      412,
      'PreconditionFailed',
    )
    const deleted = await fc2.deleteFunction('crud', 'f', {}, { 'if-match': cleared.headers.etag })
    assert.equal(deleted.data, '')
    await refused(
      fc2.getFunction('crud', 'f'),
      404,
      'FunctionNotFound',
      /^function 'f' does not exist in service 'crud'$/,
    )
    await fc2.deleteService('crud')
  })

  test('are listed by name, by prefix, from a key and in pages', async () => {
    const { fc2 } = bed
    await fc2.createService('lists')
    // A service whose name begins like another's has functions of its own.
    await fc2.createService('lists-2')
    await createIn(fc2, 'lists-2', 'other', saying('x'))
    for (const name of ['abc', 'abd', 'bcd', 'zzz']) await createIn(fc2, 'lists', name, saying('x'))
    assert.deepEqual(names(await fc2.listFunctions('lists')), ['abc', 'abd', 'bcd', 'zzz'])
    assert.deepEqual(names(await fc2.listFunctions('lists', { prefix: 'ab' })), ['abc', 'abd'])
    const first = await fc2.listFunctions('lists', { limit: 1, startKey: 'b' })
    assert.deepEqual(names(first), ['bcd'])
    const rest = await fc2.listFunctions('lists', { limit: 1, nextToken: first.data.nextToken })
    assert.deepEqual([names(rest), rest.data.nextToken], [['zzz'], undefined])
    await refused(fc2.listFunctions('absent'), 404, 'ServiceNotFound')
    await refused(fc2.listFunctions('lists', { startKey: '/' }), 400, 'InvalidArgument', /startKey/)
  })

  test('are refused in the vendor’s words', async () => {
    const { fc2 } = bed
    await fc2.createService('refused')
    const create = (fields: object) => createIn(fc2, 'refused', 'f', saying('x'), fields)
    await refused(createIn(fc2, 'absent', 'f', saying('x')), 404, 'ServiceNotFound')
    await refused(create({ runtime: 10 }), 400, 'InvalidArgument', /Runtime is set to an invalid value/)
    await refused(create({ runtime: 'java8' }), 501, 'NotImplemented')
    await refused(create({ functionName: 'a$b' }), 400, 'InvalidArgument', /FunctionName/)
    await refused(create({ code: {} }), 400, 'InvalidArgument', /code/)
    await refused(create({ memorySize: 100 }), 400, 'InvalidArgument', /MemorySize/)
    await refused(create({ timeout: 0.5 }), 400, 'InvalidArgument', /Timeout/)
    await refused(create({ instanceType: 'x9' }), 400, 'InvalidArgument', /InstanceType/)
    await refused(create({ instanceType: 'g1' }), 501, 'NotImplemented', /g1/)
    await refused(create({ gpuMemorySize: 4096 }), 501, 'NotImplemented', /gpuMemorySize/)
    await refused(
      create({ instanceLifecycleConfig: { preFreeze: { handler: 'index.freeze' } } }),
      501,
      'NotImplemented',
      /preFreeze/,
    )
    await refused(create({ customDNS: { nameServers: ['1.1.1.1'] } }), 501, 'NotImplemented', /customDNS/)
    await refused(create({ what: 'else' }), 501, 'NotImplemented', /'what'/)
    await create({})
    await refused(
      create({}),
      409,
      'FunctionAlreadyExists',
      /^function 'f' already exists in service 'refused'$/,
    )
    await refused(fc2.updateFunction('refused', 'f', { runtime: 10 }), 400, 'InvalidArgument', /Runtime/)
    await refused(fc2.updateFunction('refused', 'g', { timeout: 9 }), 404, 'FunctionNotFound')
    await refused(fc2.deleteFunction('refused.1', 'f'), 400, 'InvalidArgument', /cannot be changed/)
    const wrong = fc2.updateFunction(
      'refused',
      'f',
      { code: { zipFile: await zipOf(saying('y')) } },
      { 'x-fc-code-checksum': '1' },
    )
    await refused(wrong, 400, 'InvalidArgument', /checksum/)
  })

  test('of custom runtimes have their port and health check beside the rest', async () => {
    const { fc2 } = bed
    await fc2.createService('custom')
    const server = `
      const http = require('http')
      http.createServer((req, res) => res.end('port ' + process.env.PORT + ' ' + req.headers['x-fc-service-name']
        + '/' + req.headers['x-fc-function-name'])).listen(Number(process.env.PORT), '0.0.0.0')`
    const created = await createIn(
      fc2,
      'custom',
      'f',
      { 'server.js': server },
      {
        runtime: 'custom.debian12',
        handler: 'none',
        caPort: 8081,
        environmentVariables: { PORT: '8081' },
        customRuntimeConfig: { command: ['node'], args: ['server.js'] },
        customHealthCheckConfig: { httpGetUrl: '/ready' },
      },
    )
    assert.deepEqual(
      [created.data.caPort, created.data.customRuntimeConfig, created.data.customHealthCheckConfig],
      [8081, { command: ['node'], args: ['server.js'] }, { httpGetUrl: '/ready' }],
    )
    assert.equal((await fc2.invokeFunction('custom', 'f', '')).data, 'port 8081 custom/f')
    const changed = await fc2.updateFunction('custom', 'f', {
      runtime: 'nodejs20',
      handler: 'index.handler',
      code: { zipFile: await zipOf(saying('built in')) },
    })
    assert.deepEqual([changed.data.caPort, changed.data.customRuntimeConfig], [null, null])
    assert.equal((await fc2.invokeFunction('custom', 'f', '')).data, 'built in')
  })
})

describe('invocations', () => {
  const files = {
    'index.js': `
      exports.handler = (event, context, callback) => { console.log('event: %s', event); callback(null, 'hello ' + event) }
      exports.handled = (event, context, callback) => callback('This is a handled error', event)
      exports.unhandled = (event) => event.toSting()
      exports.context = (event, { function: { name }, service, requestId }, callback) => callback(null,
        { name, service: service.name, qualifier: service.qualifier, requestId, env: process.env.FC_FUNCTION_NAME })`,
  }

  test('answer text, bytes and errors as the SDK expects them', async () => {
    const { fc2 } = bed
    await fc2.createService('calls')
    for (const handler of ['handler', 'handled', 'unhandled', 'context']) {
      await createIn(fc2, 'calls', handler, files, { handler: `index.${handler}` })
    }
    const answered = await fc2.invokeFunction(
      'calls',
      'handler',
      'world',
      { 'X-Fc-Log-Type': 'Tail' },
      'LATEST',
    )
    assert.equal(answered.data, 'hello world')
    const { headers } = answered
    assert.equal(headers['content-type'], 'application/octet-stream')
    assert.match(Buffer.from(headers['x-fc-log-result'], 'base64').toString(), /\[verbose\] event: world/)
    assert.match(headers['x-fc-invocation-duration'], /^\d+$/)
    assert.match(headers['x-fc-max-memory-usage'], /^\d+\.\d\d$/)
    assert.equal(headers['x-fc-invocation-service-version'], 'LATEST')
    assert.match(headers['x-fc-request-id'], /^[0-9a-f-]{36}$/)
    const raw = await fc2.invokeFunction('calls', 'handler', Buffer.from('w'), {}, undefined, {
      rawBuf: true,
    })
    assert.deepEqual(raw.data, Buffer.from('hello w'))

    const handled = await fc2.invokeFunction('calls', 'handled', 'x', {}, 'LATEST', { rawBuf: true })
    assert.equal(handled.headers['x-fc-error-type'], 'HandledInvocationError')
    assert.equal(handled.data.errorMessage, 'This is a handled error')
    const unhandled = await fc2.invokeFunction('calls', 'unhandled', 'x')
    assert.equal(unhandled.headers['x-fc-error-type'], 'UnhandledInvocationError')
    assert.match(unhandled.data.errorMessage, /toSting is not a function/)

    const { headers: asked, data } = await fc2.invokeFunction('calls', 'context', '')
    assert.deepEqual(JSON.parse(data), {
      name: 'context',
      service: 'calls',
      qualifier: 'LATEST',
      requestId: asked['x-fc-request-id'],
      env: 'context',
    })
    await refused(fc2.invokeFunction('calls', 'absent', ''), 404, 'FunctionNotFound', /in service 'calls'$/)
    await refused(fc2.invokeFunction('absent', 'handler', ''), 404, 'ServiceNotFound')
    await refused(
      fc2.invokeFunction('calls', 'handler', '', {}, '7'),
      404,
      'VersionNotFound',
      /of service 'calls'/,
    )
    await refused(fc2.invokeFunction('calls', 'handler', '', {}, 'prod'), 404, 'AliasNotFound')
    await refused(
      fc2.invokeFunction('calls', 'handler', '', { 'x-fc-invocation-type': 'Later' }),
      400,
      'InvalidArgument',
    )
  })

  test('are taken for later: 202, once for each id, and the outcome goes where the config says', async () => {
    const { fc2, platform } = bed
    await fc2.createService('later')
    await createIn(fc2, 'later', 'f', files)
    await createIn(fc2, 'later', 'sink', {
      'index.js': `exports.handler = (event, context, callback) => { console.log('sunk ' + event); callback() }`,
    })
    const destination = `acs:fc:${platform.region}:${platform.accountId}:services/later.LATEST/functions/sink`
    const put = await fc2.putFunctionAsyncConfig('later', 'f', '', {
      destinationConfig: { onSuccess: { destination } },
      maxAsyncRetryAttempts: 1,
      maxAsyncEventAgeInSeconds: 100,
    })
    const { createdTime, lastModifiedTime, ...config } = put.data
    assert.ok(createdTime && lastModifiedTime)
    assert.deepEqual(config, {
      service: 'later',
      function: 'f',
      qualifier: 'LATEST',
      destinationConfig: { onSuccess: { destination } },
      maxAsyncRetryAttempts: 1,
      maxAsyncEventAgeInSeconds: 100,
      statefulInvocation: false,
    })
    assert.deepEqual((await fc2.getFunctionAsyncConfig('later', 'f', '')).data, put.data)
    assert.deepEqual((await fc2.listFunctionAsyncConfigs('later', 'f', { limit: 1 })).data.configs, [
      put.data,
    ])

    const taken = await fc2.invokeFunction('later', 'f', 'now', {
      'X-Fc-Invocation-Type': 'Async',
      'x-fc-stateful-async-invocation-id': 'one',
    })
    assert.equal(taken.data, '')
    assert.equal(taken.headers['x-fc-stateful-async-invocation-id'], 'one')
    const line = await until(
      async () => (await logOf(platform, 'later%24sink')).find((text) => text.includes('sunk')),
      { what: 'the destination was called' },
    )
    assert.match(line, /"responsePayload":"hello now"/)
    assert.match(line, /"functionArn":"acs:fc:[^"]*:services\/later.LATEST\/functions\/f"/)

    await fc2.deleteFunctionAsyncConfig('later', 'f', '')
    await refused(fc2.getFunctionAsyncConfig('later', 'f', ''), 404, 'AsyncConfigNotExists')
    await refused(fc2.putFunctionAsyncConfig('later', 'g', '', {}), 404, 'FunctionNotFound')
    await refused(fc2.putFunctionAsyncConfig('absent', 'g', '', {}), 404, 'ServiceNotFound')
    const elsewhere = { onFailure: { destination: 'acs:log:cn-hangzhou:1:project/p' } }
    await refused(
      fc2.putFunctionAsyncConfig('later', 'f', '', { destinationConfig: elsewhere }),
      501,
      'NotImplemented',
    )
  })

  test('are followed, listed and stopped when they are stateful', async () => {
    const { fc2, platform } = bed
    await fc2.createService('stateful')
    await createIn(
      fc2,
      'stateful',
      'f',
      {
        'index.js': `exports.handler = (event, context, callback) => {
          console.log('CALLED ' + event)
          if (String(event) === 'quick') callback(null, 'done')
        }`,
      },
      { timeout: 600 },
    )
    const path = '/services/stateful/functions/f/stateful-async-invocations'
    const send = (event: string, more: object = {}) =>
      fc2.invokeFunction('stateful', 'f', event, {
        'x-fc-invocation-type': 'Async',
        'x-fc-stateful-async-invocation-enable': 'true',
        ...more,
      })
    const named = (id: string) => ({ 'x-fc-stateful-async-invocation-id': id })
    const get = async (id: string) => (await fc2.get(`${path}/${id}`)).data
    const untilStatus = (id: string, status: string) =>
      until(
        async () => {
          const found = await get(id)
          return found.status === status && found
        },
        { what: `${id} to be ${status}` },
      )

    await send('quick', named('quick'))
    const quick = await untilStatus('quick', 'Succeeded')
    assert.deepEqual(
      [quick.invocationId, quick.serviceName, quick.functionName, quick.qualifier, quick.alreadyRetriedTimes],
      ['quick', 'stateful', 'f', 'LATEST', 0],
    )
    assert.deepEqual(
      [quick.taskId, quick.functionArn, quick.events.at(-1).status],
      [undefined, undefined, 'Succeeded'],
    )
    await refused(send('quick', named('quick')), 409, 'StatefulAsyncInvocationAlreadyExists', /'quick'/)
    // By the config of the function none would be kept.
    await fc2.invokeFunction('stateful', 'f', 'quick', { 'x-fc-invocation-type': 'Async', ...named('plain') })

    await send('long', named('long'))
    await until(
      async () => (await logOf(platform, 'stateful%24f')).some((line) => line.endsWith('CALLED long')),
      { what: 'the call' },
    )
    const delayed = await send('quick', { ...named('delayed'), 'x-fc-async-delay': '3600' })
    assert.equal(delayed.headers['x-fc-stateful-async-invocation-id'], 'delayed')
    const ids = async (query: object) =>
      (await fc2.get(path, query)).data.invocations.map(({ invocationId }: Sdk) => invocationId)
    assert.deepEqual(await ids({ sortOrderByTime: 'asc' }), ['quick', 'long', 'delayed'])
    assert.deepEqual(await ids({ status: 'Enqueued' }), ['delayed'])
    assert.deepEqual(await ids({ invocationIdPrefix: 'lo' }), ['long'])
    const { data: first } = await fc2.get(path, { limit: 1, includePayload: true })
    assert.deepEqual([first.invocations[0].invocationPayload, Boolean(first.nextToken)], ['quick', true])
    assert.deepEqual((await fc2.get(path.replace('stateful/', 'stateful.LATEST/'), { limit: 1 })).data.invocations[0].invocationId, 'delayed') // biome-ignore format: one line

    for (const id of ['long', 'delayed']) {
      await fc2.put(`${path}/${id}`)
      await untilStatus(id, 'Stopped')
    }
    await refused(fc2.put(`${path}/quick`), 400, 'InvalidArgument', /ended/)
    await refused(fc2.get(`${path}/plain`), 404, 'StatefulAsyncInvocationNotFound', /'plain' of function 'f'/)
    await refused(fc2.put(`${path}/absent`), 404, 'StatefulAsyncInvocationNotFound')
    await refused(fc2.get(path.replace('/f/', '/g/')), 404, 'FunctionNotFound')
    await refused(fc2.get(path.replace('stateful/', 'absent/')), 404, 'ServiceNotFound')
    await refused(fc2.get(path.replace('stateful/', 'stateful.9/')), 404, 'VersionNotFound')
  })

  test('of the Python SDK’s spelling configure the same', async () => {
    const { fc2 } = bed
    await fc2.createService('capitals')
    await createIn(fc2, 'capitals', 'f', files)
    const put = await fc2.putFunctionAsyncConfig('capitals', 'f', 'LATEST', {
      DestinationConfig: { OnFailure: { Destination: 'acs:fc:::functions/x' } },
      MaxAsyncRetryAttempts: 2,
    })
    assert.deepEqual(put.data.destinationConfig, { onFailure: { destination: 'acs:fc:::functions/x' } })
    assert.equal(put.data.maxAsyncRetryAttempts, 2)
  })
})

describe('API 2023-03-30', () => {
  test('sees a function of a service and calls it, but does not change it', async () => {
    const { fc2, client } = bed
    await fc2.createService('seen')
    await createIn(fc2, 'seen', 'f', saying('from a service'))
    await createFunction(client, { functionName: 'alone', files: saying('alone') })
    const list = async (fields: object) =>
      (await client.listFunctions(request('ListFunctions', { limit: 100, ...fields }))).body.functions.map(
        ({ functionName }: Sdk) => functionName,
      )
    assert.ok((await list({ fcVersion: 'v2' })).includes('seen$f'))
    assert.ok(!(await list({ fcVersion: 'v2' })).includes('alone'))
    assert.deepEqual(await list({ fcVersion: 'v3' }), ['alone'])
    assert.ok((await list({})).includes('alone') && (await list({})).includes('seen$f'))
    assert.equal((await client.getFunction('seen$f', request('GetFunction'))).body.functionName, 'seen$f')
    assert.equal((await invoke(client, 'seen$f')).body, 'from a service')
    const change = client.updateFunction('seen$f', requestWith('UpdateFunction', { timeout: 9 }))
    await assertRefused(change, 400, 'InvalidArgument', /belongs to service 'seen'/)
    await assertRefused(client.deleteFunction('seen$f'), 400, 'InvalidArgument')
    const publish = new models.PublishFunctionVersionRequest({ body: new models.PublishVersionInput({}) })
    await assertRefused(client.publishFunctionVersion('seen$f', publish), 400, 'InvalidArgument')
  })
})
