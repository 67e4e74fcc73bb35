import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { accountId, region, startTestbed, type Testbed } from './testbed.fixture.ts'

describe('triggers over the wire', () => {
  let bed: Testbed
  before(async () => {
    bed = await startTestbed()
  })
  after(() => bed.close())

  const http = (differs: object = {}) => ({
    triggerName: 'web',
    triggerType: 'http',
    triggerConfig: '{"authType":"anonymous","disableURLInternet":false,"methods":["GET","POST"]}',
    ...differs,
  })

  test('an HTTP trigger is created, read, changed, listed and deleted', async () => {
    await bed.createFunction('site')
    const path = '/2023-03-30/functions/site/triggers'
    const { status, json } = await bed.call('POST', path, http({ description: 'the site' }))
    assert.equal(status, 200)
    const { triggerId, triggerConfig, ...rest } = json
    assert.match(triggerId, /^[0-9a-f-]{36}$/)
    assert.equal(typeof triggerConfig, 'string')
    assert.deepEqual(JSON.parse(triggerConfig), {
      authType: 'anonymous',
      disableURLInternet: false,
      methods: ['GET', 'POST'],
    })
    assert.deepEqual(rest, {
      triggerName: 'web',
      triggerType: 'http',
      qualifier: 'LATEST',
      description: 'the site',
      targetArn: `acs:fc:${region}:${accountId}:functions/site`,
      httpTrigger: {
        urlInternet: 'http://site.LATEST.test',
        urlIntranet: 'http://site.LATEST.inner.test',
      },
      createdTime: '2026-01-01T00:00:00Z',
      lastModifiedTime: '2026-01-01T00:00:00Z',
    })
    assert.deepEqual((await bed.call('GET', `${path}/web`)).json, json)
    assert.deepEqual((await bed.call('GET', path)).json, { triggers: [json] })

    const body = { triggerConfig: '{"methods":["put"]}', qualifier: 'LATEST' }
    const changed = await bed.call('PUT', `${path}/web`, body)
    assert.equal(changed.json.description, 'the site')
    assert.equal(changed.json.triggerId, triggerId)
    assert.deepEqual(JSON.parse(changed.json.triggerConfig), {
      authType: 'function',
      disableURLInternet: false,
      methods: ['PUT'],
    })
    assert.equal((await bed.call('DELETE', `${path}/web`)).status, 204)
    for (const method of ['GET', 'DELETE']) {
      const gone = await bed.call(method, `${path}/web`)
      assert.deepEqual([gone.status, gone.json.Code], [404, 'TriggerNotFound'])
    }
    assert.equal((await bed.call('PUT', `${path}/web`, {})).json.Code, 'TriggerNotFound')
  })

  test('a qualifier has one HTTP trigger, a name one trigger', async () => {
    await bed.createFunction('one')
    const path = '/2023-03-30/functions/one/triggers'
    await bed.call('POST', path, http())
    assert.equal((await bed.call('POST', path, http())).json.Code, 'TriggerAlreadyExists')
    const second = await bed.call('POST', path, http({ triggerName: 'other' }))
    assert.deepEqual([second.status, second.json.Code], [400, 'InvalidArgument'])
    await bed.call('POST', '/2023-03-30/functions/one/versions', {})
    assert.equal((await bed.call('POST', path, http({ triggerName: 'other', qualifier: '1' }))).status, 200)
    assert.equal(
      (await bed.call('PUT', `${path}/other`, { qualifier: 'LATEST' })).json.Code,
      'InvalidArgument',
    )
    // A trigger that moves leaves its place to others.
    await bed.call('PUT', '/2023-03-30/functions/one', { timeout: 5 })
    await bed.call('POST', '/2023-03-30/functions/one/versions', {})
    const moved = await bed.call('PUT', `${path}/other`, { qualifier: '2' })
    assert.equal(moved.json.qualifier, '2')
    assert.equal(await bed.directory.findHttpTrigger(accountId, 'one', '1'), undefined)
    assert.equal((await bed.directory.findHttpTrigger(accountId, 'one', '2'))?.triggerName, 'other')
    const third = await bed.call('POST', path, http({ triggerName: 'third', qualifier: '1' }))
    assert.equal(third.status, 200)
  })

  test('what cannot be a trigger is refused by name', async () => {
    await bed.createFunction('wrong')
    const cases: [object, number, string][] = [
      [{ triggerType: 'timer' }, 501, 'NotImplemented'],
      [{ triggerType: 'smoke' }, 400, 'InvalidArgument'],
      [{ triggerType: undefined }, 400, 'InvalidArgument'],
      [{ triggerName: '1' }, 400, 'InvalidArgument'],
      [{ triggerName: undefined }, 400, 'InvalidArgument'],
      [{ qualifier: '7' }, 404, 'VersionNotFound'],
      [{ qualifier: 'nobody' }, 404, 'AliasNotFound'],
      [{ triggerConfig: { authType: 'anonymous' } }, 400, 'InvalidArgument'],
      [{ triggerConfig: '{' }, 400, 'InvalidArgument'],
      [{ triggerConfig: '{"authType":"jwt"}' }, 400, 'InvalidArgument'],
      [{ triggerConfig: '{"authType":"none"}' }, 400, 'InvalidArgument'],
      [{ triggerConfig: '{"authType":"anonymous","authConfig":"{\\"JWKS\\":{}}"}' }, 400, 'InvalidArgument'],
      [{ triggerConfig: '{"methods":["BREW"]}' }, 400, 'InvalidArgument'],
      [{ triggerConfig: '{"disableURLInternet":"yes"}' }, 400, 'InvalidArgument'],
      [{ triggerConfig: '{"teapot":true}' }, 501, 'NotImplemented'],
    ]
    for (const [differs, status, code] of cases) {
      const answer = await bed.call('POST', '/2023-03-30/functions/wrong/triggers', http(differs))
      assert.deepEqual([answer.status, answer.json.Code], [status, code], JSON.stringify(differs))
    }
    const nobody = await bed.call('POST', '/2023-03-30/functions/nobody/triggers', http())
    assert.equal(nobody.json.Code, 'FunctionNotFound')
  })

  test('the edge finds the trigger, in any case of the name, and sees each change at once', async () => {
    await bed.createFunction('MixedCase')
    const path = '/2023-03-30/functions/MixedCase'
    const find = (name: string, qualifier = 'LATEST') =>
      bed.directory.findHttpTrigger(accountId, name, qualifier)
    assert.equal(await find('mixedcase'), undefined)
    const triggerConfig = JSON.stringify({
      authType: 'anonymous',
      corsConfig: { allowOrigins: ['*'], maxAge: 60 },
    })
    const { json } = await bed.call('POST', `${path}/triggers`, http({ triggerConfig }))
    const settings = await find('mixedcase', 'latest')
    assert.deepEqual(settings, {
      accountId,
      functionName: 'MixedCase',
      qualifier: 'LATEST',
      triggerName: 'web',
      triggerId: json.triggerId,
      authType: 'anonymous',
      methods: ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'],
      disableUrlInternet: false,
      cors: {
        allowOrigins: ['*'],
        allowMethods: [],
        allowHeaders: [],
        exposeHeaders: [],
        allowCredentials: false,
        maxAgeS: 60,
      },
    })
    assert.deepEqual(bed.directory.findHttpTriggerCached(accountId, 'mixedcase', 'LATEST'), settings)
    await bed.call('PUT', `${path}/triggers/web`, { triggerConfig: '{"disableURLInternet":true}' })
    assert.equal((await find('mixedcase'))?.disableUrlInternet, true)
    // With two functions that differ in case only, the lower-case name stands for neither.
    await bed.createFunction('mixedCase')
    assert.equal(await find('mixedcase'), undefined)
    assert.equal((await find('MixedCase'))?.functionName, 'MixedCase')
    await bed.call('DELETE', '/2023-03-30/functions/mixedCase')
    await bed.call('DELETE', `${path}/triggers/web`)
    assert.equal(await find('mixedcase'), undefined)
  })
})

describe('configs of functions over the wire', () => {
  let bed: Testbed
  before(async () => {
    bed = await startTestbed()
    await bed.createFunction('f')
  })
  after(() => bed.close())
  const path = '/2023-03-30/functions/f'
  const arn = `acs:fc:${region}:${accountId}:functions/f`

  test('an async invoke config is put, read, listed and deleted, by qualifier', async () => {
    const config = {
      asyncTask: true,
      destinationConfig: { onFailure: { destination: 'acs:fc:cn-hangzhou:123456789:functions/f2' } },
      maxAsyncEventAgeInSeconds: 3600,
      maxAsyncRetryAttempts: 2,
    }
    const times = { createdTime: '2026-01-01T00:00:00Z', lastModifiedTime: '2026-01-01T00:00:00Z' }
    const url = `${path}/async-invoke-config`
    assert.equal((await bed.call('GET', `${url}?qualifier=LATEST`)).json.Code, 'AsyncConfigNotExists')
    const { status, json } = await bed.call('PUT', `${url}?qualifier=LATEST`, config)
    assert.equal(status, 200)
    assert.deepEqual(json, { ...config, ...times, functionArn: arn })
    assert.deepEqual((await bed.call('GET', url)).json, json)
    await bed.call('POST', `${path}/versions`, {})
    await bed.call('POST', `${path}/aliases`, { aliasName: 'prod', versionId: '1' })
    const ofAlias = await bed.call('PUT', `${url}?qualifier=prod`, { maxAsyncRetryAttempts: 0 })
    assert.deepEqual(ofAlias.json, { maxAsyncRetryAttempts: 0, ...times, functionArn: `${arn}/prod` })
    const listed = await bed.call('GET', '/2023-03-30/async-invoke-configs?functionName=f')
    assert.deepEqual(listed.json, { configs: [json, ofAlias.json] })
    assert.deepEqual((await bed.call('GET', '/2023-03-30/async-invoke-configs?functionName=g')).json, {
      configs: [],
    })
    assert.deepEqual(await bed.directory.asyncSettingsOf(accountId, 'f', 'LATEST'), {
      asyncTask: true,
      eventAgeMaxMs: 3_600_000,
      retriesMax: 2,
      onFailure: 'acs:fc:cn-hangzhou:123456789:functions/f2',
    })
    assert.equal((await bed.call('DELETE', `${url}?qualifier=LATEST`)).status, 204)
    assert.equal((await bed.call('DELETE', `${url}?qualifier=LATEST`)).json.Code, 'AsyncConfigNotExists')
    assert.deepEqual(await bed.directory.asyncSettingsOf(accountId, 'f', 'LATEST'), {
      asyncTask: false,
      eventAgeMaxMs: 86_400_000,
      retriesMax: 3,
    })
    // The config of an alias goes with the alias.
    await bed.call('DELETE', `${path}/aliases/prod`)
    assert.deepEqual((await bed.call('GET', '/2023-03-30/async-invoke-configs')).json, { configs: [] })
  })

  test('an async invoke config out of its bounds is refused', async () => {
    const cases: [object, number, string][] = [
      [{ maxAsyncRetryAttempts: 9 }, 400, 'InvalidArgument'],
      [{ maxAsyncEventAgeInSeconds: 0 }, 400, 'InvalidArgument'],
      [{ maxAsyncEventAgeInSeconds: 604_801 }, 400, 'InvalidArgument'],
      [{ destinationConfig: { onSuccess: { destination: 'x' } } }, 400, 'InvalidArgument'],
      [
        { destinationConfig: { onSuccess: { destination: 'acs:mns:cn-hangzhou:1:/queues/q/messages' } } },
        501,
        'NotImplemented',
      ],
    ]
    for (const [body, status, code] of cases) {
      const answer = await bed.call('PUT', `${path}/async-invoke-config`, body)
      assert.deepEqual([answer.status, answer.json.Code], [status, code], JSON.stringify(body))
    }
    const other = await bed.call('PUT', `${path}/async-invoke-config?qualifier=77`, {})
    assert.equal(other.json.Code, 'VersionNotFound')
  })

  test('a concurrency config is put, read, listed and deleted, and compute sees it', async () => {
    const url = `${path}/concurrency`
    assert.equal((await bed.call('GET', url)).status, 404)
    const document = { functionArn: arn, reservedConcurrency: 7 }
    assert.deepEqual((await bed.call('PUT', url, { reservedConcurrency: 7 })).json, document)
    assert.deepEqual((await bed.call('GET', url)).json, document)
    assert.equal(await bed.directory.reservedConcurrencyOf(accountId, 'f'), 7)
    assert.deepEqual(bed.directory.reservedConcurrencyCached(accountId, 'f'), { limit: 7 })
    const listed = await bed.call('GET', '/2023-03-30/concurrency-configs?functionName=f')
    assert.deepEqual(listed.json, { configs: [document] })
    assert.equal((await bed.call('PUT', url, { reservedConcurrency: -1 })).json.Code, 'InvalidArgument')
    assert.equal((await bed.call('PUT', url, {})).json.Code, 'InvalidArgument')
    for (let time = 0; time < 2; time++) assert.equal((await bed.call('DELETE', url)).status, 204)
    assert.equal(await bed.directory.reservedConcurrencyOf(accountId, 'f'), undefined)
    assert.deepEqual(bed.directory.reservedConcurrencyCached(accountId, 'f'), { limit: undefined })
  })

  test('what is not configured is answered so that s takes it for nothing', async () => {
    const get = async (url: string) => (await bed.call('GET', url)).json
    assert.deepEqual(await get(`${path}/scaling-config?qualifier=LATEST`), {
      functionArn: arn,
      currentInstances: 0,
      targetInstances: 0,
    })
    assert.deepEqual(await get(`${path}/provision-config?qualifier=LATEST`), {
      functionArn: arn,
      target: 0,
      defaultTarget: 0,
      current: 0,
    })
    assert.deepEqual(await get('/2023-03-30/scaling-configs?functionName=f&limit=100'), {
      scalingConfigs: [],
    })
    assert.deepEqual(await get('/2023-03-30/provision-configs?functionName=f'), { provisionConfigs: [] })
    assert.deepEqual(await get(`${path}/vpc-bindings`), { vpcIds: [] })
    assert.equal((await get('/2023-03-30/functions/nobody/vpc-bindings')).Code, 'FunctionNotFound')
    assert.deepEqual(await get('/2023-03-30/regions'), {
      Regions: { Region: [{ RegionId: region, LocalName: region }] },
    })
  })
})
