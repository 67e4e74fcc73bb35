/** Versions, aliases and the configurations of a qualifier, through the vendor's SDK. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createFunction, invoke, models, type Sdk, zipOf } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { assertRefused, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'

const saying = (text: string) => ({ 'index.js': `exports.handler = async () => ${JSON.stringify(text)}` })

const bed = sharedPlatform()

const publish = async (name: string, description = '') =>
  (await bed.client.publishFunctionVersion(name, requestWith('PublishFunctionVersion', { description }))).body
const recode = async (name: string, text: string) =>
  bed.client.updateFunction(
    name,
    requestWith('UpdateFunction', {
      code: new models.InputCodeLocation({ zipFile: await zipOf(saying(text)) }),
    }),
  )
const say = async (name: string, qualifier?: string) =>
  (await invoke(bed.client, name, '', { qualifier })).body

/** A function with versions 1 (`one`) and 2 (`two`), and LATEST (`three`). */
async function released(name: string): Promise<void> {
  await createFunction(bed.client, { functionName: name, files: saying('one') })
  await publish(name, 'first')
  await recode(name, 'two')
  await publish(name, 'second')
  await recode(name, 'three')
}

describe('versions', () => {
  test('keep what LATEST was; their numbers go up and are not given twice', async () => {
    await released('versions')
    assert.equal(await say('versions'), 'three')
    assert.equal(await say('versions', 'LATEST'), 'three')
    assert.equal(await say('versions', '1'), 'one')
    assert.equal(await say('versions', '2'), 'two')
    const { headers } = await invoke(bed.client, 'versions', '', { qualifier: '2' })
    assert.equal(headers['x-fc-invocation-service-version'], '2')

    const list = async (fields: object = {}) =>
      (await bed.client.listFunctionVersions('versions', request('ListFunctionVersions', fields))).body
    const ids = (body: Sdk) => body.versions.map(({ versionId }: Sdk) => versionId)
    assert.deepEqual(ids(await list()), ['2', '1'])
    const page = await list({ direction: 'FORWARD', limit: 1 })
    assert.deepEqual([ids(page), page.direction], [['1'], 'FORWARD'])
    assert.deepEqual(ids(await list({ direction: 'FORWARD', limit: 1, nextToken: page.nextToken })), ['2'])
    assert.equal((await list()).versions[1].description, 'first')

    const deleted = await bed.client.deleteFunctionVersion('versions', '2')
    assert.equal(deleted.statusCode, 204)
    await assertRefused(say('versions', '2'), 404, 'VersionNotFound')
    assert.equal((await publish('versions')).versionId, '3')
  })

  test('are refused with the vendor’s codes', async () => {
    await released('versions-refused')
    await publish('versions-refused')
    await assertRefused(publish('versions-refused'), 409, 'VersionPublishError')
    await assertRefused(publish('absent'), 404, 'FunctionNotFound')
    await assertRefused(bed.client.deleteFunctionVersion('versions-refused', '9'), 404, 'VersionNotFound')
    await assertRefused(bed.client.deleteFunctionVersion('versions-refused', 'x'), 404, 'VersionNotFound')
    await assertRefused(bed.client.deleteFunction('versions-refused'), 409, 'FunctionNotEmpty', /versions/)
    await assertRefused(
      bed.client.listFunctionVersions(
        'versions-refused',
        request('ListFunctionVersions', { direction: 'SIDEWAYS' }),
      ),
      400,
      'InvalidArgument',
    )
  })
})

describe('aliases', () => {
  const create = (name: string, fields: object) =>
    bed.client.createAlias(name, requestWith('CreateAlias', fields))
  const update = (name: string, alias: string, fields: object) =>
    bed.client.updateAlias(name, alias, requestWith('UpdateAlias', fields))

  test('point at a version, move to another, and split what comes in', async () => {
    await released('aliases')
    const created = await create('aliases', { aliasName: 'prod', versionId: '1', description: 'live' })
    assert.deepEqual(
      [created.body.aliasName, created.body.versionId, created.body.description],
      ['prod', '1', 'live'],
    )
    assert.equal(await say('aliases', 'prod'), 'one')
    await update('aliases', 'prod', { versionId: '2' })
    assert.equal(await say('aliases', 'prod'), 'two')
    assert.equal((await bed.client.getAlias('aliases', 'prod')).body.description, 'live')

    await update('aliases', 'prod', { additionalVersionWeight: { 1: 1 } })
    for (let count = 0; count < 3; count++) assert.equal(await say('aliases', 'prod'), 'one')
    await update('aliases', 'prod', { additionalVersionWeight: { 1: 0.5 } })
    const seen = new Set<string>()
    // 60 tosses of a coin that all fall on the same side: one in 10^18.
    for (let count = 0; count < 60 && seen.size < 2; count++) seen.add(await say('aliases', 'prod'))
    assert.deepEqual([...seen].sort(), ['one', 'two'])
    await update('aliases', 'prod', { additionalVersionWeight: {} })
    assert.deepEqual((await bed.client.getAlias('aliases', 'prod')).body.additionalVersionWeight, {})

    await create('aliases', { aliasName: 'canary', versionId: '2' })
    const list = async (fields: object) =>
      (await bed.client.listAliases('aliases', request('ListAliases', fields))).body
    const first = await list({ limit: 1 })
    assert.deepEqual(
      first.aliases.map(({ aliasName }: Sdk) => aliasName),
      ['canary'],
    )
    const rest = await list({ limit: 1, nextToken: first.nextToken })
    assert.deepEqual([rest.aliases[0].aliasName, rest.nextToken], ['prod', undefined])
    assert.equal((await list({ prefix: 'pr' })).aliases.length, 1)

    await assertRefused(bed.client.deleteFunctionVersion('aliases', '2'), 409, 'VersionInUse')
    assert.equal((await bed.client.deleteAlias('aliases', 'prod')).statusCode, 204)
    await assertRefused(say('aliases', 'prod'), 404, 'AliasNotFound')
  })

  test('are refused with the vendor’s codes', async () => {
    await released('aliases-refused')
    const name = 'aliases-refused'
    await create(name, { aliasName: 'prod', versionId: '1' })
    await assertRefused(create(name, { aliasName: 'prod', versionId: '1' }), 409, 'AliasAlreadyExists')
    await assertRefused(create(name, { aliasName: 'next', versionId: '9' }), 404, 'VersionNotFound')
    await assertRefused(create(name, { aliasName: 'LATEST', versionId: '1' }), 400, 'InvalidArgument')
    await assertRefused(create(name, { aliasName: '1', versionId: '1' }), 400, 'InvalidArgument')
    await assertRefused(create(name, { aliasName: 'next' }), 400, 'InvalidArgument')
    await assertRefused(update(name, 'absent', { versionId: '1' }), 404, 'AliasNotFound')
    await assertRefused(bed.client.getAlias(name, 'absent'), 404, 'AliasNotFound')
    await assertRefused(bed.client.deleteAlias(name, 'absent'), 404, 'AliasNotFound')
    await assertRefused(bed.client.getAlias('absent', 'prod'), 404, 'FunctionNotFound')
    const split = (additionalVersionWeight: object) => update(name, 'prod', { additionalVersionWeight })
    await assertRefused(split({ 2: 1.1 }), 400, 'InvalidArgument')
    await assertRefused(split({ 2: -0.1 }), 400, 'InvalidArgument')
    await assertRefused(split({ 1: 0.5 }), 400, 'AdditionalVersionContainsMajorVersion')
    await assertRefused(split({ 9: 0.5 }), 404, 'VersionNotFound')
    await assertRefused(bed.client.deleteFunction(name), 409, 'FunctionNotEmpty')
    assert.equal(await say(name, 'prod'), 'one')
  })
})

describe('async invoke configs', () => {
  const put = (name: string, fields: object, qualifier?: string) =>
    bed.client.putAsyncInvokeConfig(name, requestWith('PutAsyncInvokeConfig', fields, { qualifier }))
  const get = (name: string, qualifier?: string) =>
    bed.client.getAsyncInvokeConfig(name, request('GetAsyncInvokeConfig', { qualifier }))

  test('are put, read, listed and deleted per qualifier', async () => {
    await released('configured')
    const { region, accountId } = bed.platform
    const destination = `acs:fc:${region}:${accountId}:functions/other`
    const stored = await put('configured', {
      asyncTask: true,
      maxAsyncRetryAttempts: 2,
      maxAsyncEventAgeInSeconds: 3600,
      destinationConfig: new models.DestinationConfig({ onFailure: new models.Destination({ destination }) }),
    })
    assert.equal(stored.body.functionArn, `acs:fc:${region}:${accountId}:functions/configured`)
    await put('configured', { maxAsyncRetryAttempts: 0 }, '1')
    const { body } = await get('configured', 'LATEST')
    assert.deepEqual(
      [body.asyncTask, body.maxAsyncRetryAttempts, body.destinationConfig.onFailure.destination],
      [true, 2, destination],
    )
    const listed = await bed.client.listAsyncInvokeConfigs(
      request('ListAsyncInvokeConfigs', { functionName: 'configured' }),
    )
    assert.deepEqual(
      listed.body.configs.map(({ functionArn }: Sdk) => functionArn.split('/').slice(1).join('/')).sort(),
      ['configured', 'configured/1'],
    )
    const remove = (qualifier?: string) =>
      bed.client.deleteAsyncInvokeConfig('configured', request('DeleteAsyncInvokeConfig', { qualifier }))
    assert.equal((await remove('1')).statusCode, 204)
    await assertRefused(get('configured', '1'), 404, 'AsyncConfigNotExists')
    assert.equal((await get('configured')).body.maxAsyncRetryAttempts, 2)
    await assertRefused(get('absent'), 404, 'FunctionNotFound')
    await assertRefused(put('configured', { maxAsyncRetryAttempts: 9 }), 400, 'InvalidArgument')
    await assertRefused(put('configured', {}, '9'), 404, 'VersionNotFound')
    const elsewhere = new models.DestinationConfig({
      onSuccess: new models.Destination({ destination: `acs:log:${region}:${accountId}:project/p` }),
    })
    await assertRefused(put('configured', { destinationConfig: elsewhere }), 501, 'NotImplemented')
  })
})

describe('concurrency configs', () => {
  const put = (name: string, reservedConcurrency: number) =>
    bed.client.putConcurrencyConfig(name, requestWith('PutConcurrencyConfig', { reservedConcurrency }))
  const get = (name: string) => bed.client.getConcurrencyConfig(name)

  test('bound the instances of a function: one call more than that is throttled', async () => {
    await createFunction(bed.client, {
      functionName: 'bounded',
      files: {
        'index.js': `exports.handler = async (event) => {
            if (event.toString() === 'hold') await new Promise((done) => setTimeout(done, 1500))
            return 'done'
          }`,
      },
    })
    await assertRefused(get('bounded'), 404, 'OnDemandConfigNotFound')
    const stored = await put('bounded', 1)
    assert.equal(stored.body.reservedConcurrency, 1)
    assert.equal((await get('bounded')).body.reservedConcurrency, 1)
    const listed = await bed.client.listConcurrencyConfigs(
      request('ListConcurrencyConfigs', { functionName: 'bounded' }),
    )
    assert.deepEqual(
      listed.body.configs.map(({ reservedConcurrency }: Sdk) => reservedConcurrency),
      [1],
    )
    assert.equal(await say('bounded'), 'done')

    const held = invoke(bed.client, 'bounded', 'hold')
    await until(
      async () => {
        const refused = await say('bounded').then(
          () => undefined,
          (error) => error,
        )
        if (refused) assert.deepEqual([refused.code, refused.statusCode], ['ResourceExhausted', 429])
        return refused !== undefined
      },
      { what: 'a call that is throttled', timeoutMs: 1400 },
    )
    assert.equal((await held).body, 'done')
    assert.equal((await bed.client.deleteConcurrencyConfig('bounded')).statusCode, 204)
    const both = await Promise.all([invoke(bed.client, 'bounded', 'hold'), say('bounded')])
    assert.equal(both[1], 'done')
    // `s deploy` deletes one that was never put.
    assert.equal((await bed.client.deleteConcurrencyConfig('bounded')).statusCode, 204)
    await assertRefused(put('absent', 1), 404, 'FunctionNotFound')
    await assertRefused(put('bounded', -1), 400, 'InvalidArgument')
  })
})
