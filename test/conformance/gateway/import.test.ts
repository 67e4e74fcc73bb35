/** Swagger and OpenAPI documents, imported by the vendor's management SDK. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { sharedPlatform } from '../conformance.fixture.ts'
import { call, deploy, echoFunction, managementClient, models, newGroup, refused } from './gateway.fixture.ts'

let client: Sdk
const bed = sharedPlatform({}, async ({ platform, client: functions }) => {
  client = managementClient(platform, platform)
  await echoFunction(functions, 'echo')
})

const swagger = `
swagger: "2.0"
info: { title: Shop, version: "1" }
basePath: /v1
schemes: [http]
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      schemes: [http]
      x-aliyun-apigateway-auth-type: ANONYMOUS
      x-aliyun-apigateway-parameter-handling: MAPPING
      x-aliyun-apigateway-backend: { type: FC, fcRegion: cn-hangzhou, functionName: echo }
      x-aliyun-apigateway-constant-parameters:
        - { backendName: from, value: swagger, location: query }
      x-aliyun-apigateway-system-parameters:
        - { systemName: CaClientIp, backendName: ip, location: header }
      parameters:
        - { name: id, in: path, required: true, type: integer }
        - { name: verbose, in: query, type: boolean, x-aliyun-apigateway-backend-name: X-Verbose, x-aliyun-apigateway-backend-location: header }
    post:
      operationId: none
      x-aliyun-apigateway-backend: { type: HTTP-VPC, vpcAccessName: v }
  /mock:
    x-aliyun-apigateway-any-method:
      x-aliyun-apigateway-auth-type: ANONYMOUS
      x-aliyun-apigateway-backend: { type: MOCK, mockResult: hello, mockStatusCode: 202, mockHeaders: [{ name: x-m, value: "1" }] }
`

const imported = async (groupId: string, data: string, more: object = {}) => {
  const request = new models.ImportSwaggerRequest({
    groupId,
    data,
    dataFormat: 'yaml',
    overwrite: false,
    ...more,
  })
  const { body } = await client.importSwagger(request)
  return {
    success: body.success.apiImportSwaggerSuccess as Sdk[],
    failed: body.failed.apiImportSwaggerFailed as Sdk[],
  }
}

test('each API of a document is made, with its mapping and its backend, or told why not', async () => {
  const { groupId } = await newGroup(client)
  const dry = await imported(groupId, swagger, { dryRun: true })
  assert.equal(dry.success.length, 2)
  assert.equal((await client.describeApis(new models.DescribeApisRequest({ groupId }))).body.totalCount, 0)

  const { success, failed } = await imported(groupId, swagger)
  assert.deepEqual(
    success.map(({ path, httpMethod, apiOperation }) => [path, httpMethod, apiOperation]),
    [
      ['/orders/{id}', 'GET', 'CREATE'],
      ['/mock', 'ANY', 'CREATE'],
    ],
  )
  assert.deepEqual(
    failed.map(({ path, httpMethod, errorMsg }) => [path, httpMethod, errorMsg]),
    [['/orders/{id}', 'POST', "the ServiceProtocol 'HTTP-VPC' is not implemented"]],
  )
  for (const { apiUid } of success) await deploy(client, groupId, apiUid)
  const event = JSON.parse((await call(bed, groupId, '/v1/orders/7?verbose=true&other=1')).text)
  assert.deepEqual([event.pathParameters, event.queryParameters], [{ id: '7' }, { from: 'swagger' }])
  assert.deepEqual([event.headers['X-Verbose'], event.headers['ip']], ['true', '127.0.0.1'])
  assert.equal((await call(bed, groupId, '/v1/orders/x')).status, 400)
  const mocked = await call(bed, groupId, '/v1/mock', { method: 'DELETE' })
  assert.deepEqual([mocked.status, mocked.headers['x-m'], mocked.text], [202, '1', 'hello'])

  const again = await imported(groupId, swagger)
  assert.deepEqual([again.success.length, again.failed.length], [0, 3])
  const over = await imported(groupId, swagger, { overwrite: true })
  assert.deepEqual(
    over.success.map(({ apiUid, apiOperation }) => [apiUid, apiOperation]),
    success.map(({ apiUid }) => [apiUid, 'MODIFY']),
  )
})

test('OpenAPI 3 is read, too, and what is neither is refused', async () => {
  const { groupId } = await newGroup(client)
  const openapi = {
    openapi: '3.0.1',
    info: { title: 'x', version: '1' },
    paths: {
      '/things': {
        parameters: [{ name: 'page', in: 'query', schema: { type: 'integer', minimum: 1, default: 1 } }],
        get: { 'x-aliyun-apigateway-auth-type': 'ANONYMOUS', responses: {} },
      },
    },
  }
  const { success } = await imported(groupId, JSON.stringify(openapi), { dataFormat: 'json' })
  const { apiUid: apiId } = success[0]!
  const { body } = await client.describeApi(new models.DescribeApiRequest({ groupId, apiId }))
  const [page] = body.requestParameters.requestParameter
  assert.deepEqual(
    [body.apiName, page.apiParameterName, page.parameterType, page.minValue, page.defaultValue],
    ['get_things', 'page', 'INT', 1, '1'],
  )
  for (const data of ['a: 1', '- x', ': : :', 'paths: {}', '{"swagger":"1.2","paths":{}}'])
    assert.equal((await refused(imported(groupId, data))).code, 'InvalidData', data)
})
