import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { accountId, crc64Of, region, startTestbed, type Testbed, zipOf } from './testbed.fixture.ts'

describe('functions over the wire', () => {
  let bed: Testbed
  before(async () => {
    bed = await startTestbed()
  })
  after(() => bed.close())

  test('a function is created with the defaults of the vendor', async () => {
    const { status, json, headers } = await bed.createFunction('defaults')
    assert.equal(status, 200)
    assert.match(headers.get('x-fc-request-id')!, /^1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}$/)
    assert.ok(headers.get('etag'))
    const { functionId, ...rest } = json
    assert.match(functionId, /^[0-9a-f-]{36}$/)
    assert.deepEqual(rest, {
      functionName: 'defaults',
      functionArn: `acs:fc:${region}:${accountId}:functions/defaults`,
      description: '',
      runtime: 'nodejs20',
      handler: 'index.handler',
      timeout: 3,
      memorySize: 512,
      cpu: 0.35,
      diskSize: 512,
      instanceConcurrency: 1,
      internetAccess: true,
      environmentVariables: {},
      role: '',
      layers: [],
      codeChecksum: crc64Of(zipOf('defaults')),
      codeSize: zipOf('defaults').length,
      createdTime: '2026-01-01T00:00:00Z',
      lastModifiedTime: '2026-01-01T00:00:00Z',
      state: 'Active',
      lastUpdateStatus: 'Successful',
    })
    assert.deepEqual((await bed.call('GET', '/2023-03-30/functions/defaults')).json, json)
  })

  test('a name is taken once', async () => {
    await bed.createFunction('twice')
    const { status, json } = await bed.createFunction('twice')
    assert.equal(status, 409)
    assert.equal(json.Code, 'FunctionAlreadyExists')
    const race = await Promise.all(Array.from({ length: 5 }, () => bed.createFunction('raced')))
    assert.deepEqual(race.map((answer) => answer.status).sort(), [200, 409, 409, 409, 409])
  })

  test('an error has the three fields that SDKs read, and the request id of the header', async () => {
    const { status, json, headers } = await bed.call('GET', '/2023-03-30/functions/nobody')
    assert.equal(status, 404)
    assert.deepEqual(json, {
      Code: 'FunctionNotFound',
      Message: "function 'nobody' does not exist",
      RequestId: headers.get('x-fc-request-id'),
    })
  })

  test('names that could not be one are not found, whatever is in them', async () => {
    for (const name of ['a%2Fb', '..%2Fb', 'x'.repeat(5000), '%E4%BD%A0', 'a.b', '0']) {
      const { status, json } = await bed.call('GET', `/2023-03-30/functions/${name}`)
      assert.deepEqual([status, json.Code], [404, 'FunctionNotFound'], name.slice(0, 20))
      const invoked = await bed.call('POST', `/2023-03-30/functions/${name}/invocations`, '{}')
      assert.deepEqual([invoked.status, invoked.json.Code], [404, 'FunctionNotFound'], name.slice(0, 20))
    }
  })

  test('an update keeps what it does not name', async () => {
    await bed.createFunction('kept', {
      description: 'first',
      environmentVariables: { A: '1' },
      timeout: 10,
      memorySize: 1024,
      cpu: 1,
      instanceLifecycleConfig: { initializer: { handler: 'index.init', timeout: 5 } },
    })
    bed.clock.advance(1000)
    const { status, json } = await bed.call('PUT', '/2023-03-30/functions/kept', { timeout: 20 })
    assert.equal(status, 200)
    assert.equal(json.timeout, 20)
    assert.equal(json.description, 'first')
    assert.deepEqual(json.environmentVariables, { A: '1' })
    assert.equal(json.memorySize, 1024)
    assert.deepEqual(json.instanceLifecycleConfig, { initializer: { handler: 'index.init', timeout: 5 } })
    assert.equal(json.codeChecksum, crc64Of(zipOf('kept')))
    assert.notEqual(json.lastModifiedTime, json.createdTime)
  })

  test('an update of the code changes checksum and size', async () => {
    await bed.createFunction('recoded')
    const zip = zipOf('another package')
    const { json } = await bed.call('PUT', '/2023-03-30/functions/recoded', {
      code: { zipFile: zip.toString('base64'), checksum: crc64Of(zip) },
    })
    assert.equal(json.codeChecksum, crc64Of(zip))
    assert.equal(json.codeSize, zip.length)
  })

  test('If-Match lets an update through only for the state that was read', async () => {
    const created = await bed.createFunction('matched')
    const ifMatch = { 'if-match': created.headers.get('etag')! }
    const first = await bed.call('PUT', '/2023-03-30/functions/matched', { timeout: 4 }, ifMatch)
    assert.equal(first.status, 200)
    const second = await bed.call('PUT', '/2023-03-30/functions/matched', { timeout: 5 }, ifMatch)
    assert.deepEqual([second.status, second.json.Code], [412, 'PreconditionFailed'])
    const removed = await bed.call('DELETE', '/2023-03-30/functions/matched', undefined, ifMatch)
    assert.equal(removed.status, 412)
    const etag = `"${first.headers.get('etag')}"`
    assert.equal(
      (await bed.call('DELETE', '/2023-03-30/functions/matched', undefined, { 'if-match': etag })).status,
      204,
    )
  })

  test('of many updates at once with the same If-Match one is done, also when all ask for the same', async () => {
    const created = await bed.createFunction('contested')
    const paths = {
      function: '/2023-03-30/functions/contested',
      alias: '/2023-03-30/functions/contested/aliases/prod',
      trigger: '/2023-03-30/functions/contested/triggers/http',
      domain: '/2023-03-30/custom-domains/contested.example.com',
    }
    await bed.call('POST', '/2023-03-30/functions/contested/versions', {})
    const made = {
      alias: await bed.call('POST', '/2023-03-30/functions/contested/aliases', {
        aliasName: 'prod',
        versionId: '1',
      }),
      trigger: await bed.call('POST', '/2023-03-30/functions/contested/triggers', {
        triggerName: 'http',
        triggerType: 'http',
        triggerConfig: JSON.stringify({ authType: 'anonymous', methods: ['GET'] }),
      }),
      domain: await bed.call('POST', '/2023-03-30/custom-domains', { domainName: 'contested.example.com' }),
      function: await bed.call('GET', paths.function),
    }
    assert.equal(made.function.headers.get('etag'), created.headers.get('etag'))
    const updates: [keyof typeof paths, (index: number) => object][] = [
      ['function', (index) => ({ description: `by ${index}` })],
      ['function', () => ({ description: 'the same' })],
      ['function', () => ({ description: 'the same' })],
      ['alias', (index) => ({ description: `by ${index}` })],
      ['trigger', (index) => ({ description: `by ${index}` })],
      [
        'domain',
        (index) => ({
          protocol: 'HTTP',
          routeConfig: { routes: [{ path: `/${index}`, functionName: 'contested' }] },
        }),
      ],
    ]
    for (const [kind, bodyOf] of updates) {
      const etag = (await bed.call('GET', paths[kind])).headers.get('etag')!
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          bed.call('PUT', paths[kind], bodyOf(index), { 'if-match': etag }),
        ),
      )
      const count = (status: number) => answers.filter((answer) => answer.status === status).length
      assert.deepEqual([count(200), count(412)], [1, 11], `${kind}: ${answers[0]!.text}`)
      const winner = answers.find(({ status }) => status === 200)!
      assert.equal((await bed.call('GET', paths[kind])).headers.get('etag'), winner.headers.get('etag'))
    }
  })

  test('a deleted function is gone, with its configs, and its name is free', async () => {
    await bed.createFunction('gone')
    await bed.call('PUT', '/2023-03-30/functions/gone/concurrency', { reservedConcurrency: 3 })
    await bed.call('PUT', '/2023-03-30/functions/gone/async-invoke-config', { maxAsyncRetryAttempts: 1 })
    const { status, text } = await bed.call('DELETE', '/2023-03-30/functions/gone')
    assert.deepEqual([status, text], [204, ''])
    assert.equal((await bed.call('GET', '/2023-03-30/functions/gone')).status, 404)
    assert.equal((await bed.call('DELETE', '/2023-03-30/functions/gone')).json.Code, 'FunctionNotFound')
    assert.equal((await bed.createFunction('gone')).status, 200)
    const concurrency = await bed.call('GET', '/2023-03-30/functions/gone/concurrency')
    assert.equal(concurrency.json.Code, 'OnDemandConfigNotFound')
    const asyncConfig = await bed.call('GET', '/2023-03-30/functions/gone/async-invoke-config')
    assert.equal(asyncConfig.json.Code, 'AsyncConfigNotExists')
    await bed.call('DELETE', '/2023-03-30/functions/gone')
    const left = await bed.records.list({ prefix: 'fc/', limit: 10_000 })
    assert.deepEqual(
      left.map(({ key }) => key).filter((key) => key.includes('gone')),
      [],
    )
  })

  test('a function that has triggers, aliases or versions is not deleted', async () => {
    const path = '/2023-03-30/functions/full'
    await bed.createFunction('full')
    const refusal = async () => {
      const { status, json } = await bed.call('DELETE', path)
      return [status, json?.Code]
    }
    await bed.call('POST', `${path}/versions`, {})
    assert.deepEqual(await refusal(), [409, 'FunctionNotEmpty'])
    await bed.call('POST', `${path}/aliases`, { aliasName: 'prod', versionId: '1' })
    await bed.call('POST', `${path}/triggers`, { triggerName: 't', triggerType: 'http', triggerConfig: '{}' })
    for (const child of ['triggers/t', 'aliases/prod', 'versions/1']) {
      assert.deepEqual(await refusal(), [409, 'FunctionNotEmpty'])
      assert.equal((await bed.call('DELETE', `${path}/${child}`)).status, 204)
    }
    assert.equal((await bed.call('DELETE', path)).status, 204)
  })

  test('lists are sorted and paged, and filters narrow them', async () => {
    const own = await startTestbed()
    try {
      for (const name of ['b3', 'a1', 'b1', 'b2', 'c1']) {
        const runtime = name === 'b2' ? 'python3.10' : 'nodejs20'
        const made = await own.createFunction(name, { runtime, tags: [{ Key: 'team', Value: name[0] }] })
        assert.equal(made.status, 200)
      }
      const names = async (query: string): Promise<[string[], string | undefined]> => {
        const { json } = await own.call('GET', `/2023-03-30/functions?${query}`)
        return [json.functions.map((item: { functionName: string }) => item.functionName), json.nextToken]
      }
      assert.deepEqual(await names(''), [['a1', 'b1', 'b2', 'b3', 'c1'], undefined])
      const [first, token] = await names('limit=2')
      assert.deepEqual(first, ['a1', 'b1'])
      const [second, nextToken] = await names(`limit=2&nextToken=${token}`)
      assert.deepEqual(second, ['b2', 'b3'])
      assert.deepEqual(await names(`limit=2&nextToken=${nextToken}`), [['c1'], undefined])
      assert.deepEqual((await names('prefix=b&limit=3'))[0], ['b1', 'b2', 'b3'])
      assert.deepEqual((await names('prefix=b&limit=3'))[1], undefined)
      assert.deepEqual((await names('runtime=python3.10'))[0], ['b2'])
      assert.deepEqual((await names('fcVersion=v2'))[0], [])
      assert.deepEqual((await names(`tags=${encodeURIComponent('[{"Key":"team","Value":"b"}]')}`))[0], [
        'b1',
        'b2',
        'b3',
      ])
      for (const query of ['limit=0', 'limit=101', 'limit=x', 'nextToken=%25%25', 'tags=x']) {
        const { status, json } = await own.call('GET', `/2023-03-30/functions?${query}`)
        assert.deepEqual([status, json.Code], [400, 'InvalidArgument'], query)
      }
    } finally {
      await own.close()
    }
  })

  test('the link of GetFunctionCode gives the package, for an hour, to whoever has it', async () => {
    await bed.createFunction('linked')
    const { json } = await bed.call('GET', '/2023-03-30/functions/linked/code')
    assert.equal(json.checksum, crc64Of(zipOf('linked')))
    assert.ok(json.url.startsWith(`http://${bed.endpoint}/hanshu/code/`))
    const got = await fetch(json.url)
    assert.equal(got.status, 200)
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), zipOf('linked'))
    const forged = await fetch(`${json.url.slice(0, -4)}AAAA`)
    assert.equal(forged.status, 403)
    await forged.body?.cancel()
    bed.clock.advance(3601 * 1000)
    const late = await fetch(json.url)
    assert.equal(late.status, 403)
    await late.body?.cancel()
  })

  test('code comes from an uploaded object, too', async () => {
    const zip = zipOf('uploaded')
    bed.uploads.set(`${accountId}/fc-code/${accountId}/tmp/a.zip`, zip)
    const code = { ossBucketName: 'fc-code', ossObjectName: `${accountId}/tmp/a.zip` }
    assert.equal((await bed.createFunction('uploaded', { code })).json.codeChecksum, crc64Of(zip))
    const missing = { ossBucketName: 'fc-code', ossObjectName: 'no' }
    const { status, json } = await bed.createFunction('notuploaded', { code: missing })
    assert.deepEqual([status, json.Code], [400, 'InvalidArgument'])
  })

  test('a package that is missing, broken or not what was announced is refused, and no function is made', async () => {
    const cases: [object | undefined, RegExp][] = [
      [undefined, /code is required/],
      [{}, /code is required/],
      [{ zipFile: 'not base64!' }, /not base64/],
      [{ zipFile: Buffer.from('no zip at all, but long enough').toString('base64') }, /not a ZIP/],
      [{ zipFile: zipOf('x').toString('base64'), checksum: '1' }, /checksum/],
      [{ ossBucketName: 'b' }, /ossObjectName/],
    ]
    for (const [code, message] of cases) {
      const { status, json } = await bed.createFunction('refused', { code })
      assert.deepEqual([status, json.Code], [400, 'InvalidArgument'])
      assert.match(json.Message, message)
    }
    assert.equal((await bed.call('GET', '/2023-03-30/functions/refused')).status, 404)
  })

  test('the body that s sends for a function that uses nothing special is accepted and echoed', async () => {
    const sent = {
      cpu: 0.35,
      description: '',
      diskSize: 512,
      environmentVariables: {},
      handler: 'index.handler',
      instanceIsolationMode: 'SHARE',
      internetAccess: true,
      layers: [],
      logConfig: {
        enableInstanceMetrics: false,
        enableRequestMetrics: false,
        logBeginRule: 'None',
        logstore: '',
        project: '',
      },
      memorySize: 512,
      nasConfig: { groupId: 0, mountPoints: [], userId: 0 },
      ossMountConfig: { mountPoints: [] },
      role: '',
      runtime: 'nodejs20',
      sessionAffinity: 'NONE',
      timeout: 30,
      tracingConfig: {},
      vpcConfig: { securityGroupId: '', vSwitchIds: [], vpcId: '' },
    }
    const created = await bed.createFunction('from-s', sent)
    assert.equal(created.status, 200)
    for (const [field, value] of Object.entries(sent)) assert.deepEqual(created.json[field], value, field)
    // and once more with all that an answer has, as a client that edits what it read
    const { json } = await bed.call('PUT', '/2023-03-30/functions/from-s', { ...created.json, layers: [] })
    assert.equal(json.timeout, 30)
  })

  test('null is not set', async () => {
    const { status, json } = await bed.createFunction('nulls', { role: null, cpu: null, vpcConfig: null })
    assert.deepEqual([status, json.role, json.cpu], [200, '', 0.35])
  })
})
