import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import fc20230330 from '@alicloud/fc20230330'
import openapi from '@alicloud/openapi-core'
import {
  accountId,
  crc64Of,
  region,
  startTestbed,
  succeeded,
  type Testbed,
  zipOf,
} from './testbed.fixture.ts'

const { default: Client, ...models } = fc20230330

/** The vendor's own client, unchanged: what it reads out of our answers is what its users get. */
describe('the official SDK of API 2023-03-30', () => {
  let bed: Testbed
  let client: InstanceType<typeof Client>
  before(async () => {
    bed = await startTestbed()
    client = new Client(
      new openapi.$OpenApiUtil.Config({
        accessKeyId: 'testak',
        accessKeySecret: 'testsecret',
        endpoint: bed.endpoint,
        protocol: 'http',
        regionId: region,
      }),
    )
  })
  after(() => bed.close())

  const create = (functionName: string, differs: object = {}) =>
    client.createFunction(
      new models.CreateFunctionRequest({
        body: new models.CreateFunctionInput({
          functionName,
          runtime: 'nodejs20',
          handler: 'index.handler',
          code: new models.InputCodeLocation({ zipFile: zipOf(functionName).toString('base64') }),
          ...differs,
        }),
      }),
    )

  const refusal = async (promise: Promise<unknown>): Promise<[string, number]> => {
    const error = await promise.then(
      () => assert.fail('it was not refused'),
      (thrown: { code: string; statusCode: number }) => thrown,
    )
    return [error.code, error.statusCode]
  }

  test('creates, reads, updates, lists and deletes functions', async () => {
    const created = await create('sdk-1', {
      environmentVariables: { A: '1' },
      tags: [new models.Tag({ key: 'k', value: 'v' })],
    })
    assert.equal(created.statusCode, 200)
    assert.equal(created.body?.functionArn, `acs:fc:${region}:${accountId}:functions/sdk-1`)
    assert.equal(created.body?.memorySize, 512)
    assert.deepEqual(
      created.body?.tags?.map(({ key, value }) => [key, value]),
      [['k', 'v']],
    )

    const got = await client.getFunction('sdk-1', new models.GetFunctionRequest({ qualifier: 'LATEST' }))
    assert.equal(got.body?.codeChecksum, crc64Of(zipOf('sdk-1')))
    assert.deepEqual(got.body?.environmentVariables, { A: '1' })

    const updated = await client.updateFunction(
      'sdk-1',
      new models.UpdateFunctionRequest({ body: new models.UpdateFunctionInput({ timeout: 60 }) }),
    )
    assert.equal(updated.body?.timeout, 60)
    assert.deepEqual(updated.body?.environmentVariables, { A: '1' })

    await create('sdk-2')
    await create('sdk-3')
    const names: string[] = []
    let nextToken: string | undefined
    do {
      const { body } = await client.listFunctions(
        new models.ListFunctionsRequest({ limit: 2, prefix: 'sdk-', nextToken }),
      )
      names.push(...(body?.functions ?? []).map(({ functionName }) => functionName!))
      nextToken = body?.nextToken
    } while (nextToken)
    assert.deepEqual(names, ['sdk-1', 'sdk-2', 'sdk-3'])
    const tagged = await client.listFunctions(
      new models.ListFunctionsRequest({ tags: [new models.Tag({ key: 'k', value: 'v' })] }),
    )
    assert.deepEqual(
      tagged.body?.functions?.map(({ functionName }) => functionName),
      ['sdk-1'],
    )

    assert.deepEqual(await refusal(create('sdk-1')), ['FunctionAlreadyExists', 409])
    assert.deepEqual(await refusal(create('sdk-4', { runtime: 'cobol' })), ['InvalidArgument', 400])
    for (const name of names) assert.equal((await client.deleteFunction(name)).statusCode, 204)
    assert.deepEqual(await refusal(client.getFunction('sdk-1', new models.GetFunctionRequest({}))), [
      'FunctionNotFound',
      404,
    ])
  })

  test('invokes, synchronously with the tail of the log, and asynchronously', async () => {
    await create('called')
    bed.script.outcome = succeeded('{"pong":1}')
    const sync = await client.invokeFunctionWithOptions(
      'called',
      new models.InvokeFunctionRequest({
        qualifier: 'LATEST',
        body: Readable.from([Buffer.from('{"ping":1}')]),
      }),
      new models.InvokeFunctionHeaders({ xFcInvocationType: 'Sync', xFcLogType: 'Tail' }),
      {} as never,
    )
    assert.equal(sync.statusCode, 200)
    const chunks: Buffer[] = []
    for await (const chunk of sync.body!) chunks.push(chunk)
    assert.equal(Buffer.concat(chunks).toString(), '{"pong":1}')
    assert.equal(Buffer.from(bed.invocations.at(-1)!.event).toString(), '{"ping":1}')
    assert.equal(sync.headers?.['x-fc-instance-id'], 'c-1')

    const later = await client.invokeFunctionWithOptions(
      'called',
      new models.InvokeFunctionRequest({ body: Readable.from([Buffer.from('later')]) }),
      new models.InvokeFunctionHeaders({ xFcInvocationType: 'Async', xFcAsyncTaskId: 'task-1' }),
      {} as never,
    )
    assert.equal(later.statusCode, 202)
    assert.equal(bed.accepted.at(-1)?.taskId, 'task-1')
  })

  test('publishes versions, points aliases at them, and adds a trigger and an async config', async () => {
    await create('released')
    const version = await client.publishFunctionVersion(
      'released',
      new models.PublishFunctionVersionRequest({
        body: new models.PublishVersionInput({ description: 'one' }),
      }),
    )
    assert.equal(version.body?.versionId, '1')
    const versions = await client.listFunctionVersions('released', new models.ListFunctionVersionsRequest({}))
    assert.deepEqual(
      versions.body?.versions?.map(({ versionId, description }) => [versionId, description]),
      [['1', 'one']],
    )
    const alias = await client.createAlias(
      'released',
      new models.CreateAliasRequest({
        body: new models.CreateAliasInput({ aliasName: 'prod', versionId: '1' }),
      }),
    )
    assert.equal(alias.body?.versionId, '1')
    const aliases = await client.listAliases('released', new models.ListAliasesRequest({ limit: 100 }))
    assert.equal(aliases.body?.aliases?.length, 1)

    const trigger = await client.createTrigger(
      'released',
      new models.CreateTriggerRequest({
        body: new models.CreateTriggerInput({
          triggerName: 'web',
          triggerType: 'http',
          qualifier: 'prod',
          triggerConfig: JSON.stringify({ authType: 'anonymous', methods: ['GET'] }),
        }),
      }),
    )
    assert.equal(trigger.body?.httpTrigger?.urlInternet, 'http://released.prod.test')
    const listed = await client.listTriggers('released', new models.ListTriggersRequest({ limit: 10 }))
    assert.equal(listed.body?.triggers?.[0]?.qualifier, 'prod')

    const config = await client.putAsyncInvokeConfig(
      'released',
      new models.PutAsyncInvokeConfigRequest({
        qualifier: 'prod',
        body: new models.PutAsyncInvokeConfigInput({ maxAsyncRetryAttempts: 0 }),
      }),
    )
    assert.equal(config.body?.maxAsyncRetryAttempts, 0)
    assert.equal(config.body?.functionArn, `acs:fc:${region}:${accountId}:functions/released/prod`)
    assert.deepEqual(await refusal(client.deleteFunction('released')), ['FunctionNotEmpty', 409])
    assert.deepEqual(await refusal(client.deleteFunctionVersion('released', '1')), ['VersionInUse', 409])
  })

  test('publishes layers and finds them by ARN', async () => {
    const layer = await client.createLayerVersion(
      'tools',
      new models.CreateLayerVersionRequest({
        body: new models.CreateLayerVersionInput({
          compatibleRuntime: ['nodejs20'],
          code: new models.InputCodeLocation({ zipFile: zipOf('tools').toString('base64') }),
        }),
      }),
    )
    assert.equal(layer.body?.version, 1)
    const found = await client.getLayerVersionByArn(layer.body!.layerVersionArn!)
    assert.equal(found.body?.codeChecksum, crc64Of(zipOf('tools')))
    const function_ = await create('with-layer', { layers: [layer.body!.layerVersionArn!] })
    assert.equal(function_.body?.layers?.[0]?.arn, layer.body!.layerVersionArn!)
    const layers = await client.listLayers(new models.ListLayersRequest({}))
    assert.deepEqual(
      layers.body?.layers?.map(({ layerName }) => layerName),
      ['tools'],
    )
    const regions = await client.describeRegions(new models.DescribeRegionsRequest({}))
    assert.equal(regions.body?.regions?.region?.[0]?.regionId, region)
  })
})
