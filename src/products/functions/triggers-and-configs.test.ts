import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { timerTriggersPrefix } from './keys.ts'
import { accountId, region, startTestbed, type Testbed } from './testbed.fixture.ts'
import type { TimerTriggerRecord } from './timer-trigger.ts'

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
      [{ triggerType: 'log' }, 501, 'NotImplemented'],
      [{ triggerType: 'timer' }, 501, 'NotImplemented'],
      [{ triggerType: 'constructor' }, 400, 'InvalidArgument'],
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

  const timerConfig = (differs: object = {}) =>
    JSON.stringify({ payload: 'hello', cronExpression: '@every 5m', enable: true, ...differs })
  const timer = (differs: object = {}) => ({
    triggerName: 'tick',
    triggerType: 'timer',
    triggerConfig: timerConfig(),
    ...differs,
  })

  const timersOf = (name: string) => timerTriggersPrefix(accountId, name)
  const timerRecord = async (name: string) => {
    const [stored] = await bed.records.list<TimerTriggerRecord>({ prefix: timersOf(name), limit: 1 })
    return stored!
  }

  test('a timer trigger is created, read, changed, listed and deleted', async () => {
    await bed.createFunction('clock')
    const path = '/2023-03-30/functions/clock/triggers'
    const { status, json } = await bed.call('POST', path, timer({ description: 'often' }))
    assert.equal(status, 200)
    const { triggerId, ...rest } = json
    assert.match(triggerId, /^[0-9a-f-]{36}$/)
    assert.deepEqual(rest, {
      triggerName: 'tick',
      triggerType: 'timer',
      triggerConfig: timerConfig(),
      qualifier: 'LATEST',
      description: 'often',
      targetArn: `acs:fc:${region}:${accountId}:functions/clock`,
      createdTime: '2026-01-01T00:00:00Z',
      lastModifiedTime: '2026-01-01T00:00:00Z',
    })
    assert.deepEqual((await bed.call('GET', `${path}/tick`)).json, json)
    // Any number of a qualifier, beside an HTTP trigger.
    assert.equal((await bed.call('POST', path, timer({ triggerName: 'tock' }))).status, 200)
    assert.equal((await bed.call('POST', path, http())).status, 200)
    const { triggers } = (await bed.call('GET', path)).json
    assert.deepEqual(
      triggers.map(({ triggerType }: { triggerType: string }) => triggerType),
      ['timer', 'timer', 'http'],
    )
    const triggerConfig = '{"cronExpression":"CRON_TZ=Asia/Shanghai 0 0 4 * * *"}'
    const changed = await bed.call('PUT', `${path}/tick`, { triggerConfig })
    assert.deepEqual(
      [changed.json.description, JSON.parse(changed.json.triggerConfig)],
      ['often', { cronExpression: 'CRON_TZ=Asia/Shanghai 0 0 4 * * *' }],
    )
    assert.equal((await timerRecord('clock')).value.enable, true)
    const wrong = await bed.call('PUT', `${path}/tick`, { triggerConfig: '{"authType":"anonymous"}' })
    assert.equal(wrong.json.Code, 'NotImplemented')
    for (const name of ['tick', 'tock'])
      assert.equal((await bed.call('DELETE', `${path}/${name}`)).status, 204)
    assert.equal((await bed.call('GET', `${path}/tick`)).json.Code, 'TriggerNotFound')
    assert.deepEqual(await bed.records.list({ prefix: timersOf('clock'), limit: 10 }), [])
  })

  test('ticks of a timer trigger go on over a change of its payload, and begin anew with a new schedule', async () => {
    await bed.createFunction('paced')
    const path = '/2023-03-30/functions/paced/triggers'
    await bed.call('POST', path, timer())
    const { key, value } = await timerRecord('paced')
    const sinceMs = bed.clock.now()
    assert.deepEqual([value.sinceMs, value.doneMs], [sinceMs, undefined])
    await bed.records.commit([{ put: key, value: { ...value, doneMs: sinceMs + 300_000 } }])
    bed.clock.advance(400_000)
    await bed.call('PUT', `${path}/tick`, { triggerConfig: timerConfig({ payload: 'other' }) })
    const payload = (await timerRecord('paced')).value
    assert.deepEqual(
      [payload.payload, payload.sinceMs, payload.doneMs],
      ['other', sinceMs, sinceMs + 300_000],
    )
    for (const differs of [{ enable: false }, { enable: true }, { cronExpression: '@every 9m' }]) {
      bed.clock.advance(1000)
      await bed.call('PUT', `${path}/tick`, { triggerConfig: timerConfig(differs) })
      const { sinceMs: anew, doneMs, ...rest } = (await timerRecord('paced')).value
      assert.deepEqual([anew, doneMs], [bed.clock.now(), undefined])
      assert.deepEqual({ ...rest, ...differs }, rest)
    }
    // One of the same name that is made again has nothing of the one before.
    await bed.call('DELETE', `${path}/tick`)
    bed.clock.advance(1000)
    await bed.call('POST', path, timer())
    assert.equal((await timerRecord('paced')).value.sinceMs, bed.clock.now())
  })

  test('a tick that is taken while its trigger is changed is not forgotten', async () => {
    await bed.createFunction('raced')
    const path = '/2023-03-30/functions/raced/triggers'
    await bed.call('POST', path, timer())
    const { key, version, value } = await timerRecord('raced')
    const inner = bed.records.commit
    bed.records.commit = async (writes) => {
      bed.records.commit = inner
      await inner([{ put: key, value: { ...value, doneMs: 7 }, expect: version }])
      return inner(writes)
    }
    const changed = await bed.call('PUT', `${path}/tick`, { description: 'new' })
    assert.deepEqual([changed.status, changed.json.description], [200, 'new'])
    assert.equal((await timerRecord('raced')).value.doneMs, 7)
  })

  test('what cannot be a timer trigger is refused by name', async () => {
    await bed.createFunction('untimed')
    const cases: [string, number, string, RegExp][] = [
      ['', 400, 'InvalidArgument', /cronExpression is required/],
      ['{"enable":true}', 400, 'InvalidArgument', /cronExpression is required/],
      ['[]', 400, 'InvalidArgument', /TriggerConfig/],
      ['{', 400, 'InvalidArgument', /not a JSON document/],
      [timerConfig({ enable: 'yes' }), 400, 'InvalidArgument', /enable/],
      [timerConfig({ payload: {} }), 400, 'InvalidArgument', /payload/],
      [timerConfig({ payload: 'x'.repeat(130_047) }), 400, 'InvalidArgument', /130048 bytes/],
      [timerConfig({ teapot: true }), 501, 'NotImplemented', /triggerConfig\.teapot/],
      ...['@every 30s', '0 4 * * *', 'CRON_TZ=Moon/Base 0 0 4 * * *', '60 0 4 * * *', 'now'].map(
        (cronExpression): [string, number, string, RegExp] => [
          timerConfig({ cronExpression }),
          400,
          'InvalidArgument',
          /cronExpression is set to an invalid value/,
        ],
      ),
    ]
    const path = '/2023-03-30/functions/untimed/triggers'
    for (const [triggerConfig, status, code, message] of cases) {
      const answer = await bed.call('POST', path, timer({ triggerConfig }))
      assert.deepEqual([answer.status, answer.json.Code], [status, code], triggerConfig.slice(0, 100))
      assert.match(answer.json.Message, message)
    }
    const largest = timer({ triggerConfig: timerConfig({ payload: 'x'.repeat(130_046) }) })
    assert.equal((await bed.call('POST', path, largest)).status, 200)
    const absent = await bed.call('POST', path, timer({ triggerName: 'other', qualifier: 'nobody' }))
    assert.deepEqual([absent.status, absent.json.Code], [404, 'AliasNotFound'])
  })

  test('a function has at most fifty triggers of all types', async () => {
    await bed.createFunction('full')
    const path = '/2023-03-30/functions/full/triggers'
    await bed.call('POST', path, http())
    for (let number = 1; number < 50; number++) {
      assert.equal((await bed.call('POST', path, timer({ triggerName: `t${number}` }))).status, 200)
    }
    const more = await bed.call('POST', path, timer())
    assert.deepEqual([more.status, more.json.Code], [400, 'InvalidArgument'])
    assert.match(more.json.Message, /50/)
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
