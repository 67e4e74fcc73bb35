/** Versions and aliases of services, through `@alicloud/fc2`. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { models, type Sdk, zipOf } from '../../clients.fixture.ts'
import { createIn, refused, saying, sharedServices } from './services.fixture.ts'

const bed = sharedServices()
const say = async (service: string, name: string, qualifier?: string): Promise<string> =>
  (await bed.fc2.invokeFunction(service, name, '', {}, qualifier)).data
const recode = async (service: string, name: string, text: string): Promise<Sdk> =>
  bed.fc2.updateFunction(service, name, { code: { zipFile: await zipOf(saying(text)) } })
const functions = async (service: string, qualifier?: string): Promise<string[]> =>
  (await bed.fc2.listFunctions(service, {}, {}, qualifier)).data.functions.map(
    ({ functionName }: Sdk) => functionName,
  )
const versions = async (service: string, options: object = {}): Promise<Sdk> => {
  const { data } = await bed.fc2.listVersions(service, options)
  return { ...data, ids: data.versions.map(({ versionId }: Sdk) => versionId) }
}

/** A service with `f` in both of its versions, and `late` in the second only. */
async function released(service: string): Promise<void> {
  const { fc2 } = bed
  await fc2.createService(service, { description: 'of LATEST' })
  await createIn(fc2, service, 'f', saying('one'))
  await fc2.publishVersion(service, 'first')
  await recode(service, 'f', 'two')
  await createIn(fc2, service, 'late', saying('late'))
  await fc2.publishVersion(service, 'second')
  await recode(service, 'f', 'three')
}

describe('versions', () => {
  test('keep the service and all of its functions as they were', async () => {
    await released('kept')
    const { fc2 } = bed
    assert.deepEqual(
      [await say('kept', 'f'), await say('kept', 'f', '1'), await say('kept', 'f', '2')],
      ['three', 'one', 'two'],
    )
    const { headers } = await fc2.invokeFunction('kept', 'f', '', {}, '2')
    assert.equal(headers['x-fc-invocation-service-version'], '2')
    assert.deepEqual(await functions('kept'), ['f', 'late'])
    assert.deepEqual(await functions('kept', '1'), ['f'])
    assert.deepEqual(await functions('kept', '2'), ['f', 'late'])
    await refused(fc2.invokeFunction('kept', 'late', '', {}, '1'), 404, 'FunctionNotFound')
    await refused(fc2.getFunction('kept', 'late', {}, '1'), 404, 'FunctionNotFound')
    await refused(fc2.listFunctions('kept', {}, {}, '9'), 404, 'VersionNotFound')

    // A version is described by what was said when it was published.
    assert.equal((await fc2.getService('kept', {}, '1')).data.description, 'first')
    assert.equal((await fc2.getService('kept')).data.description, 'of LATEST')
    const [latest, first] = [await fc2.getFunction('kept', 'f'), await fc2.getFunction('kept', 'f', {}, '1')]
    assert.notEqual(latest.data.codeChecksum, first.data.codeChecksum)
    const code = await fc2.get('/services/kept.1/functions/f/code')
    assert.equal(code.data.checksum, first.data.codeChecksum)
  })

  test('have numbers that go up and are not given twice', async () => {
    const { fc2 } = bed
    await fc2.createService('numbers')
    const published = await fc2.publishVersion('numbers', 'v1')
    assert.deepEqual([published.data.versionId, published.data.description], ['1', 'v1'])
    assert.ok(published.data.createdTime && published.data.lastModifiedTime)
    await refused(
      fc2.publishVersion('numbers'),
      409,
      'VersionPublishError',
      /^can not publish version for service 'numbers', detail: 'No changes were made since last publish'$/,
    )
    await refused(fc2.deleteService('numbers'), 409, 'ServiceNotEmpty', /versions/)
    assert.equal((await fc2.deleteVersion('numbers', '1')).data, '')
    await refused(fc2.deleteVersion('numbers', '1'), 404, 'VersionNotFound')
    // The version that held this state is gone, so it may be published again.
    assert.equal((await fc2.publishVersion('numbers', 'v2')).data.versionId, '2')
    for (let version = 3; version <= 5; version++) {
      await fc2.updateService('numbers', { description: `${version}` })
      assert.equal((await fc2.publishVersion('numbers')).data.versionId, `${version}`)
    }
    const newest = await versions('numbers', { limit: 3 })
    assert.deepEqual([newest.ids, newest.direction], [['5', '4', '3'], 'BACKWARD'])
    assert.deepEqual((await versions('numbers', { nextToken: newest.nextToken })).ids, ['2'])
    assert.deepEqual((await versions('numbers', { direction: 'FORWARD', startKey: '4' })).ids, ['4', '5'])
    await refused(fc2.listVersions('numbers', { direction: 'SIDEWAYS' }), 400, 'InvalidArgument')
    await refused(fc2.publishVersion('absent'), 404, 'ServiceNotFound')
    await refused(fc2.publishVersion('numbers', 'x', { 'if-match': 'y' }), 412, 'PreconditionFailed')
  })

  test('keep functions that LATEST no longer has', async () => {
    await released('outlived')
    const { fc2, client } = bed
    await fc2.createAlias('outlived', 'prod', '1')
    await fc2.deleteFunction('outlived', 'f')
    assert.deepEqual(await functions('outlived'), ['late'])
    await refused(fc2.invokeFunction('outlived', 'f', ''), 404, 'FunctionNotFound')
    await refused(fc2.getFunction('outlived', 'f'), 404, 'FunctionNotFound')
    await refused(fc2.updateFunction('outlived', 'f', { timeout: 9 }), 404, 'FunctionNotFound')
    assert.deepEqual([await say('outlived', 'f', '1'), await say('outlived', 'f', 'prod')], ['one', 'one'])
    const listed = (await client.listFunctions(new models.ListFunctionsRequest({ prefix: 'outlived' }))).body
    assert.deepEqual(
      listed.functions.map(({ functionName }: Sdk) => functionName),
      ['outlived$late'],
    )

    // A function that is made anew does not change the versions.
    await createIn(fc2, 'outlived', 'f', saying('anew'))
    assert.deepEqual([await say('outlived', 'f'), await say('outlived', 'f', '1')], ['anew', 'one'])
    await fc2.deleteFunction('outlived', 'f')
    await fc2.deleteFunction('outlived', 'late')
    await fc2.deleteVersion('outlived', '1')
    assert.equal(await say('outlived', 'f', '2'), 'two')
    await fc2.deleteVersion('outlived', '2')
    await refused(fc2.invokeFunction('outlived', 'f', '', {}, '2'), 404, 'VersionNotFound')
    await refused(fc2.deleteService('outlived'), 409, 'ServiceNotEmpty', /aliases/)
    await fc2.deleteAlias('outlived', 'prod')
    await fc2.deleteService('outlived')
    const left = (await client.listFunctions(new models.ListFunctionsRequest({ prefix: 'outlived' }))).body
    assert.deepEqual(left.functions, [])
  })

  test('published while functions change keep whole states only', async () => {
    const { fc2 } = bed
    await fc2.createService('busy')
    await createIn(fc2, 'busy', 'a', saying('a0'))
    await createIn(fc2, 'busy', 'b', saying('b0'))
    const outcomes = await Promise.allSettled([
      recode('busy', 'a', 'a1'),
      fc2.publishVersion('busy'),
      recode('busy', 'b', 'b1'),
      createIn(fc2, 'busy', 'c', saying('c')),
      fc2.updateService('busy', { description: 'busy' }),
    ])
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      Array(5).fill('fulfilled'),
    )
    assert.deepEqual(await functions('busy'), ['a', 'b', 'c'])
    assert.deepEqual(
      [await say('busy', 'a'), await say('busy', 'b'), await say('busy', 'c')],
      ['a1', 'b1', 'c'],
    )
    for (const name of await functions('busy', '1')) {
      assert.match(await say('busy', name, '1'), /^(a[01]|b[01]|c)$/)
    }
  })
})

describe('aliases', () => {
  test('move all functions of a service at once, and split what comes in', async () => {
    await released('moved')
    const { fc2 } = bed
    const created = await fc2.createAlias('moved', 'prod', '1', { description: 'live' })
    assert.deepEqual(
      [created.data.aliasName, created.data.versionId, created.data.description],
      ['prod', '1', 'live'],
    )
    assert.deepEqual(created.data.additionalVersionWeight, {})
    assert.equal(await say('moved', 'f', 'prod'), 'one')
    await refused(fc2.invokeFunction('moved', 'late', '', {}, 'prod'), 404, 'FunctionNotFound')
    assert.equal((await fc2.getService('moved', {}, 'prod')).data.description, 'first')

    const moved = await fc2.updateAlias('moved', 'prod', '2', {}, { 'if-match': created.headers.etag })
    assert.deepEqual([moved.data.versionId, moved.data.description], ['2', 'live'])
    assert.deepEqual([await say('moved', 'f', 'prod'), await say('moved', 'late', 'prod')], ['two', 'late'])
    await refused(
      fc2.updateAlias('moved', 'prod', '1', {}, { 'if-match': created.headers.etag }),
      412,
      'PreconditionFailed',
    )
    const split = await fc2.updateAlias('moved', 'prod', null, { additionalVersionWeight: { 1: 0.5 } })
    assert.deepEqual(split.data.additionalVersionWeight, { 1: 0.5 })
    assert.deepEqual((await fc2.getAlias('moved', 'prod')).data, split.data)
    const seen = new Set<string>()
    // 60 tosses of a coin that all fall on the same side: one in 10^18.
    for (let count = 0; count < 60 && seen.size < 2; count++) seen.add(await say('moved', 'f', 'prod'))
    assert.deepEqual([...seen].sort(), ['one', 'two'])

    await fc2.createAlias('moved', 'canary', '2')
    const first = await fc2.listAliases('moved', { limit: 1 })
    assert.equal(first.data.aliases[0].aliasName, 'canary')
    const rest = await fc2.listAliases('moved', { limit: 1, nextToken: first.data.nextToken })
    assert.deepEqual([rest.data.aliases[0].aliasName, rest.data.nextToken], ['prod', undefined])
    assert.equal((await fc2.listAliases('moved', { startKey: 'd' })).data.aliases.length, 1)
    assert.equal((await fc2.deleteAlias('moved', 'prod')).data, '')
    await refused(fc2.invokeFunction('moved', 'f', '', {}, 'prod'), 404, 'AliasNotFound')
  })

  test('stay when their version is deleted, and then lead nowhere', async () => {
    await released('dangling')
    const { fc2 } = bed
    await fc2.createAlias('dangling', 'prod', '1')
    await fc2.deleteVersion('dangling', '1')
    await refused(fc2.invokeFunction('dangling', 'f', '', {}, 'prod'), 404, 'VersionNotFound')
    await refused(fc2.getFunction('dangling', 'f', {}, 'prod'), 404, 'VersionNotFound')
    assert.equal((await fc2.getAlias('dangling', 'prod')).data.versionId, '1')
  })

  test('are refused in the vendor’s words', async () => {
    await released('no-alias')
    const { fc2 } = bed
    const create = (name: string, version: string, options: object = {}) =>
      fc2.createAlias('no-alias', name, version, options)
    await refused(
      create('x', '9'),
      404,
      'VersionNotFound',
      /^version '9' of service 'no-alias' does not exist$/,
    )
    await refused(create('x', 'LATEST'), 404, 'VersionNotFound')
    await refused(create('9', '1'), 400, 'InvalidArgument', /AliasName/)
    await refused(create('latest', '1'), 400, 'InvalidArgument', /AliasName/)
    await refused(
      create('x', '1', { additionalVersionWeight: { 1: 0.1 } }),
      400,
      'AdditionalVersionContainsMajorVersion',
    )
    await refused(create('x', '1', { additionalVersionWeight: { 2: 1.5 } }), 400, 'InvalidArgument')
    await refused(create('x', '1', { additionalVersionWeight: { 7: 0.5 } }), 404, 'VersionNotFound')
    await refused(create('x', '1', { resolvePolicy: 'Content' }), 501, 'NotImplemented', /resolvePolicy/)
    await create('x', '1')
    await refused(create('x', '1'), 409, 'AliasAlreadyExists', /of service 'no-alias' already exists$/)
    await refused(fc2.getAlias('no-alias', 'y'), 404, 'AliasNotFound')
    await refused(fc2.updateAlias('no-alias', 'y', '1'), 404, 'AliasNotFound')
    await refused(fc2.deleteAlias('no-alias', 'y'), 404, 'AliasNotFound')
    await refused(fc2.getAlias('absent', 'y'), 404, 'ServiceNotFound')
  })
})
