/** Instances that are ready before they are called: provision configs and scaling configs through the vendor's SDK. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createFunction, fc3Client, invoke, models, type Sdk } from '../../clients.fixture.ts'
import { type Platform, startPlatform } from '../../platform.fixture.ts'
import { assertRefused, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'

/** Asks again and again, for a minute at most. */
async function eventually<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const answer = await ask()
    if (isSo(answer)) return answer
    assert.ok(attempt < 300, `it did not come to be: ${JSON.stringify(answer)}`)
    await pause(200)
  }
}

/** Answers whether it was there before the call was sent, and what its variable says. */
const witness = `const bornMs = Date.now()
  exports.init = async () => {}
  exports.handler = async (event) => {
    const sentMs = Number(event)
    if (sentMs === 0) process.exit(1)
    return JSON.stringify({ ready: bornMs < sentMs, n: process.env.N })
  }`

const create = (client: Sdk, functionName: string, fields: object = {}) =>
  createFunction(client, {
    functionName,
    files: { 'index.js': witness },
    instanceLifecycleConfig: { initializer: { handler: 'index.init', timeout: 3 } },
    ...fields,
  })

const call = async (client: Sdk, functionName: string): Promise<{ ready: boolean; n?: string }> =>
  JSON.parse((await invoke(client, functionName, String(Date.now()))).body)

const provisioned = async (client: Sdk, functionName: string): Promise<Sdk> =>
  (await client.getProvisionConfig(functionName, request('GetProvisionConfig', { qualifier: 'LATEST' }))).body

const provision = (client: Sdk, functionName: string, fields: object) =>
  client.putProvisionConfig(functionName, requestWith('PutProvisionConfig', fields))

describe('provisioned instances', () => {
  const bed = sharedPlatform()

  test('are there before the first call, are replaced when they die, and go with their config', async () => {
    const { client } = bed
    await create(client, 'kept')
    const { body } = await provision(client, 'kept', { defaultTarget: 2 })
    assert.deepEqual(
      [body.target, body.defaultTarget, body.functionArn.endsWith('functions/kept')],
      [2, 2, true],
    )
    await eventually(
      () => provisioned(client, 'kept'),
      ({ current }) => current === 2,
    )
    assert.equal((await call(client, 'kept')).ready, true)
    const died = await invoke(client, 'kept', '0')
    assert.equal(died.headers['x-fc-error-type'], 'UnhandledInvocationError')
    await eventually(
      () => provisioned(client, 'kept'),
      ({ current }) => current === 2,
    )
    const listed = await client.listProvisionConfigs(
      request('ListProvisionConfigs', { functionName: 'kept' }),
    )
    assert.deepEqual(
      listed.body.provisionConfigs.map(({ target, current }: Sdk) => [target, current]),
      [[2, 2]],
    )
    await assertRefused(client.deleteFunction('kept'), 409, 'ProvisionConfigExist')
    await client.deleteProvisionConfig('kept', request('DeleteProvisionConfig'))
    assert.equal((await provisioned(client, 'kept')).current, 0)
    await client.deleteFunction('kept')
  })

  test('of older code are replaced by those of the new', async () => {
    const { client } = bed
    await create(client, 'renewed', { environmentVariables: { N: '1' } })
    await provision(client, 'renewed', { defaultTarget: 1 })
    await eventually(
      () => provisioned(client, 'renewed'),
      ({ current }) => current === 1,
    )
    await client.updateFunction(
      'renewed',
      requestWith('UpdateFunction', { environmentVariables: { N: '2' } }),
    )
    await eventually(
      () => provisioned(client, 'renewed'),
      ({ current }) => current === 1,
    )
    assert.equal((await call(client, 'renewed')).n, '2')
  })

  test('that do not start say why, in words of the function', async () => {
    const { client } = bed
    await createFunction(client, {
      functionName: 'broken',
      files: {
        'index.js': "exports.handler = async () => 1; exports.init = () => { throw new Error('no luck') }",
      },
      instanceLifecycleConfig: { initializer: { handler: 'index.init', timeout: 3 } },
    })
    await provision(client, 'broken', { defaultTarget: 1 })
    const { current, currentError } = await eventually(
      () => provisioned(client, 'broken'),
      ({ currentError }) => currentError !== undefined,
    )
    assert.equal(current, 0)
    assert.match(currentError, /no luck/)
  })

  test('of a scaling config follow its policies, of an alias too', async () => {
    const { client } = bed
    await create(client, 'scaled')
    await client.publishFunctionVersion('scaled', requestWith('PublishFunctionVersion', {}))
    await client.createAlias('scaled', requestWith('CreateAlias', { aliasName: 'prod', versionId: '1' }))
    const put = await client.putScalingConfig(
      'scaled',
      new models.PutScalingConfigRequest({
        qualifier: 'prod',
        body: new models.PutScalingConfigInput({
          minInstances: 0,
          scheduledPolicies: [
            new models.ScheduledPolicy({
              name: 'always',
              scheduleExpression: 'cron(* * * * * *)',
              target: 1,
            }),
          ],
        }),
      }),
    )
    assert.match(put.body.functionArn, /functions\/scaled\/prod$/)
    const status = await eventually(
      async () =>
        (await client.getScalingConfig('scaled', request('GetScalingConfig', { qualifier: 'prod' }))).body,
      ({ currentInstances }) => currentInstances === 1,
    )
    assert.deepEqual([status.minInstances, status.targetInstances], [0, 1])
    const listed = await client.listScalingConfigs(request('ListScalingConfigs', { functionName: 'scaled' }))
    assert.equal(listed.body.scalingConfigs[0].scheduledPolicies[0].name, 'always')
    const byVersion = provision(client, 'scaled', {}).then(() =>
      client.putScalingConfig('scaled', requestWith('PutScalingConfig', {})),
    )
    await assertRefused(byVersion, 409, 'ProvisionConfigExist')
    await client.deleteScalingConfig('scaled', request('DeleteScalingConfig', { qualifier: 'prod' }))
    const after = await client.getScalingConfig('scaled', request('GetScalingConfig', { qualifier: 'prod' }))
    assert.equal(after.body.targetInstances, 0)
  })
})

describe('provisioned instances of a platform that starts again', () => {
  let platform: Platform
  before(async () => {
    platform = await startPlatform()
  })
  after(() => platform?.remove())

  test('are there again, without a call', async () => {
    const client = fc3Client(platform)
    await create(client, 'again')
    await provision(client, 'again', { defaultTarget: 1 })
    const { dataDir } = platform
    assert.equal(await platform.stop(), 0)
    platform = await startPlatform({ dataDir })
    const next = fc3Client(platform)
    await eventually(
      () => provisioned(next, 'again'),
      ({ current }) => current === 1,
    )
    assert.equal((await call(next, 'again')).ready, true)
  })
})
